"""What a real worker does with messages that it cannot work on."""

from pathlib import Path
from typing import Any

import pytest

from tests.genomics.localaws.fixtures import client
from tests.genomics.queues import worker
from tests.genomics.queues.messages import FOREIGN, pickled, task_message

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("aws")]

_NOT_TO_BE_DONE = {
    "an unknown task": task_message("tests.nobody_knows"),
    "a missing argument": task_message("tests.mark"),
    "an argument of another type": task_message("tests.mark", kwargs={"file": {"a": 1}}),
    "positional arguments": task_message("tests.mark", body='[[1, 2], {"file": "/nowhere"}, {}]'),
    "what kombu's JSON cannot decode": task_message("tests.mark", kwargs={"a": {"__type__": "date", "__value__": 5}}),
    "a task that kills its process": task_message("tests.die"),
}


class TestConsumer:
    def test_makes_a_dead_letter_of_whatever_it_cannot_do_and_goes_on(self, tmp_path: Path) -> None:
        log, opened, done = tmp_path / "log", tmp_path / "opened", tmp_path / "done"
        bodies = {**FOREIGN, **_NOT_TO_BE_DONE, "a pickle": pickled(opened)}
        with worker.impatient_queue(deliveries=2), worker.running("strict", log=log) as process:
            sent = {worker.send(body): what for what, body in bodies.items()}
            dead: set[str] = set()

            def all_dead() -> bool:
                dead.update(_dead_letters())
                return dead == set(sent)

            def told() -> str:
                return f"not dead: {[sent[message] for message in set(sent) - dead]}\n{log.read_text()}"

            worker.until(all_dead, seconds=60, told=told)
            worker.send_task("tests.mark", file=str(done), something_new=1)
            worker.until(done.exists, told=log.read_text)
            assert process.poll() is None
        assert not opened.exists()
        said = log.read_text()
        assert "tests.nobody_knows" in said
        foreign = next(message for message, what in sent.items() if what == "raw text")
        assert f"Message {foreign} is no task of ours." in said
        assert "missing 1 required keyword-only argument" in said


def _dead_letters() -> list[str]:
    sqs: Any = client("sqs")
    received = sqs.receive_message(QueueUrl=worker.DEAD_URL, MaxNumberOfMessages=10).get("Messages", [])
    return [message["MessageId"] for message in received]
