"""Switches that make the world as unkind as it may be: to webhooks, and to the API's answers."""

import dataclasses
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from billing.sandbox.errors import ApiError, ConnectionLostError, SandboxError


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaos:
    """All quiet by default. Shares are probabilities from 0 to 1."""

    # webhooks
    duplicate: bool = False  # each delivery twice
    reorder: bool = False  # the newest first
    parallel: bool = False  # many at once (in the background only)
    tamper: bool = False  # the body changed after it was signed
    delay_seconds: float = 0  # before the first attempt (in the background only)
    drop: float = 0  # the share that is never delivered; /v1/events still lists them
    # answers of the API
    latency_seconds: float = 0  # the longest wait before an answer
    error_share: float = 0  # answered with 500, nothing done
    rate_limit_share: float = 0  # answered with 429, nothing done
    timeout_share: float = 0  # no answer, nothing done
    lost_share: float = 0  # no answer, although it was done

    def changed(self, sent: Mapping[str, str | float]) -> "Chaos":
        """These switches with some set anew, from a form or a call. Raises SandboxError on what is none."""
        known = {field.name: field.type for field in dataclasses.fields(self)}
        unknown = set(sent) - set(known)
        if unknown:
            raise SandboxError(f"No such switch: {', '.join(sorted(unknown))}.")
        values: dict[str, Any] = {name: _value(name, known[name], value) for name, value in sent.items()}
        return dataclasses.replace(self, **values)


def _value(name: str, kind: object, sent: str | float) -> bool | float:
    if kind is bool:
        return str(sent).lower() in ("1", "true", "on", "yes")
    try:
        value = float(sent)
    except ValueError:
        raise SandboxError(f"{name} must be a number.") from None
    highest = 60.0 if name.endswith("_seconds") else 1.0
    if not 0 <= value <= highest:
        raise SandboxError(f"{name} must be between 0 and {highest:g}.")
    return value


def before_answer(chaos: Chaos, dice: random.Random) -> None:
    """This function will be slow, or refuse, before anything is done."""
    if chaos.latency_seconds:
        time.sleep(dice.random() * chaos.latency_seconds)
    if dice.random() < chaos.timeout_share:
        raise ConnectionLostError("The request never arrived.")
    if dice.random() < chaos.rate_limit_share:
        raise ApiError("Request rate limit exceeded.", status=429, code="rate_limit")
    if dice.random() < chaos.error_share:
        raise ApiError("An unknown error occurred.", status=500, kind="api_error")


def after_answer(chaos: Chaos, dice: random.Random) -> None:
    """This function will lose the answer to what was done."""
    if dice.random() < chaos.lost_share:
        raise ConnectionLostError("The answer got lost.")
