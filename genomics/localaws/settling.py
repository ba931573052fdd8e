"""What a resource is set to: looked at, and written where it differs from what is wanted."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError


class Change(enum.StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing that a resource is set to: how to see it, and how to set it."""

    wanted: Any  # None: the template does not set it
    read: Callable[[], Any]  # None, or ClientError, when it is not set
    write: Callable[[], object]


def settle(settings: list[Setting], *, created: bool) -> Change:
    """This function will write the settings that differ from what is wanted."""
    differing = [item for item in settings if item.wanted is not None and not holds(_read(item), item.wanted)]
    for setting in differing:
        setting.write()
    if created:
        return Change.CREATED
    return Change.UPDATED if differing else Change.UNCHANGED


def _read(setting: Setting) -> Any:
    return unless_missing(setting.read)


def unless_missing(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        missing = ("NoSuch", "NotFound", "NonExistent", "404", "DoesNotExist")
        if any(word in code for word in missing):
            return None
        raise


def holds(actual: Any, wanted: Any) -> bool:
    """This function will tell whether `actual` has all that is wanted; more (defaults of AWS) does no harm."""
    if isinstance(wanted, dict):
        return isinstance(actual, dict) and all(holds(actual.get(key), wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        return (
            isinstance(actual, list)
            and len(actual) == len(wanted)
            and all(holds(have, want) for have, want in zip(actual, wanted, strict=True))
        )
    return scalar(actual) == scalar(wanted)


def scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
