"""Step Functions: moto's, which really waits and sends, made to end its waits in time and to stay small.

Stock moto reads a timestamp as local time and waits up to a second too short, makes a new boto3 client for each call of
a state, and keeps all executions, and their threads, for ever. A wait dies with the process, as messages may on AWS.
"""

import functools
import math
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser import models, utils
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_sqs
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.timestamp import Timestamp
from moto.stepfunctions.parser.asl.utils.boto_client import boto_client_for
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication

from genomics.localaws.patching import Patch

_REMEMBERED = 1000  # executions of a machine, whose names cannot be used again

_stock_terminated = BaseExecutionWorkerCommunication.terminated
_making_client = threading.Lock()  # boto3's default session is not safe for threads


def backends() -> Any:
    """This function will give the backends that execute; moto has others, which only pretend to, under the name."""
    return models.stepfunctions_parser_backends


def without_executions(machine: StateMachine) -> dict[str, Any]:
    """This function will give a machine's state as a snapshot keeps it."""
    return {**machine.__dict__, "executions": []}


def stop_all() -> None:
    """This function will end all executions, those that wait as well, and forget them."""
    for machine in _machines():
        executions, machine.executions = machine.executions, []
        for execution in executions:
            if execution.exec_worker is not None and execution.exec_worker.env is not None:
                execution.stop(stop_date=datetime.now(UTC), error=None, cause=None)


def _machines() -> Iterator[Any]:
    for regions in list(backends().values()):
        for backend in list(regions.values()):
            yield from list(backend.state_machines)


def _wait_seconds(wait: Any, env: Any) -> int:
    wait.string.eval(env=env)
    text: str = env.stack.pop()
    end = Timestamp._from_timestamp_string(text)
    if end is None:
        raise FailureEventException(wait._create_failure_event(env, text))
    return math.ceil((end.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds())


@functools.cache
def _made_once(region: str, service: str) -> Any:
    return boto_client_for(region=region, service=service)


def _client_for(region: str, service: str, state_credentials: Any = None) -> Any:  # noqa: ARG001  # moto's signature
    with _making_client:
        return _made_once(region, service)


def _terminated(communication: Any) -> None:
    """This function will note the end of an execution, and forget old ones and dead threads."""
    _stock_terminated(communication)
    utils.TMP_THREADS[:] = [thread for thread in utils.TMP_THREADS if thread.is_alive()]
    for machine in _machines():
        if machine.arn == communication.execution.state_machine_arn:
            ended = [execution for execution in machine.executions if execution.stop_date is not None]
            for execution in ended[:-_REMEMBERED]:
                machine.executions.remove(execution)


PATCHES = (
    Patch(owner=Timestamp, name="_get_wait_seconds", replacement=_wait_seconds),
    Patch(owner=state_task_service_sqs, name="boto_client_for", replacement=_client_for),
    Patch(owner=BaseExecutionWorkerCommunication, name="terminated", replacement=_terminated),
)
