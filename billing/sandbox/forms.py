"""Decode the body of a request the way Stripe does: `items[0][price]=…` becomes nested values."""

import re
from collections.abc import Iterable
from typing import Any


class Params(dict[str, Any]):
    """Checked parameters that remember which of them a handler looked at: what nobody reads is refused, not lost."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self._read: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self._read.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self._read.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._read.add(str(key))
        return super().__contains__(key)

    def take(self, *keys: str) -> dict[str, Any]:
        """Those of these parameters that were sent."""
        return {key: self[key] for key in keys if key in self}

    def unread(self) -> list[str]:
        return [key for key in self if key not in self._read]


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """This function will give the values of a form, in hashes and arrays."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        keys = [part for part in re.split(r"[\[\]]+", name) if part] or [name]
        place = root
        for key in keys if name.endswith("[]") else keys[:-1]:
            deeper = place.get(key)
            if not isinstance(deeper, dict):
                deeper = place[key] = {}
            place = deeper
        place[str(len(place)) if name.endswith("[]") else keys[-1]] = value
    tree = _with_arrays(root)
    return tree if isinstance(tree, dict) else {}


def _with_arrays(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    # metadata's keys are the caller's own, even where they look like numbers
    values = {key: inner if key == "metadata" else _with_arrays(inner) for key, inner in value.items()}
    if values and all(key.isdecimal() for key in values):
        return [values[key] for key in sorted(values, key=int)]
    return values
