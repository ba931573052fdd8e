"""Runs the annotator in a process of its own, under limits, and listens to what it reports."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO

from django.conf import settings

from annotator import progress
from annotator.errors import WorkerLostError
from jobs.errors import AnnotationFailedError, AnnotatorCrashedError, LimitExceededError

# The annotator reads files of strangers: it gets no secret of ours.
_ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
_TICK = 0.5  # seconds between two looks at the clock and at the caller
_SECONDS_TO_EXIT = 10.0  # after the annotator has closed its output
_STDERR_SHOWN = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one annotation may use; memory and processor time hold for each of its processes."""

    memory_bytes: int
    cpu: timedelta
    wall: timedelta
    output_bytes: int


def annotate(
    source: Path,
    *,
    reference: Path,
    output: Path,
    name: str,
    processes: int,
    bounds: Bounds,
    on_event: Callable[[progress.Event], None],
    on_tick: Callable[[], None],
) -> progress.Done:
    """This function will annotate `source` into the folder `output` and give the annotator's account of it.

    `processes` share the work; the result has the same bytes with any number of them.
    `on_tick` is called about twice a second; an exception from it or from `on_event` ends the annotator.
    Raises AnnotationFailedError (the input is wrong), LimitExceededError and AnnotatorCrashedError.
    """
    errors = output / "stderr.txt"
    command = [
        *(sys.executable, "-m", "jobs.limiter"),
        str(os.getpid()),
        *(str(bounds.memory_bytes), str(int(bounds.cpu.total_seconds())), str(bounds.output_bytes), "--"),
        *(sys.executable, "-m", "annotator", "annotate", str(source)),
        *("--reference", str(reference), "--output", str(output), "--name", name, "--progress", "json"),
        *("--hgvs", "default", "--processes", str(processes)),
    ]
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            cwd=settings.BASE_DIR,
            env=_ENVIRONMENT,
            start_new_session=True,
        )
    try:
        last = _listen(process, bounds=bounds, on_event=on_event, on_tick=on_tick)
    finally:
        _end(process)
    if isinstance(last, progress.Done) and process.returncode == 0:
        return last
    if isinstance(last, progress.Failed) and last.code != progress.ENGINE_ERROR:
        raise AnnotationFailedError(last)
    raise _crash(process.returncode, errors)


def _listen(
    process: subprocess.Popen[str],
    *,
    bounds: Bounds,
    on_event: Callable[[progress.Event], None],
    on_tick: Callable[[], None],
) -> progress.Event | None:
    """This function will pass the events on until the annotator closes its output, and give the last one."""
    assert process.stdout is not None
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True).start()
    deadline = time.monotonic() + bounds.wall.total_seconds()
    last: progress.Event | None = None
    while True:
        try:
            line = lines.get(timeout=_TICK)
        except queue.Empty:
            line = ""
        if line is None:
            process.wait(timeout=_SECONDS_TO_EXIT)
            return last
        if line:
            last = progress.parse(line)
            on_event(last)
        on_tick()
        if time.monotonic() > deadline:
            raise LimitExceededError("TIME_LIMIT", f"The annotation took longer than {bounds.wall}.")


def _pump(stream: IO[str], lines: "queue.SimpleQueue[str | None]") -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _end(process: subprocess.Popen[str]) -> None:
    """This function will make sure that the annotator and all its children are gone."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # it leads a session of its own, so the group is its own too
    process.wait()


def _crash(returncode: int, errors: Path) -> Exception:
    said = errors.read_bytes()[-_STDERR_SHOWN:].decode(errors="replace").strip()
    lost_worker = str(WorkerLostError(-signal.SIGXCPU))  # the limit holds for each process, and each may reach it
    if returncode == -signal.SIGXCPU or lost_worker in said:
        return LimitExceededError("CPU_LIMIT", "The annotation used more processor time than one job may.")
    if returncode == -signal.SIGXFSZ or "File too large" in said:
        return LimitExceededError("OUTPUT_LIMIT", "The annotation wrote more than one job may.")
    if "MemoryError" in said or "Cannot allocate memory" in said:
        return LimitExceededError("MEMORY_LIMIT", "The annotation needed more memory than one job may have.")
    return AnnotatorCrashedError(f"The annotator ended with {returncode}: {said or 'no message'}")
