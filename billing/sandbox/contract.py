"""Check requests and answers against Stripe's published contract."""

import decimal
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import stripe

from billing.sandbox.schema import (
    Choice,
    Listing,
    Node,
    Scalar,
    Sequence,
    Shape,
    Table,
    Words,
    fields,
    params_class,
    resource_class,
)

UNKNOWN = "unknown"
MISSING = "missing"
INVALID = "invalid"
# All that remains of a deleted object, wherever it stands.
_OF_DELETED = {"id", "object", "deleted"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One difference from the contract."""

    where: str  # a path as Stripe writes it: items[0][price]
    what: str  # UNKNOWN, MISSING or INVALID
    message: str


_SCALARS: dict[type, Callable[[Any], bool]] = {
    int: lambda v: isinstance(v, int) and not isinstance(v, bool),
    str: lambda v: isinstance(v, str),
    bool: lambda v: isinstance(v, bool),
    float: lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    decimal.Decimal: lambda v: isinstance(v, str | int | float) and not isinstance(v, bool),
    type(None): lambda v: v is None,
    object: lambda _: True,
}


def check_params(name: str, params: dict[str, Any]) -> list[Problem]:
    """This function will tell how these decoded parameters differ from the request type of this name."""
    return _check_shape(Shape(params_class(name)), params, "")


def check_answer(document: dict[str, Any]) -> list[Problem]:
    """This function will tell how this object (or list, or deletion) differs from its resource class."""
    if document.get("object") == "list":
        return [problem for item in document["data"] for problem in check_answer(item)]
    problems = _check_shape(Shape(resource_class(document["object"])), document, "")
    if document["object"] == "event":
        problems += check_answer(document["data"]["object"])
    return problems


def coerce_params(name: str, params: dict[str, Any]) -> dict[str, Any]:
    """This function will give a form's texts the types that are declared; what fits nowhere stays a text."""
    coerced = _coerce(Shape(params_class(name)), params)
    assert isinstance(coerced, dict)
    return coerced


def _check(node: Node, value: Any, where: str) -> list[Problem]:  # noqa: PLR0911  (one for each kind of node)
    match node:
        case Scalar(kind):
            return [] if _SCALARS[kind](value) else [_invalid(where, value, kind.__name__)]
        case Words(allowed):
            fits = any(value == word and type(value) is type(word) for word in allowed)
            return [] if fits else [_invalid(where, value, "one of " + ", ".join(map(str, allowed[:12])))]
        case Sequence(item):
            if not isinstance(value, list):
                return [_invalid(where, value, "array")]
            return [p for i, entry in enumerate(value) for p in _check(item, entry, f"{where}[{i}]")]
        case Table(entry):
            if not isinstance(value, dict):
                return [_invalid(where, value, "hash")]
            return [p for key, inner in value.items() for p in _check(entry, inner, f"{where}[{key}]")]
        case Listing(item):
            if not isinstance(value, dict) or value.get("object") != "list":
                return [_invalid(where, value, "list")]
            return [p for i, entry in enumerate(value["data"]) for p in _check(item, entry, f"{where}[data][{i}]")]
        case Shape():
            return _check_shape(node, value, where)
        case Choice(options):
            return _check_choice(options, value, where)


def _check_choice(options: tuple[Node, ...], value: Any, where: str) -> list[Problem]:
    """This function will find no problem if one option fits, and otherwise those of the option that comes nearest."""
    nearest: list[Problem] | None = None
    for option in options:
        problems = _check(option, value, where)
        if not problems:
            return []
        deeper = problems[0].where != where
        if nearest is None or (deeper and nearest[0].where == where):
            nearest = problems
    return nearest or []


def _check_shape(shape: Shape, value: Any, where: str) -> list[Problem]:
    if not isinstance(value, dict):
        return [_invalid(where, value, "hash")]
    if set(value) == _OF_DELETED and issubclass(shape.owner, stripe.StripeObject):
        return []
    known = fields(shape.owner)
    problems: list[Problem] = []
    for key, inner in value.items():
        path = f"{where}[{key}]" if where else key
        if key in known:
            problems += _check(known[key].node, inner, path)
        else:
            problems.append(Problem(where=path, what=UNKNOWN, message=f"Received unknown parameter: {path}"))
    for key, field in known.items():
        if field.required and key not in value:
            path = f"{where}[{key}]" if where else key
            problems.append(Problem(where=path, what=MISSING, message=f"Missing required param: {path}."))
    return problems


def _invalid(where: str, value: Any, wanted: str) -> Problem:
    return Problem(where=where, what=INVALID, message=f"Invalid {where}: must be {wanted}, got {str(value)[:60]!r}")


def _coerce(node: Node, value: Any) -> Any:
    if isinstance(value, dict):
        return _coerce_hash(node, value)
    if isinstance(value, list):
        item = next((n.item for n in _options(node) if isinstance(n, Sequence)), None)
        return [_coerce(item, entry) for entry in value] if item else value
    return _coerce_text(_options(node), value)


def _coerce_hash(node: Node, value: dict[str, Any]) -> dict[str, Any]:
    for option in _options(node):
        if isinstance(option, Shape):
            known = fields(option.owner)
            return {k: _coerce(known[k].node, v) if k in known else v for k, v in value.items()}
        if isinstance(option, Table):
            return {k: _coerce(option.value, v) for k, v in value.items()}
    return value


def _coerce_text(options: tuple[Node, ...], text: str) -> Any:
    kinds = {option.kind for option in options if isinstance(option, Scalar)}
    if text in ("true", "false") and (bool in kinds or Words((True,)) in options):
        return text == "true"
    if int in kinds and re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    if float in kinds and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    if text == "" and str not in kinds and not any(isinstance(o, Words) and "" in o.allowed for o in options):
        return [] if any(isinstance(option, Sequence) for option in options) else text
    return text


def _options(node: Node) -> tuple[Node, ...]:
    return node.options if isinstance(node, Choice) else (node,)
