import json
from collections.abc import Iterator

import pytest
from django.conf import settings

from genomics.aws import clients, stepfunctions
from genomics.aws.errors import ServiceRefusedError, ServiceUnavailableError
from genomics.localaws.server import LocalAws
from tests.environment import free_port
from tests.genomics.localaws.fixtures import client

MACHINE = settings.STACK.state_machines["retention"]
GIVEN = {"due_at": "2099-01-01T00:00:00Z", "lab_id": "7", "message": "hello"}


@pytest.fixture(autouse=True)
def _fresh(aws: LocalAws) -> Iterator[None]:
    clients.stepfunctions.cache_clear()
    yield
    clients.stepfunctions.cache_clear()


class TestStart:
    def test_starts_each_name_once(self) -> None:
        assert stepfunctions.start(MACHINE, name="one", given=GIVEN)
        assert not stepfunctions.start(MACHINE, name="one", given={**GIVEN, "message": "another"})
        (execution,) = client("stepfunctions").list_executions(stateMachineArn=MACHINE)["executions"]
        told = client("stepfunctions").describe_execution(executionArn=execution["executionArn"])
        assert (told["status"], json.loads(told["input"])) == ("RUNNING", GIVEN)

    def test_tells_a_machine_that_is_missing(self) -> None:
        with pytest.raises(ServiceRefusedError):
            stepfunctions.start(f"{MACHINE}-not", name="one", given=GIVEN)

    def test_tells_soon_that_nobody_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", f"http://127.0.0.1:{free_port()}")
        with pytest.raises(ServiceUnavailableError):
            stepfunctions.start(MACHINE, name="one", given=GIVEN)

    def test_gives_up_within_seconds(self) -> None:
        config = clients.stepfunctions().meta.config
        assert config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout) <= 3
