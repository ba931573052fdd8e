"""kill -9 of the parts that billing rests on, at random moments."""

import enum
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping

from genomics.localaws.trials.own_stack import OwnStack
from genomics.localaws.trials.processes import Entry, Table, kill


class Victim(enum.StrEnum):
    """What is killed: a leader with all that it holds, or the child that does the work."""

    BILLING = "billing worker"
    BILLING_CHILD = "billing worker's child"
    RESTORE = "restore worker"
    RESTORE_CHILD = "restore worker's child"
    ARCHIVE_CHILD = "archive worker's child"
    MAINTENANCE = "maintenance worker"
    WEB = "web server"
    WEB_CHILD = "web server's child"


class Killer:
    """Kills victims from a thread, in a random order that the seed repeats."""

    def __init__(
        self, stack: OwnStack, *, seed: int, shortest: float, longest: float, say: Callable[[str], None]
    ) -> None:
        self.counts: Counter[Victim] = Counter()
        self._stack = stack
        self._random = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self._pause = (shortest, longest)
        self._say = say

    def run(self, *, over: threading.Event) -> None:
        while not over.wait(self._random.uniform(*self._pause)):
            victim = self._random.choice(_OFTEN)
            found = candidates(victim, table=self._stack.table())
            if found and kill(self._random.choice(found)):
                self.counts[victim] += 1
                self._say(f"killed the {victim}")


def candidates(victim: Victim, *, table: Table) -> tuple[Entry, ...]:
    """This function will list the processes of a kind, none while they are just starting again."""
    leaders, is_leader = _LEADERS[victim]
    found = leaders(table)
    return found if is_leader else tuple(entry for leader in found for entry in table.below(leader.pid))


def _worker(queue: str) -> Callable[[Table], tuple[Entry, ...]]:
    return lambda table: table.workers(queue)


def _web(table: Table) -> tuple[Entry, ...]:
    return tuple(entry for entry in table.children if entry.runs("-m", "granian"))


_OFTEN = [*Victim, *3 * (Victim.BILLING, Victim.BILLING_CHILD, Victim.RESTORE_CHILD)]  # what billing rests on, more so
_LEADERS: Mapping[Victim, tuple[Callable[[Table], tuple[Entry, ...]], bool]] = {
    Victim.BILLING: (_worker("billing"), True),
    Victim.BILLING_CHILD: (_worker("billing"), False),
    Victim.RESTORE: (_worker("restore"), True),
    Victim.RESTORE_CHILD: (_worker("restore"), False),
    Victim.ARCHIVE_CHILD: (_worker("archive"), False),
    Victim.MAINTENANCE: (_worker("maintenance"), True),
    Victim.WEB: (_web, True),
    Victim.WEB_CHILD: (_web, False),
}
