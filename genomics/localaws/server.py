"""The local AWS: moto behind our layers, durable, on one loopback port.

A request passes, from the outside in: the memory of its socket (sqs), the health answer, the vaults, the guard, moto.
A layer is a WSGI application around the next one; what a layer changes inside moto stands in its table of patches.
"""

import json
import os
import signal
import socket
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.common_models import BaseModel
from moto.core.config import default_user_config
from moto.moto_server import werkzeug_app
from werkzeug.serving import BaseWSGIServer, make_server

from genomics.localaws import (
    cold,
    dynamodb,
    emptying,
    glacier,
    journal,
    journal_places,
    lambdas,
    s3,
    s3_cold,
    s3_uploads,
    snapshots,
    sns,
    sqs,
    step_functions,
)
from genomics.localaws.byte_files import ByteFiles
from genomics.localaws.glacier_shelf import Shelf
from genomics.localaws.guard import CorsRule, Environ, Guard, StartResponse, Wsgi
from genomics.localaws.patching import MOTO_VERSION, Patch, apply

HOST = "127.0.0.1"
CREDENTIALS = {"test": "test"}
HEALTH_PATH = "/_health"
_BACKLOG = 128
_SHUTDOWN_POLL_SECONDS = 0.05


def _new_untracked(cls: type, *_args: Any, **_kwargs: Any) -> Any:
    return object.__new__(cls)


