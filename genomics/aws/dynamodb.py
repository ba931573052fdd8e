"""Items of a DynamoDB table whose key is one text: written in order, beside what others keep in them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from genomics.aws import clients
from genomics.aws.answers import translated
from genomics.aws.errors import ServiceUnavailableError

if TYPE_CHECKING:  # the stubs are not installed in production
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Value = str | int
Item = dict[str, Value]

READ_BATCH = 100  # items of one BatchGetItem
_ROUNDS = 6  # of a batch that DynamoDB answers in pieces
_FIRST_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table and the attribute that is its key."""

    name: str
    key: str


def write(
    table: Table,
    *,
    key: str,
    values: Mapping[str, Value | None],
    increasing: str | None = None,
    only_if: Mapping[str, Value] | None = None,
) -> bool:
    """This function will set the attributes in `values` (None removes one) and leave all others of the item alone.

    With `increasing`, the name of one of `values`, it writes only where that attribute is absent or smaller: so an
    item never goes back; with `only_if`, only where the item has these. It tells whether it wrote. Raises
    ServiceUnavailableError and ServiceRefusedError.
    """
    needed = only_if or {}
    places = {name: f"#n{number}" for number, name in enumerate({**values, **needed})}
    given = {name: value for name, value in values.items() if value is not None}
    sets = [f"{places[name]} = {_slot(places[name])}" for name in given]
    removals = [places[name] for name in values if name not in given]
    conditions = [f"{places[name]} = :c{number}" for number, name in enumerate(needed)]
    if increasing is not None:
        place = places[increasing]
        conditions.append(f"(attribute_not_exists({place}) OR {place} < {_slot(place)})")
    request: dict[str, Any] = {
        "UpdateExpression": " ".join(
            f"{verb} {', '.join(clauses)}" for verb, clauses in (("SET", sets), ("REMOVE", removals)) if clauses
        ),
        "ExpressionAttributeNames": {place: name for name, place in places.items()},
        "ExpressionAttributeValues": {
            **{_slot(places[name]): _typed(value) for name, value in given.items()},
            **{f":c{number}": _typed(value) for number, value in enumerate(needed.values())},
        },
    }
    if conditions:
        request["ConditionExpression"] = " AND ".join(conditions)
    client = clients.dynamodb()
    with translated():
        try:
            client.update_item(TableName=table.name, Key={table.key: {"S": key}}, **request)
        except client.exceptions.ConditionalCheckFailedException:
            return False
    return True


def delete(table: Table, *, key: str) -> None:
    """This function will delete an item; one that is gone already is fine."""
    with translated():
        clients.dynamodb().delete_item(TableName=table.name, Key={table.key: {"S": key}})


def read(table: Table, *, keys: Sequence[str], attributes: Sequence[str]) -> dict[str, Item]:
    """This function will give the named attributes of up to READ_BATCH items that exist, by key, as they are now."""
    items: dict[str, Item] = {}
    left: dict[str, Any] = {table.name: {"Keys": [{table.key: {"S": key}} for key in keys], **_reading(attributes)}}
    for number in range(_ROUNDS):
        if not left or not keys:
            return items
        time.sleep(_FIRST_PAUSE_SECONDS * 2**number if number else 0)
        with translated():
            answer = clients.dynamodb().batch_get_item(RequestItems=left)
        for found in answer["Responses"].get(table.name, []):
            item = _item(found)
            items[str(item[table.key])] = item
        left = dict(answer.get("UnprocessedKeys", {}))
    if left:
        raise ServiceUnavailableError(f"DynamoDB left parts of a read of {table.name} unanswered {_ROUNDS} times")
    return items


def scan(table: Table, *, attributes: Sequence[str]) -> Iterator[list[Item]]:
    """This function will give the named attributes of all items, a page at a time, in no order."""
    pages = iter(clients.dynamodb().get_paginator("scan").paginate(TableName=table.name, **_reading(attributes)))
    while True:
        with translated():
            page = next(pages, None)
        if page is None:
            return
        yield [_item(found) for found in page["Items"]]


def _slot(place: str) -> str:
    return place.replace("#n", ":v")


def _reading(attributes: Sequence[str]) -> dict[str, Any]:
    places = {f"#n{number}": name for number, name in enumerate(attributes)}
    return {
        "ConsistentRead": True,
        "ProjectionExpression": ", ".join(places),
        "ExpressionAttributeNames": places,
    }


def _typed(value: Value) -> "AttributeValueTypeDef":
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def _item(found: Mapping[str, Any]) -> Item:
    return {name: int(value["N"]) if "N" in value else str(value.get("S", "")) for name, value in found.items()}
