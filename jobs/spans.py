"""How long something will take, as far as that is known: between two bounds, in words that do not flicker."""

import math
from dataclasses import dataclass

_MINUTE = 60
_HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A duration between two bounds, in seconds."""

    low: float
    high: float

    def __str__(self) -> str:
        """The span in people's words: “20 to 30 seconds”, “less than 2 minutes”, “about 3 hours”."""
        step, unit = _scale(self.high)
        low = math.floor(self.low / step) * step
        high = max(math.ceil(self.high / step), 1) * step
        if low == 0:
            return f"less than {_counted(high, unit)}"
        if low == high:
            return f"about {_counted(high, unit)}"
        return f"{low // _SECONDS[unit]} to {_counted(high, unit)}"


_SECONDS = {"second": 1, "minute": _MINUTE, "hour": _HOUR}


def _scale(seconds: float) -> tuple[int, str]:
    """This function will give the step, in seconds, to which a length is rounded, and the unit that it is told in."""
    if seconds <= _MINUTE:
        return 10, "second"
    if seconds <= 15 * _MINUTE:
        return _MINUTE, "minute"
    if seconds <= 1.5 * _HOUR:
        return 5 * _MINUTE, "minute"
    return _HOUR, "hour"


def _counted(seconds: int, unit: str) -> str:
    number = seconds // _SECONDS[unit]
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
