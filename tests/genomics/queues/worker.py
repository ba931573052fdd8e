"""Real Celery workers, quick ones, with tasks that tests can follow."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command

from tests.genomics.localaws.fixtures import client
from tests.genomics.queues.messages import task_message

QUEUE = "mail"
URL: str = settings.STACK.queue_urls[QUEUE]
DEAD_URL: str = settings.STACK.dead_letter_queue_urls[QUEUE]


def command(node: str, *, at_once: int = 1) -> tuple[str, ...]:
    return (
        *(sys.executable, "-m", "celery", "-A", "tests.genomics.queues.worker_app", "worker"),
        *("-Q", QUEUE, "-n", f"{node}@%h", "-P", "prefork", "-c", str(at_once), "-l", "INFO"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    )


@contextmanager
def running(
    node: str, *, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """This function will run a worker for the length of the block, in a session of its own."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(node),
            cwd=settings.BASE_DIR,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def impatient_queue(*, deliveries: int) -> Iterator[None]:
    """This function will let messages come back after a second, and be dead after a few deliveries."""
    sqs = client("sqs")
    arn = sqs.get_queue_attributes(QueueUrl=DEAD_URL, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": deliveries}
    sqs.set_queue_attributes(QueueUrl=URL, Attributes={"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(policy)})
    try:
        yield
    finally:
        call_command("provision", verbosity=0)


def send(body: str) -> str:
    """This function will put a message on the queue and give its id."""
    message_id: str = client("sqs").send_message(QueueUrl=URL, MessageBody=body)["MessageId"]
    return message_id


def send_task(task: str, **kwargs: Any) -> str:
    return send(task_message(task, kwargs=kwargs))


def until(done: Callable[[], bool], *, seconds: float = 30, told: Callable[[], str] = str) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"waited in vain\n{told()}"
        time.sleep(0.05)
