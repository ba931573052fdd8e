"""Let go of what Stripe would not keep either, so that a store in daily use stays small."""

from billing.sandbox.world import World

_DAY_SECONDS = 86400
_EVENT_DAYS = 30  # as long as Stripe lists events
_KEY_DAYS = 1


def forget(world: World, *, now: float) -> None:
    """This function will drop old events with their deliveries, idempotency keys and questions of the bank."""
    old_events = {e["id"] for e in world.store.scan("event") if e["created"] < now - _EVENT_DAYS * _DAY_SECONDS}
    old_keys = [k["id"] for k in world.store.scan("idempotency") if k["at"] < now - _KEY_DAYS * _DAY_SECONDS]
    old_deliveries = [d["id"] for d in world.store.scan("delivery") if d["event"] in old_events]
    old_challenges = [c["id"] for c in world.store.scan("challenge") if c["at"] < now - _KEY_DAYS * _DAY_SECONDS]
    for identifier in (*old_events, *old_keys, *old_deliveries, *old_challenges):
        world.store.drop(identifier)
