"""The Celery application with quick polls, a transport that can go deaf, and tasks that tests can follow."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from genomics.celery import app
from genomics.queues import transport

_DEAF_ONCE = os.environ.get("DEAF_ONCE")


class Channel(transport.Channel):
    """Loses its loop, as after an exception in a callback, when the file DEAF_ONCE is there; the file goes with it."""

    def _loop1(self, queue: str, messages_fetched: int | None = None) -> None:
        if _DEAF_ONCE and Path(_DEAF_ONCE).exists():
            Path(_DEAF_ONCE).unlink()
        else:
            super()._loop1(queue, messages_fetched)


class Transport(transport.Transport):
    Channel = Channel


app.conf.broker_transport = f"{__name__}:Transport"
app.conf.broker_transport_options = {
    **app.conf.broker_transport_options,
    "wait_time_seconds": 1,
    "polling_interval": 0.1,
}
app.conf.beat_max_loop_interval = 1


@app.task(name="tests.mark")
def mark(*, file: str, **_later: Any) -> None:
    Path(file).touch()


@app.task(name="tests.pid")
def pid(*, file: str, **_later: Any) -> None:
    """This function will write the process that leads the worker."""
    draft = Path(f"{file}.draft")
    draft.write_text(str(os.getppid()))
    draft.replace(file)


@app.task(name="tests.sleep")
def sleep(*, seconds: float, file: str, **_later: Any) -> None:
    time.sleep(seconds)
    Path(file).touch()


@app.task(name="tests.die")
def die(**_later: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
