"""The sign of life of a worker or of beat: a file that says when its loop last went round.

A process that is stuck still exists, so nothing but its loop can tell that it works. The file holds a reading of the
monotonic clock, which all processes of a machine share: it stands still while the machine sleeps, and no change of
the time of day makes a heartbeat look old.

A worker has one loop for each queue that it reads. Its heartbeat is as old as that of the loop that is silent longest.
"""

import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings

BEAT = "beat"  # the name of beat's own; a worker's is its node name

_MARK_SECONDS = 1.0  # a busy loop goes round much more often

_own: Path | None = None  # None: this process has no heartbeat, or has ended it
_marked_at = 0.0
_rounds: dict[str, float] = {}  # when each loop of this process last went round


def begin(node: str) -> None:
    """This function will make this process the one whose heartbeat is called `node`."""
    global _own, _marked_at  # one node per process
    _own, _marked_at = _file(node), 0.0
    _rounds.clear()
    reset(node)


def mark(loop: str) -> None:
    """This function will say that a loop of this process goes round; without a heartbeat it does nothing."""
    global _marked_at  # noqa: PLW0603
    now = _rounds[loop] = time.monotonic()
    if _own is not None and now - _marked_at >= _MARK_SECONDS:
        _write(_own, at=min(_rounds.values()))
        _marked_at = now


def end() -> None:
    """This function will remove the heartbeat of this process: it stops on purpose, and may take its time."""
    global _own  # noqa: PLW0603
    if _own is not None:
        _own.unlink(missing_ok=True)
        _own = None


def reset(node: str) -> None:
    """This function will let the heartbeat called `node` begin now."""
    _write(_file(node), at=time.monotonic())


def age(node: str) -> timedelta | None:
    """This function will tell how old a heartbeat is; None: it has not begun, or was ended on purpose."""
    try:
        marked_at = float(_file(node).read_text())
    except FileNotFoundError:
        return None
    now = time.monotonic()
    # A later reading is left from before the machine was started: nobody has marked it since then.
    return timedelta(seconds=now - marked_at if marked_at <= now else now)


def _file(node: str) -> Path:
    folder: Path = settings.HEARTBEATS_DIR
    return folder / node.partition("@")[0].replace("/", "_")


def _write(file: Path, *, at: float) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}")
    draft.write_text(repr(at))  # not rounded: a reading from the future counts as old
    draft.replace(file)  # a reader never finds half a number
