"""Lists as Stripe gives them: newest first, filtered by creation time, in pages."""

from billing.sandbox.errors import ApiError, missing
from billing.sandbox.forms import Params
from billing.sandbox.shapes import listed
from billing.sandbox.store import Json


def page(found: list[Json], url: str, params: Params) -> Json:
    """This function will give one page of these objects, which come oldest first."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise ApiError("Invalid limit: must be between 1 and 100.", param="limit")
    created = params.get("created")
    items = [item for item in reversed(found) if _created_within(item, created)]
    after, before = params.get("starting_after"), params.get("ending_before")
    if after:
        items = items[_position(items, after, "starting_after") + 1 :]
    if before:
        items = items[: _position(items, before, "ending_before")]
        return listed(items[-limit:], url, has_more=len(items) > limit)
    return listed(items[:limit], url, has_more=len(items) > limit)


def matching(found: list[Json], params: Params, *names: str) -> list[Json]:
    """This function will give those objects whose fields have the values that these filters ask for."""
    wanted = params.take(*names)
    return [item for item in found if all(item.get(name) == value for name, value in wanted.items())]


def _position(items: list[Json], identifier: str, param: str) -> int:
    for position, item in enumerate(items):
        if item["id"] == identifier:
            return position
    raise missing("object", identifier, param=param)


def _created_within(item: Json, created: dict[str, int] | int | None) -> bool:
    if created is None:
        return True
    moment: int = item["created"]
    if isinstance(created, int):
        return moment == created
    within = {
        "gt": lambda bound: moment > bound,
        "gte": lambda bound: moment >= bound,
        "lt": lambda bound: moment < bound,
        "lte": lambda bound: moment <= bound,
    }
    return all(within[name](bound) for name, bound in created.items())
