"""Clocks that stand still until they are advanced, each for the customers created on it."""

from billing.sandbox import customers, listing, timeline
from billing.sandbox.errors import ApiError
from billing.sandbox.events import emit
from billing.sandbox.forms import Params
from billing.sandbox.intervals import add_interval
from billing.sandbox.shapes import fresh
from billing.sandbox.store import Json
from billing.sandbox.world import World

_KIND = "test_helpers.test_clock"
_KEPT_SECONDS = 30 * 86400


def create(world: World, params: Params) -> Json:
    clock = fresh(
        world,
        _KIND,
        "clock",
        deletes_after=world.now() + _KEPT_SECONDS,
        frozen_time=params["frozen_time"],
        name=params.get("name"),
        status="ready",
        status_details={},
    )
    world.store.put(_KIND, clock)
    emit(world, "test_helpers.test_clock.created", clock)
    return clock


def advance(world: World, params: Params, identifier: str) -> Json:
    """This function will advance a clock, as at Stripe by two periods of the shortest subscription at most.

    Unlike Stripe, the clock is ready again when this answers.
    """
    clock = world.store.get(_KIND, identifier)
    until = params["frozen_time"]
    if until <= clock["frozen_time"]:
        raise ApiError("Test clock time must be advanced to a time in the future.", param="frozen_time")
    furthest = _furthest(world, clock)
    if furthest is not None and until > furthest:
        raise ApiError(
            "You cannot advance a test clock more than two intervals of its shortest subscription at a time.",
            param="frozen_time",
        )
    run(world, clock, until)
    return clock


def run(world: World, clock: Json, until: int) -> None:
    """This function will let the clock reach this moment, however far, with everything that is due on the way."""
    emit(world, "test_helpers.test_clock.advancing", {**clock, "status": "advancing"})
    timeline.run(world, clock["id"], until)
    clock["frozen_time"] = until
    emit(world, "test_helpers.test_clock.ready", clock)


def _furthest(world: World, clock: Json) -> int | None:
    moments = [
        add_interval(clock["frozen_time"], recurring["interval"], 2 * recurring["interval_count"])
        for subscription in world.store.scan("subscription")
        if subscription["test_clock"] == clock["id"] and subscription["ended_at"] is None
        for recurring in [item["price"]["recurring"] for item in subscription["items"]["data"]]
    ]
    return min(moments, default=None)


def retrieve(world: World, _params: Params, identifier: str) -> Json:
    return world.store.get(_KIND, identifier)


def list_all(world: World, params: Params) -> Json:
    return listing.page(world.store.scan(_KIND), "/v1/test_helpers/test_clocks", params)


def delete(world: World, params: Params, identifier: str) -> Json:
    """This function will delete a clock and the customers who live on it."""
    clock = world.store.get(_KIND, identifier)
    for customer in world.store.each("customer", test_clock=identifier):
        customers.delete(world, params, customer["id"])
    emit(world, "test_helpers.test_clock.deleted", clock)
    world.store.drop(identifier)
    return {"id": identifier, "object": _KIND, "deleted": True}
