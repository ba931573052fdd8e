"""`manage.py up`: stopped, killed and started again, and what it refuses to start with."""

import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from genomics.localaws import lock, postgres, stack
from genomics.localaws.demo.browser import Browser, JobState
from tests import annotators, stacks
from tests.stacks import Stack

_RECORDS = 300_000
_MAKE_USER = """
import json
from contextlib import contextmanager
from pathlib import Path
from django.conf import settings
from genomics.localaws.demo import account
made = account.ensure(settings.VAR_DIR / "demo-password")
print(json.dumps({"email": made.email, "password": made.password}))
"""


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    with stacks.own_environment(FREE_MAX_UPLOAD_BYTES="100000000") as environment:
        yield environment


def _browser(environment: Mapping[str, str]) -> Browser:
    made = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", _MAKE_USER],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    browser = Browser(f"http://localhost:{environment['WEB_PORT']}")
    browser.sign_in(**json.loads(made.stdout))
    return browser


def _large_vcf() -> bytes:
    header = (
        "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    )
    return (header + "".join(f"chr1\t{100 + 600 * n}\t.\tA\tG\t.\t.\t.\n" for n in range(_RECORDS))).encode()


def _state_when(browser: Browser, job: uuid.UUID, wanted: Callable[[JobState], bool]) -> JobState:
    states: list[JobState] = []

    def reached() -> bool:
        states.append(browser.state(job))
        return wanted(states[-1])

    stacks.until(reached)
    return states[-1]


def _stored_status(environment: Mapping[str, str], job: uuid.UUID) -> str:
    """This function will look into the database of a stack that does not run."""
    data_dir = Path(environment["VAR_DIR"]) / "postgres"
    try:
        with psycopg.connect(postgres.start(data_dir)) as connection:
            found = connection.execute("SELECT status FROM jobs_job WHERE id = %s", [job]).fetchone()
    finally:
        postgres.stop(data_dir)
    assert found is not None
    return str(found[0])


class TestEntries:
    def test_let_maintenance_go_on_while_one_of_its_tasks_hangs(self) -> None:
        workers = [child for child in stack._entries(2) if "worker" in child.program]
        at_once = {child.name: child.program[child.program.index("-c") + 1] for child in workers}
        others = ("annotation", "annotation-2", "archive", "billing", "mail", "restore")
        assert at_once == {**dict.fromkeys(others, "1"), "maintenance": "2"}


@pytest.mark.stack
class TestUp:
    def test_gives_a_running_job_back_and_ends_it_after_the_next_start(self, environment: dict[str, str]) -> None:
        first = Stack(environment)
        first.wait_ready()
        browser = _browser(environment)
        job = browser.upload("large.vcf", content=_large_vcf())
        annotators.freeze(first.pid)
        assert browser.state(job).status == "RUNNING"
        first.stop(signal.SIGINT)
        assert not stacks.processes(environment), "".join(first.lines)
        assert _stored_status(environment, job) == "PENDING"

        second = Stack(environment)
        second.wait_ready()
        state = _state_when(browser, job, lambda state: state.ended)  # the session is still good, too
        assert (state.status, state.annotated) == ("COMPLETED", _RECORDS)
        second.stop(signal.SIGTERM)
        assert not stacks.processes(environment)

    def test_leaves_nothing_when_it_is_killed(self, environment: dict[str, str]) -> None:
        killed = Stack(environment)
        killed.wait_ready()
        killed.stop(signal.SIGKILL)
        stacks.until(lambda: not stacks.processes(environment), seconds=30)


@contextmanager
def _listener() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def _run_up(environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class TestRefusals:
    def test_names_the_process_that_runs_already(self, environment: dict[str, str]) -> None:
        with lock.hold(Path(environment["VAR_DIR"]) / "up.lock"):
            refused = _run_up(environment)
        assert refused.returncode == 1
        assert f"It runs already, as process {os.getpid()}," in refused.stderr

    @pytest.mark.parametrize(
        ("variable", "part"),
        [
            ("WEB_PORT", "the web server"),
            ("LOCAL_AWS_PORT", "the local AWS"),
            ("SANDBOX_PORT", "the Stripe sandbox"),
        ],
    )
    def test_names_the_busy_port_and_what_to_do(self, environment: dict[str, str], variable: str, part: str) -> None:
        with _listener() as port:
            refused = _run_up({**environment, variable: str(port)})
        assert refused.returncode == 1
        assert f"Port {port} is busy, and {part} needs it." in refused.stderr
        assert f"{variable}={port + 1} make up" in refused.stderr
        assert not (Path(environment["VAR_DIR"]) / "postgres").exists()
