"""CloudFormation's YAML and its intrinsic functions, evaluated without asking AWS."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import yaml

Node = Any  # a YAML value: mapping, list or scalar, in which one-key mappings may be function calls

_VARIABLE = re.compile(r"\$\{([^}]+)\}")
_ABSENT = object()  # what AWS::NoValue stands for: the property is left out


class TemplateError(Exception):
    """The template or its parameters cannot be used; the message says where."""


class Scope(Protocol):
    """What the names inside a template mean."""

    def ref(self, name: str) -> object:
        """This function will give the value of `!Ref name`."""

    def attribute(self, resource: str, name: str) -> str:
        """This function will give the value of `!GetAtt resource.name`."""


def parse(text: str) -> dict[str, Node]:
    """This function will read a template, short function forms (`!Ref`) written out as mappings."""
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  # derived from the safe loader
    except yaml.YAMLError as error:
        raise TemplateError(f"the template is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise TemplateError("the template is not a mapping")
    return document


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluator:
    """Evaluates the functions in a piece of template."""

    scope: Scope
    conditions: Mapping[str, Node]

    def evaluate(self, node: Node) -> Any:
        """This function will give `node` with every function replaced by its value."""
        if isinstance(node, list):
            values = (self.evaluate(item) for item in node)
            return [value for value in values if value is not _ABSENT]
        if not isinstance(node, dict):
            return node
        call = _call(node)
        if call is not None:
            return _FUNCTIONS[call[0]](self, call[1])
        pairs = ((key, self.evaluate(value)) for key, value in node.items())
        return {key: value for key, value in pairs if value is not _ABSENT}

    def holds(self, name: str) -> bool:
        """This function will tell whether the condition called `name` is true."""
        if name not in self.conditions:
            raise TemplateError(f"condition {name} is not defined")
        return self.decide(self.conditions[name])

    def decide(self, node: Node) -> bool:
        """This function will evaluate a condition's expression."""
        call = _call(node) if isinstance(node, dict) else None
        if call is None or call[0] not in _DECISIONS:
            raise TemplateError(f"not a condition: {node!r}")
        return _DECISIONS[call[0]](self, call[1])


def references(node: Node) -> Iterator[str]:
    """This function will yield the names that `node` refers to by Ref, GetAtt or Sub."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    elif isinstance(node, dict):
        name: str
        argument: Node
        name, argument = _call(node) or ("", None)
        if name == "Ref":
            yield argument
        elif name == "Fn::GetAtt":
            yield argument[0]
        elif name == "Fn::Sub":
            own = {} if isinstance(argument, str) else argument[1]
            for variable in _variables(argument if isinstance(argument, str) else argument[0]):
                if variable not in own:
                    yield variable.split(".")[0]
            yield from references(own)
        else:
            for value in node.values():
                yield from references(value)


def _call(node: dict[str, Node]) -> tuple[str, Node] | None:
    if len(node) != 1:
        return None
    name, argument = next(iter(node.items()))
    if name in _FUNCTIONS or name in _DECISIONS:
        return name, argument
    if str(name).startswith("Fn::"):
        raise TemplateError(f"{name} is not supported")
    return None


def _variables(text: str) -> list[str]:
    return [name for name in _VARIABLE.findall(text) if not name.startswith("!")]


def _ref(evaluator: Evaluator, name: str) -> object:
    return _ABSENT if name == "AWS::NoValue" else evaluator.scope.ref(name)


def _get_att(evaluator: Evaluator, argument: list[str]) -> str:
    return evaluator.scope.attribute(argument[0], ".".join(argument[1:]))


def _sub(evaluator: Evaluator, argument: str | list[Any]) -> str:
    text, own = (argument, {}) if isinstance(argument, str) else (argument[0], evaluator.evaluate(argument[1]))

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in own:
            return str(own[name])
        resource, dot, attribute = name.partition(".")
        return evaluator.scope.attribute(resource, attribute) if dot else str(evaluator.scope.ref(name))

    return _VARIABLE.sub(value, text)


def _join(evaluator: Evaluator, argument: list[Any]) -> str:
    return str(argument[0]).join(str(part) for part in evaluator.evaluate(argument[1]))


def _if(evaluator: Evaluator, argument: list[Any]) -> Any:
    name, yes, no = argument
    return evaluator.evaluate(yes if evaluator.holds(name) else no)


def _select(evaluator: Evaluator, argument: list[Any]) -> Any:
    index, values = int(evaluator.evaluate(argument[0])), evaluator.evaluate(argument[1])
    if not 0 <= index < len(values):
        raise TemplateError(f"Fn::Select: no item {index} in a list of {len(values)}")
    return values[index]


def _split(evaluator: Evaluator, argument: list[Any]) -> list[str]:
    return str(evaluator.evaluate(argument[1])).split(str(argument[0]))


def _base64(evaluator: Evaluator, argument: Node) -> str:
    return base64.b64encode(str(evaluator.evaluate(argument)).encode()).decode()


_FUNCTIONS: dict[str, Callable[[Evaluator, Any], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::If": _if,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Base64": _base64,
}
_DECISIONS: dict[str, Callable[[Evaluator, Any], bool]] = {
    "Condition": lambda evaluator, name: evaluator.holds(name),
    "Fn::Equals": lambda evaluator, pair: str(evaluator.evaluate(pair[0])) == str(evaluator.evaluate(pair[1])),
    "Fn::Not": lambda evaluator, only: not evaluator.decide(only[0]),
    "Fn::And": lambda evaluator, parts: all(evaluator.decide(part) for part in parts),
    "Fn::Or": lambda evaluator, parts: any(evaluator.decide(part) for part in parts),
}


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]  # the C loader where libyaml is there: five times as fast
    """A safe loader of its own, so that CloudFormation's tags do not leak into other users of yaml."""


def _construct_call(loader: Any, name: str, node: yaml.Node) -> dict[str, Node]:
    value: Node
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _construct_call)
