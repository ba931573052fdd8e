"""The processes of a stack, found below its supervisor: whoever is no descendant is never looked at."""

import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One living process; `parents` go up to the supervisor, which is left out."""

    pid: int
    parents: tuple[int, ...]  # nearest first; empty for the supervisor's own children
    arguments: tuple[str, ...]
    seconds: float  # of processor time so far, its own threads alone

    def runs(self, *words: str) -> bool:
        """This function will tell whether the words follow each other in the command line."""
        width = len(words)
        return any(self.arguments[at : at + width] == words for at in range(len(self.arguments) - width + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The descendants of a supervisor at one moment."""

    entries: tuple[Entry, ...]

    @property
    def children(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if not entry.parents)

    def below(self, pid: int) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if pid in entry.parents)

    def workers(self, queue: str) -> tuple[Entry, ...]:
        """This function will give the leaders of the queue's workers."""
        return tuple(entry for entry in self.children if entry.runs("-Q", queue))

    def annotators(self) -> tuple[Entry, ...]:
        """This function will give the annotator's processes; the program that sets their limits is none yet."""
        return tuple(entry for entry in self.entries if entry.runs("annotator", "annotate") and not _limiter(entry))

    def child(self, *words: str) -> Entry | None:
        return next((entry for entry in self.children if entry.runs(*words)), None)

    def postmaster(self) -> Entry | None:
        return next((entry for entry in self.children if entry.arguments[:1] and _is_postgres(entry)), None)


def look(supervisor: int) -> Table:
    """This function will read the process table once; processes that end meanwhile are left out."""
    stats = dict(_stats())
    entries = []
    for pid, (_, ticks) in stats.items():
        parents = _parents(pid, supervisor=supervisor, stats=stats)
        arguments = () if parents is None else _arguments(pid)
        if parents is not None and arguments:
            entries.append(Entry(pid=pid, parents=parents, arguments=arguments, seconds=ticks / _TICKS_PER_SECOND))
    return Table(entries=tuple(entries))


def kill(entry: Entry) -> bool:
    """This function will kill a process and tell whether it was still there."""
    try:
        os.kill(entry.pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _parents(pid: int, *, supervisor: int, stats: Mapping[int, tuple[int, int]]) -> tuple[int, ...] | None:
    """This function will list the parents of a process below the supervisor, None for one that is not below it."""
    parents: list[int] = []
    while pid in stats:
        pid = stats[pid][0]
        if pid == supervisor:
            return tuple(parents)
        parents.append(pid)
    return None


def _stats() -> Iterator[tuple[int, tuple[int, int]]]:
    """This function will give (pid, (parent, ticks of processor time)) of all processes (proc_pid_stat(5))."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                _, _, fields = (folder / "stat").read_text().rpartition(")")  # the name before may hold anything
            except OSError:
                continue
            words = fields.split()
            yield int(folder.name), (int(words[1]), int(words[11]) + int(words[12]))


def _arguments(pid: int) -> tuple[str, ...]:
    """This function will give a process's command line, empty for one that has ended."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ()
    return tuple(raw.rstrip(b"\0").decode(errors="replace").split("\0")) if raw else ()


def _limiter(entry: Entry) -> bool:
    return entry.runs("-m", "jobs.limiter")


def _is_postgres(entry: Entry) -> bool:
    return Path(entry.arguments[0]).name == "postgres"
