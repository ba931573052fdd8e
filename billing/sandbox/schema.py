"""Stripe's published contract as a tree: stripe-python's generated annotations, resolved once and kept.

`stripe.params.*` are TypedDicts of requests, resource classes such as `stripe.Subscription` describe answers.
"""

import decimal
import functools
import inspect
import sys
import types
import typing
from dataclasses import dataclass
from typing import Any, get_args, get_origin

import stripe
import typing_extensions
from stripe import params  # noqa: F401  (makes stripe.params reachable by name)
from stripe._stripe_object import UntypedStripeObject

# Keys of stripe-python's own call options; they never travel as parameters.
OPTION_KEYS = frozenset(stripe.RequestOptions.__annotations__)
# Names that the generated classes import for type checkers only.
_ALIASES: dict[str, Any] = {"CardResource": stripe.Card, "TestClock": stripe.test_helpers.TestClock}
# Kinds whose class is not called after them.
_ODD_NAMES: dict[str, Any] = {"line_item": stripe.InvoiceLineItem, "item": stripe.LineItem}


@dataclass(frozen=True, slots=True)
class Scalar:
    kind: type  # int, str, bool, float, Decimal, NoneType; object allows anything


@dataclass(frozen=True, slots=True)
class Words:
    allowed: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    item: "Node"


@dataclass(frozen=True, slots=True)
class Table:
    value: "Node"


@dataclass(frozen=True, slots=True)
class Listing:
    """Stripe's list object around items."""

    item: "Node"


@dataclass(frozen=True, slots=True)
class Shape:
    """A TypedDict or a resource class."""

    owner: type


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    node: "Node"
    required: bool


Node = Scalar | Words | Sequence | Table | Listing | Shape | Choice
ANYTHING = Scalar(object)


@functools.cache
def params_class(dotted: str) -> type:
    """This function will give the TypedDict of a request, such as `checkout.SessionCreateParams`."""
    found: Any = stripe.params
    for part in dotted.split("."):
        found = getattr(found, part)
    assert isinstance(found, type)
    return found


@functools.cache
def resource_class(kind: str) -> type:
    """This function will give the class of a kind of object, such as `billing_portal.session`."""
    *path, name = kind.split(".")
    found: Any = stripe
    for part in path:
        found = getattr(found, part)
    found = _ODD_NAMES.get(kind) or getattr(found, name.title().replace("_", ""))
    assert isinstance(found, type)
    return found


@functools.cache
def fields(owner: type) -> dict[str, Field]:
    """This function will give the fields of a TypedDict or a resource class."""
    is_resource = issubclass(owner, stripe.StripeObject)
    skipped = {"OBJECT_NAME"} if is_resource else OPTION_KEYS
    return {
        name: Field(node=_node(annotation, owner), required=not _may_be_absent(annotation, is_resource=is_resource))
        for name, annotation in owner.__annotations__.items()
        if name not in skipped and not name.startswith("_")
    }


def _may_be_absent(annotation: Any, *, is_resource: bool) -> bool:
    if is_resource:
        return type(None) in get_args(annotation) or "Optional" in str(annotation)
    text = annotation.__forward_arg__ if isinstance(annotation, typing.ForwardRef) else str(annotation)
    return "NotRequired[" in text.partition("[")[0] + "["


def _node(annotation: Any, owner: type) -> Node:  # noqa: PLR0911  (one for each kind of annotation)
    annotation = _resolved(annotation, owner)
    origin = get_origin(annotation)
    arguments = get_args(annotation)
    if annotation in (object, Any):
        return ANYTHING
    if origin in (typing_extensions.NotRequired, typing_extensions.Required, typing.Annotated):
        return _node(arguments[0], owner)
    if origin is typing.Union or isinstance(annotation, types.UnionType):
        return _choice(arguments, owner)
    if origin is typing.Literal or origin is typing_extensions.Literal:
        return Words(arguments)
    if inspect.isclass(origin) and issubclass(origin, stripe.ListObject):
        return Listing(_node(arguments[0], owner))
    if origin is list or origin is typing.get_origin(typing.Sequence[int]):
        return Sequence(_node(arguments[0], owner))
    if inspect.isclass(origin) and (issubclass(origin, dict | UntypedStripeObject)):
        return Table(_node(arguments[-1], owner))
    return _leaf(annotation)


def _leaf(annotation: Any) -> Node:
    if not inspect.isclass(annotation):
        return ANYTHING
    if typing_extensions.is_typeddict(annotation) or issubclass(annotation, stripe.StripeObject):
        return Shape(annotation)
    return Scalar(annotation) if annotation in (int, str, bool, float, decimal.Decimal, type(None)) else ANYTHING


def _choice(arguments: tuple[Any, ...], owner: type) -> Node:
    """This function will resolve a union; `Literal[…] | str` leaves room for words of later days, refused today."""
    options = tuple(dict.fromkeys(_node(argument, owner) for argument in arguments))
    if any(isinstance(option, Words) and option.allowed != ("",) for option in options):
        options = tuple(option for option in options if option != Scalar(str))
    return options[0] if len(options) == 1 else Choice(options)


def _resolved(annotation: Any, owner: type) -> Any:
    text = annotation.__forward_arg__ if isinstance(annotation, typing.ForwardRef) else annotation
    if not isinstance(text, str):
        return annotation
    try:
        return eval(text, {}, _Names(owner))  # noqa: S307  (text of an installed, pinned library)
    except NameError:
        return object


class _Names(dict[str, Any]):
    """What a name in an annotation may mean: nested, in the module, beside the class, anywhere in stripe."""

    def __init__(self, owner: type) -> None:
        super().__init__()
        module = sys.modules[owner.__module__]
        package = sys.modules[owner.__module__.rpartition(".")[0]]
        self._places: list[Any] = [owner, module, package, stripe, typing_extensions, typing]

    def __missing__(self, name: str) -> Any:
        if name in _ALIASES:
            return _ALIASES[name]
        if name == "stripe":
            return stripe
        for place in self._places:
            found = getattr(place, name, None)
            if found is not None and not inspect.ismethod(found):
                return found
        raise KeyError(name)
