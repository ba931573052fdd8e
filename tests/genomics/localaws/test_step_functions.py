import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from genomics.localaws import step_functions
from genomics.localaws.server import LocalAws
from tests.genomics.localaws.fixtures import client

ROLE = "arn:aws:iam::123456789012:role/test"


@pytest.fixture
def queue(aws: LocalAws) -> Iterator[str]:
    url = client("sqs").create_queue(QueueName="test-waits")["QueueUrl"]
    yield url
    client("sqs").delete_queue(QueueUrl=url)


@pytest.fixture
def machine(queue: str) -> Iterator[str]:
    """This function will give a machine that waits until `$.at` and then sends `$.text`."""
    states = client("stepfunctions")
    definition = {
        "StartAt": "Wait",
        "States": {
            "Wait": {"Type": "Wait", "TimestampPath": "$.at", "Next": "Send"},
            "Send": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": queue, "MessageBody.$": "$.text", "MessageGroupId.$": "$.text"},
                "End": True,
            },
        },
    }
    arn = states.create_state_machine(name="test-waits", roleArn=ROLE, definition=json.dumps(definition))
    yield arn["stateMachineArn"]
    states.delete_state_machine(stateMachineArn=arn["stateMachineArn"])


@pytest.fixture
def start(machine: str) -> Callable[..., None]:
    def start(name: str, *, at: datetime | str) -> None:
        text = at if isinstance(at, str) else f"{at:%Y-%m-%dT%H:%M:%SZ}"
        given = json.dumps({"at": text, "text": name})
        client("stepfunctions").start_execution(stateMachineArn=machine, name=name, input=given)

    return start


def _received(queue: str, *, seconds: int) -> list[str]:
    answer = client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=seconds, MaxNumberOfMessages=10)
    return sorted(message["Body"] for message in answer.get("Messages", []))


def _status(machine: str, name: str) -> str:
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    return str(client("stepfunctions").describe_execution(executionArn=arn)["status"])


class TestWait:
    @pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
    def test_ends_at_its_time_wherever_the_machine_stands(
        self, start: Callable[..., None], queue: str, monkeypatch: pytest.MonkeyPatch, zone: str
    ) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        try:
            due_at = (datetime.now(UTC) + timedelta(seconds=2)).replace(microsecond=0)
            start("on-time", at=due_at)
            assert _received(queue, seconds=0) == []
            assert _received(queue, seconds=10) == ["on-time"]
        finally:
            monkeypatch.undo()
            time.tzset()
        assert due_at <= datetime.now(UTC) < due_at + timedelta(seconds=3)

    def test_fails_without_a_time(self, start: Callable[..., None], queue: str, machine: str) -> None:
        start("never", at="soon")
        assert _received(queue, seconds=1) == []
        assert _status(machine, "never") == "FAILED"


class TestManyWaits:
    def test_end_together_and_leave_little_behind(
        self, start: Callable[..., None], queue: str, machine: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(step_functions, "_REMEMBERED", 3)
        names = [f"wait-{number:02}" for number in range(20)]
        due_at = datetime.now(UTC) + timedelta(seconds=2)
        for name in names:
            start(name, at=due_at)
        received: list[str] = []
        while len(received) < len(names):
            batch = _received(queue, seconds=5)
            assert batch
            received += batch
        assert sorted(received) == names
        deadline = time.monotonic() + 5
        while len(_executions(machine)) > 3:
            assert time.monotonic() < deadline
            time.sleep(0.05)


class TestStopAll:
    def test_ends_waits_without_a_message(self, start: Callable[..., None], queue: str, aws: LocalAws) -> None:
        start("forgotten", at=datetime.now(UTC) + timedelta(seconds=1))
        aws.empty()
        assert _received(queue, seconds=3) == []

    def test_lets_names_be_used_again(self, start: Callable[..., None], queue: str, aws: LocalAws) -> None:
        start("again", at=datetime.now(UTC) + timedelta(hours=1))
        aws.empty()
        start("again", at=datetime.now(UTC))
        assert _received(queue, seconds=5) == ["again"]


def _executions(machine: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    return found
