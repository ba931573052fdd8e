"""A stack of one's own: `manage.py up` as a process, in the environment that this process is in already."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connections

from genomics.localaws import launch, postgres
from genomics.localaws.trials import processes

_START_SECONDS = 120.0
_STOP_SECONDS = 30.0
_LOOK_SECONDS = 0.1


class OwnStackError(Exception):
    """The stack did not start or did not stop; the message says what its log says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStack:
    """A running stack."""

    pid: int  # of its supervisor
    log: Path

    def table(self) -> processes.Table:
        return processes.look(self.pid)


def forget(var_dir: Path) -> None:
    """This function will empty a trial's state folder, so that each run begins with nothing."""
    if (var_dir / "postgres").exists():
        postgres.prepare(var_dir / "postgres")  # ends a server that an earlier run may have left
    shutil.rmtree(var_dir, ignore_errors=True)
    var_dir.mkdir(parents=True)


@contextmanager
def running(*, annotation_workers: int, log: Path) -> Iterator[OwnStack]:
    """This function will keep the stack running for the length of a with block. Raises OwnStackError."""
    with log.open("ab") as output:
        begin = output.tell()
        process = subprocess.Popen(
            launch.wrap(
                (sys.executable, "manage.py", "up", "--annotation-workers", str(annotation_workers)),
                death_signal=signal.SIGTERM,
                user=None,
            ),
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_ready(process, log=log, begin=begin)
        settings.DATABASES["default"]["HOST"] = str(postgres.socket_dir(settings.POSTGRES_DIR))
        connections.close_all()
        yield OwnStack(pid=process.pid, log=log)
    finally:
        connections.close_all()
        _stop(process)


def _wait_ready(process: subprocess.Popen[bytes], *, log: Path, begin: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        said = log.read_bytes()[begin:]
        if b"| ready in " in said:
            return
        if process.poll() is not None or time.monotonic() > end:
            last = b"\n".join(said.splitlines()[-15:]).decode(errors="replace")
            raise OwnStackError(f"The stack did not start. Its last lines:\n{last}")
        time.sleep(_LOOK_SECONDS)


def _stop(process: subprocess.Popen[bytes]) -> None:
    left = [entry.pid for entry in processes.look(process.pid).entries]
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        for pid in left:  # its children follow it by themselves; whoever hangs is helped
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        raise OwnStackError(f"The stack did not stop within {_STOP_SECONDS:.0f} s and was killed.") from None
