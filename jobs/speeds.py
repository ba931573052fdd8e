"""How long an annotation takes, measured on those that have been: a fixed part and seconds for each byte of input."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from statistics import median, quantiles

from jobs.spans import Span

_FEWEST = 3  # measurements that a speed is worth anything from
_MOST = 50  # the latest of one kind: a fleet or a reference may have changed
_TENTHS = 10
_FRACTION_TO_TRUST = 0.1  # of a job, before which its own pace says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Inputs that take about equally long for each byte."""

    reference: str
    compressed: bool

    @classmethod
    def of(cls, *, reference: str, name: str) -> "Kind":
        return cls(reference=reference, compressed=not name.lower().endswith(".vcf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One annotation that went well."""

    kind: Kind
    size_bytes: int
    began_at: datetime
    ended_at: datetime

    @property
    def seconds(self) -> float:
        return max((self.ended_at - self.began_at).total_seconds(), 0.001)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """A line through measurements, the inputs between which it holds, and how far off they lie (as ratios)."""

    fixed_seconds: float
    seconds_per_byte: float
    smallest_bytes: int
    largest_bytes: int
    low_ratio: float
    high_ratio: float

    def span(self, size_bytes: int) -> Span:
        """This function will give how long an input will take; the further from what was measured, the wider."""
        known = min(max(size_bytes, self.smallest_bytes), self.largest_bytes)
        line, proportional = self._line(size_bytes), self._line(known) * size_bytes / known
        return Span(
            low=min(line, proportional) * self.low_ratio,
            high=max(line, proportional) * self.high_ratio,
        )

    def _line(self, size_bytes: int) -> float:
        return self.fixed_seconds + self.seconds_per_byte * size_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """What is known of each kind of input, and of all together for kinds that are new."""

    by_kind: Mapping[Kind, Speed]
    overall: Speed | None  # None: too little was measured

    def span(self, kind: Kind, size_bytes: int) -> Span | None:
        """This function will give how long an input will take, or None when nothing is known."""
        speed = self.by_kind.get(kind, self.overall)
        return speed.span(size_bytes) if speed else None


def measure(measurements: Iterable[Measurement]) -> Speeds:
    """This function will work out speeds from measurements, the latest first."""
    all_of_them = list(measurements)
    kinds: dict[Kind, list[Measurement]] = {}
    for measurement in all_of_them:
        kinds.setdefault(measurement.kind, []).append(measurement)
    by_kind = {kind: speed for kind, of_kind in kinds.items() if (speed := _speed(of_kind))}
    return Speeds(by_kind=by_kind, overall=_speed(all_of_them))


def remaining(*, whole: Span | None, fraction: float, elapsed_seconds: float) -> Span | None:
    """This function will give how long a running job still takes: by its kind's speed, ever more by its own pace."""
    left = 1 - fraction
    by_kind = (whole.low * left, whole.high * left) if whole else None
    if fraction < _FRACTION_TO_TRUST:
        return Span(low=by_kind[0], high=by_kind[1]) if by_kind else None
    own = elapsed_seconds * left / fraction
    low, high = (bound * left + own * fraction for bound in by_kind or (own, own))
    return Span(low=low, high=high)


def _speed(measurements: list[Measurement]) -> Speed | None:
    """This function will fit a line by the median of the slopes (Theil–Sen), which stray measurements do not bend."""
    if len(measurements) < _FEWEST:
        return None
    points = [(one.size_bytes, one.seconds) for one in measurements[:_MOST]]
    slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2) if x1 != x2]
    slope = max(0.0, median(slopes)) if slopes else 0.0
    fixed = max(0.0, median(seconds - slope * size for size, seconds in points))
    ratios = [seconds / max(fixed + slope * size, 0.001) for size, seconds in points]
    tenths = quantiles(ratios, n=_TENTHS, method="inclusive")
    return Speed(
        fixed_seconds=fixed,
        seconds_per_byte=slope,
        smallest_bytes=min(size for size, _ in points),
        largest_bytes=max(size for size, _ in points),
        low_ratio=min(1.0, tenths[0]),
        high_ratio=max(1.0, tenths[-1]),
    )
