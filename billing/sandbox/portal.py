"""The customer portal: its configurations, its sessions, and what a person may do there."""

from typing import Any

from billing.sandbox import cards, collection, listing, subscriptions, switching
from billing.sandbox.cards import Outcome
from billing.sandbox.checkout import Card
from billing.sandbox.errors import ApiError, unsupported
from billing.sandbox.events import changing, emit
from billing.sandbox.forms import Params
from billing.sandbox.shapes import fresh, merge_metadata
from billing.sandbox.store import Json, copied
from billing.sandbox.world import World

_CONFIGURATION = "billing_portal.configuration"
_SESSION = "billing_portal.session"
_FEATURES: Json = {
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False, "payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "options": ["too_expensive", "missing_features", "unused", "other"]},
        "enabled": False,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": [],
        "enabled": False,
        "products": [],
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}


def create_configuration(world: World, params: Params) -> Json:
    return _configuration(world, params, is_default=False)


def _configuration(world: World, params: Params, *, is_default: bool) -> Json:
    configuration = fresh(
        world,
        _CONFIGURATION,
        "bpc",
        active=True,
        business_profile=dict.fromkeys(("headline", "privacy_policy_url", "terms_of_service_url"))
        | (params.get("business_profile") or {}),
        default_return_url=params.get("default_return_url"),
        features=_merged(_FEATURES, params.get("features") or {}),
        is_default=is_default,
        login_page={"enabled": False, "url": None},
        name=params.get("name"),
        updated=world.now(),
    )
    merge_metadata(configuration, params.get("metadata"))
    world.store.put(_CONFIGURATION, configuration)
    emit(world, "billing_portal.configuration.created", configuration)
    return configuration


def _merged(usual: Json, sent: Json) -> Json:
    """This function will give the usual features, changed by those sent, at every depth."""
    merged = copied(usual)
    for key, value in sent.items():
        inner = merged.get(key)
        merged[key] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    for product in (merged.get("subscription_update") or {}).get("products") or []:
        product.setdefault("adjustable_quantity", {"enabled": False, "maximum": None, "minimum": 1})
    return merged


def modify_configuration(world: World, params: Params, identifier: str) -> Json:
    configuration = world.store.get(_CONFIGURATION, identifier)
    with changing(world, "billing_portal.configuration.updated", configuration):
        configuration.update(params.take("active", "default_return_url", "name"))
        configuration["business_profile"].update(params.get("business_profile") or {})
        configuration["features"] = _merged(configuration["features"], params.get("features") or {})
        merge_metadata(configuration, params.get("metadata"))
        configuration["updated"] = world.now()
    return configuration


def retrieve_configuration(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get(_CONFIGURATION, identifier)


def list_configurations(world: World, params: Params) -> Json:
    found = listing.matching(world.store.scan(_CONFIGURATION), params, "active", "is_default")
    return listing.page(found, "/v1/billing_portal/configurations", params)


def create_session(world: World, params: Params) -> Json:
    """This function will open a portal session; where no configuration is named, the default one is made."""
    customer = params.get("customer")
    if not customer:
        raise ApiError("Missing required param: customer.", code="parameter_missing", param="customer")
    world.store.get("customer", customer, param="customer")
    configuration = _chosen(world, params.get("configuration"))
    session = fresh(
        world,
        _SESSION,
        "bps",
        configuration=configuration["id"],
        customer=customer,
        flow=_flow(world, params.get("flow_data"), customer),
        locale=params.get("locale"),
        return_url=params.get("return_url") or configuration["default_return_url"],
        url="",
    )
    session["url"] = f"{world.base_url}/portal/{session['id']}"
    world.store.put(_SESSION, session)
    emit(world, "billing_portal.session.created", session)
    return session


def _chosen(world: World, identifier: str | None) -> Json:
    if identifier:
        return world.store.get(_CONFIGURATION, identifier, param="configuration")
    for configuration in world.store.scan(_CONFIGURATION):
        if configuration["is_default"]:
            return configuration
    enabled: Json = {
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True},
    }
    return _configuration(world, Params({"features": enabled}), is_default=True)


