"""Genomics Cloud on one machine: which processes it has, in which order they start, and how they are checked."""

import gc
import http.client
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from genomics.localaws import lock, postgres
from genomics.localaws.children import Child
from genomics.localaws.output import Output
from genomics.localaws.supervisor import ChildFailedError, Supervisor
from genomics.queues import heartbeat, liveness

_PROBE_SECONDS = 2.0


class StackError(Exception):
    """The stack cannot start; the message says why and what to do."""


def run(
    output: Output,
    *,
    annotation_workers: int,
    prepare: Callable[[], None] | None = None,
    visit: Callable[[threading.Event], None] | None = None,
) -> None:
    """This function will run everything until it is asked to stop by SIGINT, SIGTERM or SIGHUP.

    `prepare` is called when the database and the local AWS are set up, before the first worker; `visit` in a thread
    when everything is ready; it may set the event that it is given in order to stop the stack. Raises StackError.
    """
    begin = time.monotonic()
    try:
        with (
            lock.hold(settings.VAR_DIR / "up.lock"),
            Supervisor(environment=_environment(), output=output) as supervisor,
        ):
            _stop_on_signals(supervisor.stopping)
            _check_ports()
            _start_ground(supervisor, output=output)
            if prepare is not None and not supervisor.stopping.is_set():
                prepare()
            connections.close_all()
            supervisor.start(*_entries(annotation_workers))
            supervisor.wait_ready()
            if not supervisor.stopping.is_set():
                _welcome(output, seconds=time.monotonic() - begin)
                if visit is not None:
                    threading.Thread(target=visit, args=[supervisor.stopping], daemon=True).start()
            supervisor.watch()
            output.write("up", "stopping")
            begin = time.monotonic()
    except lock.LockHeldError as error:
        raise StackError(
            f"It runs already, as process {error.pid}, with its state in {settings.VAR_DIR}. Stop that one first "
            "(Ctrl-C in its terminal), or set VAR_DIR, WEB_PORT, LOCAL_AWS_PORT and SANDBOX_PORT for a second one."
        ) from error
    except (ChildFailedError, postgres.PostgresError) as error:
        raise StackError(str(error)) from error
    gc.freeze()  # at exit the interpreter would look for garbage for half a second
    output.write("up", f"stopped in {time.monotonic() - begin:.1f} s")


@contextmanager
def ground(output: Output) -> Iterator[None]:
    """This function will keep the database and the local AWS running, without workers. Raises StackError."""
    try:
        with Supervisor(environment=_environment(), output=output) as supervisor:
            _check_ports()
            _start_ground(supervisor, output=output)
            yield
            connections.close_all()
    except (ChildFailedError, postgres.PostgresError) as error:
        raise StackError(str(error)) from error


def _start_ground(supervisor: Supervisor, *, output: Output) -> None:
    """This function will start the database, the local AWS and the Stripe sandbox together, and set all of them up."""
    if settings.EMBEDDED_POSTGRES:
        supervisor.start(_database())
    supervisor.start(
        *([_local_aws()] if settings.LOCAL_AWS else []),
        *([_stripe_sandbox()] if settings.BILLING_MODE == "sandbox" else []),
    )
    supervisor.wait_ready()
    if settings.EMBEDDED_POSTGRES:
        postgres.create_database(settings.POSTGRES_DIR)
        # The server was not there when the settings were read.
        settings.DATABASES["default"]["HOST"] = str(postgres.socket_dir(settings.POSTGRES_DIR))
    commands = [
        "migrate",
        "createcachetable",
        *(["provision"] if settings.LOCAL_AWS else []),
        *(["billing_bootstrap"] if settings.BILLING_MODE == "sandbox" else []),
    ]
    for command in commands:
        if not supervisor.stopping.is_set():
            begin = time.monotonic()
            call_command(command, verbosity=0)
            output.write("up", f"{command} done in {time.monotonic() - begin:.1f} s")


def _database() -> Child:
    folder = settings.POSTGRES_DIR
    return Child(
        name="postgres",
        program=postgres.command(folder),
        folder=settings.BASE_DIR,
        # The line comes first: to ask before would fill the log with refusals.
        ready=lambda process: process.said("ready to accept connections") and postgres.answers(folder),
        stop_signal=postgres.STOP_SIGNAL,
        stop_seconds=postgres.FAST_STOP_SECONDS,
        user=postgres.system_user(),
        before_start=lambda: postgres.prepare(folder),
    )


def _local_aws() -> Child:
    return Child(
        name="localaws",
        program=(sys.executable, "manage.py", "localaws"),
        folder=settings.BASE_DIR,
        ready=lambda _: _serves(settings.LOCAL_AWS_PORT, "/_health"),
    )


