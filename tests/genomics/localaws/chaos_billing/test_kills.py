"""Whom the killer finds in a table of processes."""

import pytest

from genomics.localaws.chaos_billing.kills import Victim, candidates
from genomics.localaws.trials.processes import Entry, Table


def _entry(pid: int, *arguments: str, parents: tuple[int, ...] = ()) -> Entry:
    return Entry(pid=pid, parents=parents, arguments=arguments, seconds=0.0)


TABLE = Table(
    entries=(
        _entry(1, "python", "-m", "celery", "worker", "-Q", "billing"),
        _entry(2, "python", "-m", "celery", "worker", "-Q", "billing", parents=(1,)),
        _entry(3, "python", "-m", "celery", "worker", "-Q", "restore"),
        _entry(4, "python", "-m", "celery", "worker", "-Q", "restore", parents=(3,)),
        _entry(5, "python", "-m", "granian", "genomics.wsgi:application"),
        _entry(6, "python", "-c", "spawned", parents=(5,)),
        _entry(7, "python", "-m", "billing.sandbox"),
    )
)


class TestCandidates:
    @pytest.mark.parametrize(
        ("victim", "pids"),
        [
            (Victim.BILLING, [1]),
            (Victim.BILLING_CHILD, [2]),
            (Victim.RESTORE, [3]),
            (Victim.RESTORE_CHILD, [4]),
            (Victim.WEB, [5]),
            (Victim.WEB_CHILD, [6]),
            (Victim.MAINTENANCE, []),
        ],
    )
    def test_are_the_processes_of_that_kind(self, victim: Victim, pids: list[int]) -> None:
        assert [entry.pid for entry in candidates(victim, table=TABLE)] == pids

    def test_are_never_the_sandbox(self) -> None:
        assert 7 not in {entry.pid for victim in Victim for entry in candidates(victim, table=TABLE)}
