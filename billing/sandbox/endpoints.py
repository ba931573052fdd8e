"""Webhook endpoints: where events are sent to."""

import ipaddress
from urllib.parse import urlsplit

from billing.sandbox import listing
from billing.sandbox.errors import ApiError
from billing.sandbox.forms import Params
from billing.sandbox.ids import new_id
from billing.sandbox.shapes import fresh, merge_metadata
from billing.sandbox.store import Json
from billing.sandbox.world import World

# The name under which Django's test client calls a site, without a socket.
_TEST_CLIENT = "testserver"


def create(world: World, params: Params) -> Json:
    """This function will make an endpoint, and show its signing secret this once."""
    _check_loopback(params["url"])
    endpoint = fresh(
        world,
        "webhook_endpoint",
        "we",
        api_version=params.get("api_version"),
        description=params.get("description"),
        enabled_events=params["enabled_events"],
        status="enabled",
        url=params["url"],
    )
    merge_metadata(endpoint, params.get("metadata"))
    world.store.put("webhook_endpoint", endpoint)
    secret = new_id("whsec", length=32)
    world.store.private(endpoint["id"])["secret"] = secret
    return {**endpoint, "secret": secret}


def modify(world: World, params: Params, identifier: str) -> Json:
    endpoint = world.store.get("webhook_endpoint", identifier)
    if "url" in params:
        _check_loopback(params["url"])
    endpoint.update(params.take("url", "enabled_events", "description"))
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    merge_metadata(endpoint, params.get("metadata"))
    return endpoint


def retrieve(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get("webhook_endpoint", identifier)


def list_all(world: World, params: Params) -> Json:
    return listing.page(world.store.scan("webhook_endpoint"), "/v1/webhook_endpoints", params)


def delete(world: World, _params: Params, identifier: str) -> Json:
    world.store.get("webhook_endpoint", identifier)
    world.store.drop(identifier)
    return {"id": identifier, "object": "webhook_endpoint", "deleted": True}


def is_loopback(url: str) -> bool:
    """This function will tell whether this address stays on this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https"):
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_loopback(url: str) -> None:
    if not is_loopback(url) and urlsplit(url).hostname != _TEST_CLIENT:
        raise ApiError(
            f"Invalid URL: the sandbox delivers to loopback only, not to {url}", code="url_invalid", param="url"
        )
