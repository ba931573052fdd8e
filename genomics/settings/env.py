"""Typed readers of the environment: each variable is read once, by name, with its default and its meaning."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv

BASE_DIR = Path(__file__).resolve().parents[2]
load_dotenv(BASE_DIR / ".env")

T = TypeVar("T")
Word = TypeVar("Word", bound=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One environment variable, as the env example lists it."""

    name: str
    meaning: str
    default: str  # as a person would write it; empty when there is none
    needed_in_production: bool


VARIABLES: dict[str, Variable] = {}

if os.environ.get("GENOMICS_ENV", "development") not in {"development", "production"}:
    raise ImproperlyConfigured("GENOMICS_ENV must be development or production")  # a typo must not open the doors
PRODUCTION = os.environ.get("GENOMICS_ENV") == "production"


def text(name: str, meaning: str, *, default: str, shown: str | None = None) -> str:
    """This function will read a string. `shown` replaces a computed default in the env example."""
    return _read(name, meaning, default=default, shown=shown, parse=str)


def needed_text(name: str, meaning: str, *, development: str, shown: str | None = None) -> str:
    """This function will read a string that must be set in production and has a default elsewhere."""
    default = None if PRODUCTION else development
    return _read(name, meaning, default=default, shown=development if shown is None else shown, parse=str, needed=True)


def choice(name: str, meaning: str, *, options: tuple[Word, ...], default: Word) -> Word:
    """This function will read one of the options."""

    def parse(raw: str) -> Word:
        for option in options:
            if option == raw:
                return option
        raise ValueError(f"{raw!r} is none of {', '.join(options)}")

    return _read(name, meaning, default=default, parse=parse)


def flag(name: str, meaning: str, *, default: bool) -> bool:
    """This function will read 1/0, true/false, yes/no or on/off."""
    return _read(name, meaning, default="1" if default else "0", parse=_parse_flag)


def integer(name: str, meaning: str, *, default: int) -> int:
    return _read(name, meaning, default=str(default), parse=int)


def seconds(name: str, meaning: str, *, default: timedelta) -> timedelta:
    shown = f"{default.total_seconds():.10g}"
    return _read(name, meaning, default=shown, parse=lambda raw: timedelta(seconds=float(raw)))


def items(name: str, meaning: str, *, default: str, shown: str) -> list[str]:
    """This function will read a comma-separated list."""
    return _read(
        name,
        meaning,
        default=default,
        parse=lambda raw: [part.strip() for part in raw.split(",") if part.strip()],
        shown=shown,
    )


def pairs(name: str, meaning: str, *, shown: str) -> dict[str, str]:
    """This function will read a comma-separated list of KEY=VALUE, empty by default."""
    return _read(name, meaning, default="", parse=_parse_pairs, shown=shown)


def path(name: str, meaning: str, *, default: Path, shown: str) -> Path:
    return _read(name, meaning, default=str(default), shown=shown, parse=lambda raw: Path(raw).resolve())


def _read(
    name: str,
    meaning: str,
    *,
    default: str | None,
    parse: Callable[[str], T],
    shown: str | None = None,
    needed: bool = False,
) -> T:
    VARIABLES[name] = Variable(
        name=name,
        meaning=meaning,
        default=(default or "") if shown is None else shown,
        needed_in_production=needed,
    )
    raw = os.environ.get(name, default)
    if raw is None:
        raise ImproperlyConfigured(f"The environment variable {name} must be set: {meaning}")
    try:
        return parse(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"The environment variable {name} has a bad value: {error}") from error


def _parse_flag(raw: str) -> bool:
    word = raw.strip().lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError(f"{raw!r} is neither yes nor no")


def _parse_pairs(raw: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in raw.split(","))):
        key, equals, value = (word.strip() for word in part.partition("="))
        if not (key and equals and value) or key in found:
            raise ValueError(f"{part!r} is not KEY=VALUE, or names a key again")
        found[key] = value
    return found
