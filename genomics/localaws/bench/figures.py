"""What a benchmark says: rows of measured numbers, the goals beside them, and the machine they hold for."""

import math
import os
import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number."""

    name: str
    value: float
    unit: str
    below: float | None = None  # the goal; None: there is none

    @property
    def missed(self) -> bool:
        return self.below is not None and self.value >= self.below

    @property
    def verdict(self) -> str:
        if self.below is None:
            return ""
        return f"goal < {self.below:g}: {'MISSED' if self.missed else 'met'}"


def percentile(values: Iterable[float], *, share: float) -> float:
    """This function will give the smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(name: str, seconds: Sequence[float], *, below_p95: float | None = None) -> list[Figure]:
    """This function will give the median and the 95th percentile of times, in milliseconds."""
    return [
        Figure(name=f"{name}, p50", value=1000 * percentile(seconds, share=0.5), unit="ms"),
        Figure(
            name=f"{name}, p95",
            value=1000 * percentile(seconds, share=0.95),
            unit="ms",
            below=None if below_p95 is None else 1000 * below_p95,
        ),
    ]


def table(figures: Iterable[Figure]) -> str:
    """This function will write a table in Markdown, which is plain to read in a terminal too."""
    rows = [("what", "value", "", "goal")]
    rows += [(figure.name, _number(figure.value), figure.unit, figure.verdict) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def machine() -> str:
    """This function will name what the numbers hold for."""
    load = os.getloadavg()[0]
    return (
        f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, {os.cpu_count()} cores ({platform.machine()}), "
        f"Python {platform.python_version()}, load average before: {load:.1f}"
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2g}" if abs(value) < 10 else f"{value:.1f}"
