"""Say what happened: events, and the deliveries that carry them to webhook endpoints."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from billing.sandbox import listing
from billing.sandbox.forms import Params
from billing.sandbox.ids import new_id
from billing.sandbox.shapes import shaped
from billing.sandbox.store import Json, copied
from billing.sandbox.world import API_VERSION, World


def emit(world: World, kind: str, document: Json, *, previous: Json | None = None) -> Json:
    """This function will record an event with a copy of the object, and a delivery for each endpoint that wants it.

    The wall clock dates events even on a test clock, so that a listener can ask for those it missed.
    """
    data: Json = {"object": copied(document)}
    if previous is not None:
        data["previous_attributes"] = previous
    event = shaped(
        "event",
        id=new_id("evt"),
        api_version=API_VERSION,
        created=int(world.wall()) + world.offset,
        data=data,
        livemode=False,
        pending_webhooks=0,
        request={"id": world.cause.request_id, "idempotency_key": world.cause.idempotency_key},
        type=kind,
    )
    for absent in ("account", "context"):
        event.pop(absent, None)
    world.store.put("event", event)
    for endpoint in world.store.scan("webhook_endpoint"):
        if wants(endpoint, kind):
            schedule(world, event, endpoint)
    return event


def wants(endpoint: Json, kind: str) -> bool:
    enabled: list[str] = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in enabled or kind in enabled)


def schedule(world: World, event: Json, endpoint: Json) -> Json:
    """This function will let this event wait for its delivery to this endpoint."""
    event["pending_webhooks"] += 1
    delivery = {
        "id": new_id("dlv"),
        "event": event["id"],
        "type": event["type"],
        "endpoint": endpoint["id"],
        "state": "waiting",
        "attempt": 0,
        "due_at": None,  # a moment of the real clock; None: at once
        "at": None,
        "status": None,
    }
    return world.store.put("delivery", delivery)


@contextmanager
def changing(world: World, kind: str, document: Json) -> Iterator[None]:
    """This function will emit an `….updated` event if its block changed the object, with what was before."""
    before = copied(document)
    yield
    previous = {key: value for key, value in before.items() if document.get(key) != value}
    previous |= {key: None for key in document if key not in before}
    if previous:
        emit(world, kind, document, previous=previous)


def list_all(world: World, params: Params) -> Json:
    wanted = params.get("types")
    pattern = params.get("type")
    success = params.get("delivery_success")
    found = [
        event
        for event in world.store.scan("event")
        if (wanted is None or event["type"] in wanted)
        and (pattern is None or _matches(pattern, event["type"]))
        and (success is None or success == _was_delivered(world, event))
    ]
    return listing.page(found, "/v1/events", params)


def retrieve(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get("event", identifier)


def _matches(pattern: str, kind: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), kind) is not None


def _was_delivered(world: World, event: Json) -> bool:
    deliveries: list[Any] = [d for d in world.store.scan("delivery") if d["event"] == event["id"]]
    return all(delivery["state"] == "delivered" for delivery in deliveries)
