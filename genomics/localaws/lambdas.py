"""Lambda functions: moto's, run for real by AWS's own runtime client in a process of their own, without Docker.

Every way to call a function (Invoke, SNS, S3, SQS, Step Functions) ends in one method of moto. It is replaced by a
small Runtime API (docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) and a child that asks it for events, one at
a time, as a Lambda environment does: kept for the next event, killed when the function's time is over.

Topics, and who wants so, do not wait for the function. Such a call that fails is made again twice, as AWS does.
"""

import io
import itertools
import json
import logging
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import LambdaBackend, LambdaFunction

from genomics.localaws.patching import Patch

logger = logging.getLogger(__name__)

_HOST = "127.0.0.1"
_PREFIX = "/2018-06-01/runtime"
_LOOK_SECONDS = 0.1  # how often a waiting call looks whether the child still lives
_INHERITED = ("PATH", "LANG", "HOME")
_DEFAULT_TIMEOUT_SECONDS = 3.0  # AWS's own
_RETRY_SECONDS = (60.0, 120.0)  # AWS's own, before the second and the third try


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a call ended: what the handler gave or the error, as JSON, and what was printed meanwhile."""

    body: str
    failed: bool
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    id: str
    event: bytes
    deadline: float  # seconds since 1970
    answer: "queue.SimpleQueue[tuple[str, bool]]" = field(default_factory=queue.SimpleQueue)


class Environment:
    """One process that runs one version of one function, with its Runtime API."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self._code_sha256 = function.code_sha_256
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()  # None: there will be no more
        self._open: dict[str, _Call] = {}
        self._one_at_a_time = threading.Lock()
        self._folder = Path(tempfile.mkdtemp(prefix="local-lambda-"))
        self._code = self._folder / "code"
        with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as package:
            package.extractall(self._code)
        self._server = _serve(self, arn=function.function_arn)
        with self._log.open("wb") as log:
            # It ends by itself when the API that it asks is gone.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "awslambdaric", function.handler],
                cwd=self._code,
                env=_variables(function, api=self._address, code=self._code),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def serves(self, function: Any) -> bool:
        """This function will tell whether a call of the function may come here: it may have been changed or remade."""
        return self.is_alive and self._function is function and self._code_sha256 == function.code_sha_256

    def run(self, event: bytes, *, timeout: float) -> Outcome:
        """This function will give the event to the handler and wait for its answer, `timeout` seconds at most."""
        with self._one_at_a_time:
            begin = self._log.stat().st_size
            call = _Call(id=str(uuid.uuid4()), event=event, deadline=time.time() + timeout)
            self._open[call.id] = call
            self._calls.put(call)
            body, failed = self._wait(call, timeout=timeout)
            self._open.pop(call.id, None)
            with self._log.open("rb") as log:
                log.seek(begin)
                return Outcome(body=body, failed=failed, log=log.read().decode(errors="replace"))

    def stop(self) -> None:
        """This function will kill the process and remove what it had."""
        self._process.kill()
        self._process.wait()
        self._calls.put(None)  # for the thread that waits on the process's behalf
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def next_call(self) -> _Call | None:
        """This function will wait for the next call; None: the environment has ended."""
        return self._calls.get()

    def take_answer(self, call_id: str | None, body: str, *, failed: bool) -> None:
        """This function will end a call, or all of them: the code could not even be loaded."""
        for call in [self._open[call_id]] if call_id in self._open else list(self._open.values()):
            call.answer.put((body, failed))

    def _wait(self, call: _Call, *, timeout: float) -> tuple[str, bool]:
        while time.time() < call.deadline:
            try:
                return call.answer.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                if not self.is_alive:
                    return _error("Runtime.ExitError", f"The process ended with {self._process.returncode}"), True
        self._process.kill()
        self._process.wait()
        return _error("Sandbox.Timedout", f"{call.id} Task timed out after {timeout:.2f} seconds"), True

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    @property
    def _address(self) -> str:
        return f"{_HOST}:{self._server.server_address[1]}"


_environments: dict[str, Environment] = {}  # by the function's ARN
_starting = threading.Lock()
_stopped = threading.Event()  # of what was called so far; replaced by another one when all is stopped