def _stripe_sandbox() -> Child:
    return Child(
        name="stripe",
        program=(
            *(sys.executable, "-m", "billing.sandbox", "--port", str(settings.SANDBOX_PORT)),
            *("--store", str(settings.VAR_DIR / "stripe.sqlite3"), "--key", settings.SANDBOX_KEY),
        ),
        folder=settings.BASE_DIR,
        ready=lambda _: _serves(settings.SANDBOX_PORT, "/_sandbox/health"),
    )


def _entries(annotation_workers: int) -> list[Child]:
    workers = [
        _worker(queue, number=number)
        for queue in settings.TASK_QUEUES
        for number in range(1, (annotation_workers if queue == "annotation" else 1) + 1)
    ]
    return [*workers, _beat(), _web()]


def _worker(queue: str, *, number: int) -> Child:
    node = f"{queue}-{number}"
    return Child(
        name=queue if number == 1 else f"{queue}-{number}",
        program=(
            *(sys.executable, "-m", "celery", "--quiet", "-A", "genomics", "worker"),
            *("-Q", queue, "-n", f"{node}@%h", "-P", "prefork", "-c", _at_once(queue), "-l", "INFO"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ),
        folder=settings.BASE_DIR,
        ready=lambda process: process.said(" ready."),
        stop_signal=signal.SIGQUIT,  # SIGTERM would finish the job, however long it takes; this gives it back
        # The job is given back at once; what Celery does after that takes it 3 s and may be cut short.
        stop_seconds=1.4,
        before_start=lambda: heartbeat.reset(node),
        alive=lambda: not liveness.is_silent(node),
    )


def _at_once(queue: str) -> str:
    """This function will give the number of tasks that one worker does at the same time.

    Two of maintenance: while one waits for a service that hangs, the other gives killed workers' jobs to others.
    """
    return "2" if queue == "maintenance" else "1"


def _beat() -> Child:
    folder = settings.VAR_DIR / "beat"

    def prepare() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        heartbeat.reset(heartbeat.BEAT)

    return Child(
        name=heartbeat.BEAT,
        program=(
            *(sys.executable, "-m", "celery", "-A", "genomics", "beat", "-l", "INFO"),
            *("-s", str(folder / "schedule"), "--pidfile="),
        ),
        folder=settings.BASE_DIR,
        ready=lambda process: process.said("is starting"),
        before_start=prepare,
        alive=lambda: not liveness.is_silent(heartbeat.BEAT),
    )


def _web() -> Child:
    return Child(
        name="web",
        program=(
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "genomics.wsgi:application"),
            *("--host", "127.0.0.1", "--port", str(settings.WEB_PORT), "--no-ws"),
            *("--workers", "1", "--blocking-threads", "4", "--log-level", "warning"),
            *("--respawn-failed-workers", "--workers-kill-timeout", "1"),
        ),
        folder=settings.BASE_DIR,
        ready=lambda _: _serves(settings.WEB_PORT, "/healthz"),
    )


def _environment() -> Mapping[str, str]:
    """This function will give what the children need beside our own environment."""
    url = postgres.url(settings.POSTGRES_DIR) if settings.EMBEDDED_POSTGRES else settings.DATABASE_URL
    local = ",".join(filter(None, [os.environ.get("NO_PROXY"), "localhost", "127.0.0.1"]))
    return {
        **os.environ,
        "DATABASE_URL": url,
        "NO_PROXY": local,
        "no_proxy": local,
        "NO_COLOR": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }


def _check_ports() -> None:
    parts = [("WEB_PORT", "the web server")]
    if settings.LOCAL_AWS:
        parts.append(("LOCAL_AWS_PORT", "the local AWS"))
    if settings.BILLING_MODE == "sandbox":
        parts.append(("SANDBOX_PORT", "the Stripe sandbox"))
    for variable, part in parts:
        port = getattr(settings, variable)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise StackError(
                    f"Port {port} is busy, and {part} needs it. "
                    f"Stop what uses it, or choose another port: {variable}={port + 1} make up"
                ) from None


def _serves(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("localhost", port, timeout=_PROBE_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop_on_signals(stopping: threading.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())


def _welcome(output: Output, *, seconds: float) -> None:
    output.write("up", f"ready in {seconds:.1f} s")
    output.write("up", f"open    {settings.WEB_ORIGIN}/")
    if settings.LOCAL_AWS:
        output.write("up", f"mails   {settings.WEB_ORIGIN}/mailbox/")
    if settings.BILLING_MODE == "sandbox":
        output.write("up", f"stripe  {settings.SANDBOX_ORIGIN}/_sandbox/ (no real money)")
    output.write("up", f"state   {settings.VAR_DIR}")
    output.write("up", "stop    Ctrl-C")
