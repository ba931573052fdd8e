"""The protocol of `python -m annotator annotate --progress json`: one JSON object per line on standard output.

    {"event": "stage", "stage": "annotate", "label": "Annotating the records"}
    {"event": "progress", "records": 16384, "fraction": 0.42}
    {"event": "done", "records_read": …, "annotated": …, "passed": …, "rejected": …, "consequences": {term: count},
     "files": {"vcf": …, "index": …, "table": …, "summary": …, …}, "stage_seconds": {stage: seconds}}
    {"event": "error", "code": …, "message": …, "advice": …, "line": … or null, "column": … or null}

Stages come in the order of STAGES; `fraction` is that of the whole run, 0 to 1, and never falls; progress lines come
at most five times a second. The last line is "done" or "error". The exit code is 0 after "done"; 2 after "error" when
the input is at fault (fit to show to the lab), 1 when we are (code ENGINE_ERROR: never to be shown raw).
`parse` turns a line back into one of the four types.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

STAGES = {
    "read": "Reading the header",
    "annotate": "Annotating the records",
    "finish": "Writing index, table and summary",
}
ENGINE_ERROR = "ENGINE_ERROR"

_SHARE = {"read": (0.0, 0.01), "annotate": (0.01, 0.97), "finish": (0.97, 1.0)}
_SECONDS_BETWEEN = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage begins; `label` is for people."""

    stage: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the run is: records in the current stage, fraction of the whole."""

    records: int
    fraction: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The run ended well; `files` are paths by kind: vcf, index, table, summary, preview, ledger, manifest, log."""

    records_read: int
    annotated: int
    passed: int
    rejected: int
    consequences: dict[str, int]
    files: dict[str, str]
    stage_seconds: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The run ended without a result."""

    code: str
    message: str
    advice: str
    line: int | None  # None: the fault has no line
    column: str | None  # None: the fault has no column


Event = Stage | Progress | Done | Failed

_TYPES: dict[str, type[Stage] | type[Progress] | type[Done] | type[Failed]] = {
    "stage": Stage,
    "progress": Progress,
    "done": Done,
    "error": Failed,
}
_NAMES = {kind: name for name, kind in _TYPES.items()}


class Listener(Protocol):
    """Whoever wants to hear of events."""

    def __call__(self, event: Event, /) -> None: ...


def to_line(event: Event) -> str:
    """The JSON line for an event, without a line end."""
    return json.dumps({"event": _NAMES[type(event)], **asdict(event)}, ensure_ascii=False)


def parse(line: str) -> Event:
    """Read one line of the protocol; raise ValueError when it is none."""
    try:
        value: dict[str, Any] = json.loads(line)
        kind = _TYPES[value.pop("event")]
        return kind(**value)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a line of the progress protocol: {line[:200]!r}") from error


class StageClock:
    """Announces stages, thins out progress, and takes the time of each stage."""

    def __init__(self, listener: Listener, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._listener = listener
        self._monotonic = monotonic
        self._stage = ""
        self._began = 0.0
        self._last = float("-inf")
        self.stage_seconds: dict[str, float] = {}

    def begin(self, stage: str) -> None:
        """End the current stage and begin this one."""
        self.end()
        self._stage, self._began = stage, self._monotonic()
        self._listener(Stage(stage=stage, label=STAGES[stage]))

    def end(self) -> None:
        """End the current stage."""
        if self._stage:
            self.stage_seconds[self._stage] = round(self._monotonic() - self._began, 3)
            self._stage = ""

    def progress(self, records: int, fraction: float) -> None:
        """Tell how far the current stage is: `fraction` of this stage, 0 to 1."""
        now = self._monotonic()
        if now - self._last >= _SECONDS_BETWEEN:
            self._last = now
            first, last = _SHARE[self._stage]
            whole = first + (last - first) * min(fraction, 1.0)
            self._listener(Progress(records=records, fraction=round(whole, 4)))