def stop_all() -> None:
    """This function will end all processes of functions, and forget what was to be called later."""
    global _stopped  # noqa: PLW0603
    with _starting:
        environments = list(_environments.values())
        _environments.clear()
        _stopped.set()
        _stopped = threading.Event()
    for environment in environments:
        environment.stop()


def _invoke(function: Any, event: Any = None) -> tuple[str, bool, str]:
    """This function will do what moto does in a container: give answer, whether it is an error, and log."""
    function.logs_backend.ensure_log_group(function.logs_group_name)
    outcome = _environment(function).run(
        json.dumps({} if event is None else event).encode(),
        timeout=float(function.timeout or _DEFAULT_TIMEOUT_SECONDS),
    )
    function.save_logs(outcome.log or "(nothing)")
    return outcome.body, outcome.failed, outcome.log


_stock_invoke = LambdaFunction.invoke


def _invoke_as_asked(function: Any, body: Any, request_headers: Any, response_headers: Any) -> str | bytes:
    if request_headers.get("x-amz-invocation-type") != "Event":
        answer: str | bytes = _stock_invoke(function, body, request_headers, response_headers)
        return answer
    _call_later(function, json.loads(body or "{}"))
    return ""


def _send_sns_message(
    backend: Any, function_name: str, message: str, subject: str | None = None, qualifier: str | None = None
) -> None:
    """This function will call a function with a message as SNS does; what of it moto does not know is left out."""
    told = {"Type": "Notification", "MessageId": str(uuid.uuid4()), "Subject": subject, "Message": message}
    try:
        function = backend.get_function(function_name, qualifier)
    except UnknownFunctionException:
        logger.warning("A topic calls the function %s, which is not there (any more).", function_name)
        return
    _call_later(function, {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": told}]})


def _call_later(function: Any, event: Any) -> None:
    stopped = _stopped

    def call() -> None:
        for pause in (0.0, *_RETRY_SECONDS):
            if stopped.wait(pause):
                return
            _, failed, log = _invoke(function, event)
            if not failed:
                return
            logger.warning("%s has failed:\n%s", function.function_name, log)

    threading.Thread(target=call, name=f"call of {function.function_name}", daemon=True).start()


def _environment(function: Any) -> Environment:
    with _starting:
        found = _environments.get(function.function_arn)
        if found is not None and found.serves(function):
            return found
        if found is not None:
            found.stop()
        _environments[function.function_arn] = Environment(function)
        return _environments[function.function_arn]


def _serve(environment: Environment, *, arn: str) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            call = environment.next_call()
            if call is None:
                self.close_connection = True
                return
            self._answer(
                200,
                call.event,
                {
                    "Content-Type": "application/json",
                    "Lambda-Runtime-Aws-Request-Id": call.id,
                    "Lambda-Runtime-Deadline-Ms": str(int(call.deadline * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": arn,
                },
            )

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            *_, id_or_phase, kind = self.path.removeprefix(_PREFIX).split("/")
            environment.take_answer(None if id_or_phase == "init" else id_or_phase, body, failed=kind == "error")
            self._answer(202, b'{"status":"OK"}', {"Content-Type": "application/json"})

        def log_message(self, *_: Any) -> None:
            """This function will keep silent: what the function says stands in its log."""

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in itertools.chain(headers.items(), [("Content-Length", str(len(body)))]):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer((_HOST, 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="lambda-runtime-api", daemon=True).start()
    return server


def _variables(function: Any, *, api: str, code: Path) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in _INHERITED if name in os.environ},
        "AWS_LAMBDA_RUNTIME_API": api,
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": f"http://{_HOST}:{os.environ['MOTO_PORT']}",
        "LAMBDA_TASK_ROOT": str(code),
        "PYTHONPATH": str(code),
        "PYTHONUNBUFFERED": "1",
        **{name: str(value) for name, value in (function.environment_vars or {}).items()},
    }


def _error(kind: str, message: str) -> str:
    return json.dumps({"errorType": kind, "errorMessage": message})


PATCHES = (
    Patch(owner=LambdaFunction, name="_invoke_lambda", replacement=_invoke),
    Patch(owner=LambdaFunction, name="invoke", replacement=_invoke_as_asked),
    Patch(owner=LambdaBackend, name="send_sns_message", replacement=_send_sns_message),
)
