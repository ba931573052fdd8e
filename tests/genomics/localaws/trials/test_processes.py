import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from genomics.localaws.trials import processes
from genomics.localaws.trials.processes import Entry, Table

_PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)", "grandchild"])
child.wait()
"""


def _entry(pid: int, *arguments: str, parents: tuple[int, ...] = ()) -> Entry:
    return Entry(pid=pid, parents=parents, arguments=arguments, seconds=0)


@pytest.fixture
def parent() -> Iterator["subprocess.Popen[str]"]:
    """This function will give a process that has one child, both at work."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    yield process
    os.killpg(process.pid, 9)
    process.wait()
    process.stdout.close()


class TestLook:
    def test_finds_children_and_theirs_and_nobody_else(self, parent: "subprocess.Popen[str]") -> None:
        table = processes.look(os.getpid())
        (child,) = [entry for entry in table.entries if entry.pid == parent.pid]
        assert child.parents == ()
        (grandchild,) = table.below(parent.pid)
        assert grandchild.parents == (parent.pid,)
        assert grandchild.runs("grandchild")
        assert os.getpid() not in {entry.pid for entry in table.entries}

    def test_sees_nothing_below_a_process_without_children(self, parent: "subprocess.Popen[str]") -> None:
        (grandchild,) = processes.look(parent.pid).entries
        assert processes.look(grandchild.pid).entries == ()


class TestTable:
    def test_tells_the_parts_of_a_stack_apart(self) -> None:
        leader = _entry(1, "python", "-m", "celery", "worker", "-Q", "annotation", "-c", "1")
        child = _entry(2, *leader.arguments, parents=(1,))
        limiter = _entry(3, "python", "-m", "jobs.limiter", "2", "--", "annotator", "annotate", parents=(2, 1))
        annotator = _entry(4, "python", "-m", "annotator", "annotate", "a.vcf", parents=(2, 1))
        mail = _entry(5, "python", "-m", "celery", "worker", "-Q", "mail")
        postmaster = _entry(6, "/usr/bin/postgres", "-D", "data")
        backend = _entry(7, "postgres: postgres genomics [local] idle", parents=(6,))
        local = _entry(8, "python", "manage.py", "localaws")
        table = Table(entries=(leader, child, limiter, annotator, mail, postmaster, backend, local))
        assert table.workers("annotation") == (leader,)
        assert table.annotators() == (annotator,)
        assert table.postmaster() == postmaster
        assert table.child("manage.py", "localaws") == local
        assert table.child("beat") is None
        assert table.below(1) == (child, limiter, annotator)