def _flow(world: World, sent: Any, customer: str) -> Json | None:
    """This function will give what the portal opens with; None: its start page."""
    if not sent:
        return None
    kind = sent["type"]
    if kind not in ("payment_method_update", "subscription_cancel"):
        raise unsupported(f"flow_data[type]={kind}")
    if kind == "subscription_cancel":
        subscription = world.store.get(
            "subscription", (sent.get(kind) or {}).get("subscription"), param="flow_data[subscription_cancel]"
        )
        if subscription["customer"] != customer:
            raise ApiError("The subscription does not belong to this customer.", param="flow_data")
        if subscription["status"] in collection.DEAD or subscription["cancel_at"]:
            raise ApiError("The subscription is canceled already, or set to be.", param="flow_data")
    after = {"hosted_confirmation": None, "redirect": None, "type": "portal_homepage"}
    return {
        "after_completion": after | (sent.get("after_completion") or {}),
        "customer_update": None,
        "subscription_cancel": ({"retention": None} | sent[kind]) if kind == "subscription_cancel" else None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": kind,
    }


def session_of(world: World, identifier: str) -> Json:
    return world.store.get(_SESSION, identifier)


def features_of(world: World, session: Json) -> Json:
    features: Json = world.store.get(_CONFIGURATION, session["configuration"])["features"]
    return features


def where_next(session: Json) -> str | None:
    """This function will give where a finished flow leads; None: to the portal's start page."""
    after = (session["flow"] or {}).get("after_completion") or {}
    return after["redirect"]["return_url"] if after.get("type") == "redirect" else None


def cancel(world: World, session: Json, subscription: Json) -> None:
    """This function will cancel the plan as the configuration says: at the period's end, or at once."""
    feature = features_of(world, session)["subscription_cancel"]
    _require(feature["enabled"])
    if feature["mode"] == "immediately":
        collection.end(world, subscription, reason="cancellation_requested")
    else:
        subscriptions.set_cancel_at_period_end(world, subscription, wanted=True)


def keep(world: World, _session: Json, subscription: Json) -> None:
    """This function will take a cancellation back."""
    subscriptions.set_cancel_at_period_end(world, subscription, wanted=False)


def choices(world: World, session: Json, subscription: Json) -> list[Json]:
    """This function will give the prices to which the person may switch."""
    feature = features_of(world, session)["subscription_update"]
    if not feature["enabled"] or "price" not in feature["default_allowed_updates"]:
        return []
    current = {item["price"]["id"] for item in subscription["items"]["data"]}
    offered = [price for product in feature["products"] or [] for price in product["prices"] if price not in current]
    return [world.store.get("price", identifier) for identifier in offered]


def switch(world: World, session: Json, subscription: Json, price: str) -> None:
    """This function will switch to another price, with the proration that the configuration asks for."""
    _require(price in {choice["id"] for choice in choices(world, session, subscription)})
    behavior = features_of(world, session)["subscription_update"]["proration_behavior"]
    item = subscription["items"]["data"][0]
    change = {"items": [{"id": item["id"], "price": price}], "proration_behavior": behavior}
    switching.switch(world, subscription, Params(change))


def change_card(world: World, session: Json, card: Card, *, authenticated: bool = False) -> Outcome:
    """This function will let another card pay from now on, for subscriptions too; what is open stays open."""
    _require(features_of(world, session)["payment_method_update"]["enabled"])
    outcome = cards.setup_outcome(cards.digits(card.number), authenticated=authenticated)
    if outcome.kind != "succeeded":
        return outcome
    method = cards.make(
        world, card.number, month=card.month, year=card.year, name=card.name, authenticated=authenticated
    )
    customer = world.store.get("customer", session["customer"])
    cards.attach_to(world, method, customer["id"])
    with changing(world, "customer.updated", customer):
        customer["invoice_settings"]["default_payment_method"] = method["id"]
    for subscription in world.store.each("subscription", customer=customer["id"]):
        if subscription["status"] not in collection.DEAD:
            with changing(world, "customer.subscription.updated", subscription):
                subscription["default_payment_method"] = method["id"]
    return outcome


def _require(allowed: object) -> None:
    if not allowed:
        raise ApiError("The portal's configuration does not allow this.", status=403)