_SERVICES = (
    # moto keeps every object it ever made in a list: a leak in a process that runs for weeks.
    Patch(owner=BaseModel, name="__new__", replacement=_new_untracked),
    Patch(owner=werkzeug_app, name="DISABLE_GLOBAL_CORS", replacement=True),
    Patch(owner=werkzeug_app.MotoRequestHandler, name="protocol_version", replacement="HTTP/1.1"),
    Patch(owner=werkzeug_app.MotoRequestHandler, name="log_request", replacement=lambda *_, **__: None),
    *sqs.PATCHES,
    *s3.PATCHES,
    *s3_uploads.PATCHES,
    *dynamodb.PATCHES,
    *sns.PATCHES,
    *step_functions.PATCHES,
    *lambdas.PATCHES,
)
PATCHES = journal_places.journaled(_SERVICES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    server: BaseWSGIServer
    thread: threading.Thread
    saver: snapshots.Saver
    shelf: Shelf
    clock: cold.Clock


class PortInUseError(Exception):
    """Something else listens on the port."""


class LocalAws:
    """The local AWS with its data under `data`; port 0 takes a free one. One at a time in a process.

    `retrieval_times` says by tier how long cold data take to wake up.
    """

    def __init__(self, data: Path, *, port: int = 0, retrieval_times: Mapping[str, timedelta] = cold.TIMES) -> None:
        self._data = data
        self._port = port
        self._retrieval_times = retrieval_times
        self._running: _Running | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    def start(self) -> None:
        """This function will read the last snapshot and serve in a thread; it raises PortInUseError."""
        listener = _bind(self._port)
        self._port = listener.getsockname()[1]
        # Step Functions call back to the process's own port; the second line makes them execute at all.
        os.environ["MOTO_PORT"] = str(self._port)
        default_user_config["stepfunctions"] = {"execute_state_machine": True}
        apply(PATCHES)
        files = ByteFiles(self._data / "objects")
        s3.use(files)
        BackendDict.reset()
        snapshots.load(self._snapshot, files=files)
        journal.replay(self._journal, load=partial(snapshots.load_record, files=files))
        files.sweep(live=s3.live_names())
        cold.use(self._retrieval_times)
        s3_cold.remember()
        shelf = Shelf(self._data / "vaults")
        changes = journal.Journal(self._journal, dump=snapshots.dump_record)
        saver = snapshots.Saver(self._snapshot, files=files, journal=changes)
        server = _serve(listener, app=_layers(changes=changes, saver=saver, shelf=shelf))
        clock = cold.Clock(s3_cold.tick, partial(glacier.tick, shelf), changed=saver.changed)
        saver.start()
        clock.start()
        thread = threading.Thread(
            target=server.serve_forever, args=[_SHUTDOWN_POLL_SECONDS], name="local-aws", daemon=True
        )
        thread.start()
        self._running = _Running(server=server, thread=thread, saver=saver, shelf=shelf, clock=clock)

    def stop(self) -> None:
        """This function will stop serving, save a last snapshot and forget the state in memory."""
        running = self._running
        if running is None:
            return
        self._running = None
        running.server.shutdown()
        running.thread.join()
        running.server.server_close()
        step_functions.stop_all()
        running.clock.stop()
        lambdas.stop_all()
        running.saver.stop()
        running.shelf.close()
        s3.use(None)
        BackendDict.reset()

    def reset(self) -> None:
        """This function will empty all services, as if nothing had ever been made."""
        step_functions.stop_all()
        s3.dispose_all()
        BackendDict.reset()
        if self._running is not None:
            self._running.shelf.reset()
            self._running.saver.changed()

    def empty(self) -> None:
        """This function will remove objects, archives, messages and items; what holds them stays."""
        emptying.empty()
        if self._running is not None:
            self._running.shelf.empty()
            self._running.saver.changed()

    @property
    def _snapshot(self) -> Path:
        return self._data / "state.pickle"

    @property
    def _journal(self) -> Path:
        return self._data / "journal"


def serve(data: Path, *, port: int, retrieval_times: Mapping[str, timedelta] = cold.TIMES) -> None:
    """This function will serve until SIGTERM or SIGINT, then save and return; it raises PortInUseError."""
    local_aws = LocalAws(data, port=port, retrieval_times=retrieval_times)
    local_aws.start()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    stopping.wait()
    local_aws.stop()


def _bind(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise PortInUseError(
            f"port {port} of {HOST} is taken: stop the other program or choose another port with LOCAL_AWS_PORT"
        ) from error
    return listener


def _serve(listener: socket.socket, *, app: Wsgi) -> BaseWSGIServer:
    host, port = listener.getsockname()
    with listener:  # the server takes a duplicate
        return make_server(
            host,
            port,
            app,
            threaded=True,
            request_handler=werkzeug_app.MotoRequestHandler,
            fd=listener.fileno(),
        )


def _layers(*, changes: journal.Journal, saver: snapshots.Saver, shelf: Shelf) -> Wsgi:
    moto: Any = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
    guard = Guard(moto, credentials=CREDENTIALS, cors_rules=_cors_rules)
    kept = _KeepChanges(guard, changes=changes, saver=saver)
    return sqs.RememberClient(_Health(glacier.Glacier(kept, shelf=shelf)))


class _Health:
    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != HEALTH_PATH:
            return self._app(environ, start_response)
        body = json.dumps({"status": "ok", "moto": MOTO_VERSION, "pid": os.getpid()}).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


class _KeepChanges:
    """Writes down what a request has changed before it is answered, and asks for a snapshot."""

    def __init__(self, app: Wsgi, *, changes: journal.Journal, saver: snapshots.Saver) -> None:
        self._app = app
        self._changes = changes
        self._saver = saver

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return self._app(environ, start_response)
        finally:
            if environ["REQUEST_METHOD"] not in {"GET", "HEAD", "OPTIONS"}:
                self._changes.write_touched()
                self._saver.changed()


def _cors_rules(bucket: str) -> list[CorsRule]:
    return [
        CorsRule(
            origins=_tuple(rule.allowed_origins),
            methods=_tuple(rule.allowed_methods),
            headers=_tuple(rule.allowed_headers),
            exposed=_tuple(rule.exposed_headers),
            max_age=None if rule.max_age_seconds is None else int(rule.max_age_seconds),
        )
        for rule in s3.cors_rules(bucket)
    ]


def _tuple(value: str | list[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
