"""Run a command and measure it: seconds, and the memory of it and the processes that it starts."""

import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROCESSES = Path("/proc")
_EVERY_SECONDS = 0.01
_KILOBYTE = 1024
_OWN = re.compile(r"^Anonymous:\s+(\d+) kB", re.MULTILINE)
_RESIDENT = re.compile(r"^Rss:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run took; memory is that of all its processes, at its highest among the samples."""

    seconds: float
    own_bytes: int  # anonymous: not files that are mapped
    peak_bytes: int  # resident, mapped files too


class CommandFailedError(Exception):
    """A command that was to be measured failed."""


def measure(command: Sequence[str], *, processors: Sequence[int], samples_memory: bool = False) -> Run:
    """Run a command on these processors alone; raises CommandFailedError when it does not end with 0."""
    pinned = ("taskset", "-c", ",".join(map(str, processors)), *command)
    with tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(pinned, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
        sampler = _Sampler(process.pid)
        if samples_memory:
            sampler.start()
        code = process.wait()
        seconds = time.perf_counter() - began
        if samples_memory:
            sampler.stop()
        if code:
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip()
            raise CommandFailedError(f"{' '.join(command)} ended with {code}: {said[-500:]}")
    return Run(seconds=seconds, own_bytes=sampler.own_bytes, peak_bytes=sampler.peak_bytes)


class _Sampler:
    """Looks at the memory of a process and its children again and again."""

    def __init__(self, process: int) -> None:
        self.own_bytes = self.peak_bytes = 0
        self._process = process
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ends.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ends.wait(_EVERY_SECONDS):
            texts = [text for process in _family(self._process) if (text := _memory_of(process))]
            self.own_bytes = max(self.own_bytes, sum(_bytes(_OWN, text) for text in texts))
            self.peak_bytes = max(self.peak_bytes, sum(_bytes(_RESIDENT, text) for text in texts))


def _family(process: int) -> Iterator[int]:
    """The process and all that it started."""
    yield process
    for task in _listed(_PROCESSES / str(process) / "task"):
        try:
            children = (task / "children").read_text(encoding="ascii")
        except OSError:
            continue
        for child in children.split():
            yield from _family(int(child))


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # it has ended
        return []


def _memory_of(process: int) -> str:
    try:
        return (_PROCESSES / str(process) / "smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return ""


def _bytes(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return _KILOBYTE * int(found[1]) if found else 0
