"""kill -9 of one part of the stack, in the middle of a job."""

import enum
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable

from genomics.localaws.chaos.patience import until
from genomics.localaws.trials.own_stack import OwnStack
from genomics.localaws.trials.processes import Entry, Table, kill

_WAIT_SECONDS = 60.0
_LOOK_SECONDS = 0.02
_BACKEND = "postgres: postgres genomics"


class Victim(enum.StrEnum):
    """What is killed."""

    LEADER = "worker's leader"
    CHILD = "worker's child"
    ANNOTATOR = "annotator"
    LOCAL_AWS = "local AWS"
    POSTMASTER = "PostgreSQL's postmaster"
    BACKEND = "PostgreSQL's backend"


class NothingToKillError(Exception):
    """No job came to its middle in time: the stack does not work any more."""


class Killer:
    """Kills victims in a random order that the seed repeats."""

    def __init__(self, stack: OwnStack, *, seed: int, say: Callable[[str], None]) -> None:
        self.counts: Counter[Victim] = Counter()
        self._stack = stack
        self._say = say
        self._random = random.Random(seed)  # noqa: S311  # repeatable, not secret

    def order(self, victims: Iterable[Victim], *, rounds: int) -> list[Victim]:
        """This function will give each victim `rounds` times, shuffled."""
        order = [victim for victim in victims for _ in range(rounds)]
        self._random.shuffle(order)
        return order

    def kill(self, victim: Victim) -> None:
        """This function will wait until a job is in its middle, and kill. Raises NothingToKillError."""
        killed: list[int] = []

        def done() -> bool:
            table = self._stack.table()
            found = _candidates(victim, table=table)
            if found and kill(chosen := self._random.choice(found)):
                killed.append(chosen.pid)
            return bool(killed)

        if not until(done, seconds=_WAIT_SECONDS, pause=_LOOK_SECONDS):
            raise NothingToKillError(f"No job was running for {_WAIT_SECONDS:.0f} s: nothing to kill as {victim}.")
        self.counts[victim] += 1
        self._say(f"killed {victim} (process {killed[0]})")

    def pause(self, *, shortest: float, longest: float) -> None:
        time.sleep(self._random.uniform(shortest, longest))


def _candidates(victim: Victim, *, table: Table) -> tuple[Entry, ...]:
    """This function will list the processes of a kind while a job is in its middle, those that work on one if any."""
    busy = {pid for entry in table.annotators() for pid in (entry.pid, *entry.parents)}
    if not busy:
        return ()
    leaders = {(entry.pid,) for entry in table.workers("annotation")}
    return {
        Victim.ANNOTATOR: table.annotators(),
        Victim.LEADER: tuple(entry for entry in table.workers("annotation") if entry.pid in busy),
        Victim.CHILD: tuple(entry for entry in table.entries if entry.pid in busy and entry.parents in leaders),
        Victim.LOCAL_AWS: _present(table.child("manage.py", "localaws")),
        Victim.POSTMASTER: _present(table.postmaster()),
        Victim.BACKEND: tuple(entry for entry in table.entries if entry.arguments[0].startswith(_BACKEND)),
    }[victim]


def _present(entry: Entry | None) -> tuple[Entry, ...]:
    return (entry,) if entry else ()
