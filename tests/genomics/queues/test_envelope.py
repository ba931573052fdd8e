import base64
import json
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings

from genomics.queues import envelope
from genomics.queues.envelope import Envelope
from tests.genomics.localaws.fixtures import client
from tests.genomics.queues.messages import FOREIGN, pickled, task_message

_SAME_IDS = {
    "headers": {"id": "1", "root_id": "1"},
    "properties": {"correlation_id": "1", "delivery_tag": "1"},
}


class TestWrite:
    def test_makes_what_workers_read(self) -> None:
        text = envelope.write("mail.send", mail_id=7)
        assert envelope.read(text) == Envelope(task="mail.send", args=[], kwargs={"mail_id": 7})
        assert json.loads(text)["properties"]["delivery_info"]["routing_key"] == "mail"

    def test_makes_the_form_that_real_workers_are_tested_with(self) -> None:
        own, tested = (json.loads(text) for text in (envelope.write("mail.send"), task_message("mail.send")))
        for part in ("headers", "properties"):
            own[part], tested[part] = ({**message[part], **_SAME_IDS[part]} for message in (own, tested))
        assert own == tested

    def test_makes_each_message_another_one(self) -> None:
        first, second = (json.loads(envelope.write("mail.send", mail_id=7)) for _ in range(2))
        assert first["headers"]["id"] != second["headers"]["id"]

    def test_refuses_a_task_that_there_is_not(self) -> None:
        with pytest.raises(LookupError):
            envelope.write("mail.burn", mail_id=7)


class TestRead:
    def test_takes_a_plain_task_message(self) -> None:
        text = task_message("mail.send", kwargs={"mail_id": 7})
        assert envelope.read(text) == Envelope(task="mail.send", args=[], kwargs={"mail_id": 7})

    def test_takes_what_our_sender_sends(self, aws: Any) -> None:
        current_app.send_task("mail.send", kwargs={"mail_id": 7})
        received = client("sqs").receive_message(QueueUrl=settings.STACK.queue_urls["mail"], WaitTimeSeconds=2)
        text = envelope.unwrap(received["Messages"][0]["Body"])
        assert envelope.read(text) == Envelope(task="mail.send", args=[], kwargs={"mail_id": 7})

    @pytest.mark.parametrize("limits", [None, [None, None], [90.0, 60.0], [90, None]])
    def test_takes_what_beat_and_tasks_send(self, limits: Any) -> None:
        header = {"expires": "2026-03-01T12:00:00+00:00", "timelimit": limits}  # both know the task and its limits
        assert envelope.read(task_message("jobs.sweep", header=header))

    @pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN.keys())
    def test_refuses_everything_else(self, body: str) -> None:
        assert envelope.read(envelope.unwrap(body)) is None

    def test_refuses_pickles_without_opening_them(self, tmp_path: Path) -> None:
        assert envelope.read(pickled(tmp_path / "opened")) is None
        assert not (tmp_path / "opened").exists()


class TestUnwrap:
    def test_opens_base64_and_leaves_the_rest(self) -> None:
        assert envelope.unwrap(base64.b64encode("Größe".encode()).decode()) == "Größe"
        assert envelope.unwrap("plain text") == "plain text"
        assert envelope.unwrap("/////w==") == "/////w=="  # base64, but of no text


class TestPretty:
    def test_shows_what_a_task_is_called_with(self) -> None:
        text = task_message("mail.send", kwargs={"mail_id": 7})
        wrapped = base64.b64encode(text.encode()).decode()
        assert json.loads(envelope.pretty(wrapped))["body"] == [[], {"mail_id": 7}]

    def test_shows_anything_else_as_it_is(self, tmp_path: Path) -> None:
        assert envelope.pretty("hello") == "hello"
        assert envelope.pretty("[" * 100_000) == "[" * 100_000
        assert json.loads(envelope.pretty("[1]")) == [1]
        assert json.loads(envelope.pretty(pickled(tmp_path / "opened")))["body"].startswith("gA")
        assert not (tmp_path / "opened").exists()

    def test_gives_text_that_can_be_sent(self) -> None:
        assert envelope.pretty('["\\ud800"]').encode()
