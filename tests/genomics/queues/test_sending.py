import base64
import json
import socket
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest
from celery import current_app
from django.db import transaction

from genomics.queues import send
from tests.genomics.localaws.fixtures import client

Capture = Callable[..., AbstractContextManager[list[Callable[[], None]]]]


@pytest.mark.django_db
class TestSend:
    def test_puts_a_json_message_with_ids_on_the_queue_of_the_task(
        self, aws: Any, settings: Any, django_capture_on_commit_callbacks: Capture
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            send("mail.send", lab=uuid.uuid4(), mail_id=7)
        url = settings.STACK.queue_urls["mail"]
        message = client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"][0]
        envelope = json.loads(base64.b64decode(message["Body"]))
        assert envelope["headers"]["task"] == "mail.send"
        assert envelope["content-type"] == "application/json"
        assert json.loads(base64.b64decode(envelope["body"]))[1] == {"mail_id": 7}

    def test_sends_nothing_when_the_transaction_is_undone(self, django_capture_on_commit_callbacks: Capture) -> None:
        with django_capture_on_commit_callbacks() as hints, transaction.atomic():
            send("mail.send", mail_id=7)
            transaction.set_rollback(True)
        assert hints == []

    def test_leaves_a_hint_that_cannot_be_sent_to_the_sweep(
        self, monkeypatch: Any, caplog: Any, django_capture_on_commit_callbacks: Capture
    ) -> None:
        def refuse(*args: Any, **options: Any) -> None:
            raise ConnectionRefusedError("no queue here")

        monkeypatch.setattr(current_app, "send_task", refuse)
        with django_capture_on_commit_callbacks(execute=True):
            send("mail.send", mail_id=7)
        assert "no queue here" in caplog.text

    def test_breaks_no_request_whose_work_is_committed_whatever_goes_wrong(
        self, monkeypatch: Any, caplog: Any, django_capture_on_commit_callbacks: Capture
    ) -> None:
        def fail(*args: Any, **options: Any) -> None:
            raise RuntimeError("nobody thought of this")

        monkeypatch.setattr(current_app, "send_task", fail)
        with django_capture_on_commit_callbacks(execute=True):
            send("mail.send", mail_id=7)
        assert "nobody thought of this" in caplog.text

    def test_keeps_nobody_waiting_while_sqs_is_silent(
        self, monkeypatch: Any, caplog: Any, django_capture_on_commit_callbacks: Capture
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
            with current_app.connection_for_write() as connection:
                new = partial(current_app.send_task, producer=connection.Producer())  # of no pool, which others share
                monkeypatch.setattr(current_app, "send_task", new)
                begin = time.monotonic()
                with django_capture_on_commit_callbacks(execute=True):
                    send("mail.send", mail_id=7)
        assert 1 < time.monotonic() - begin < 20  # a minute, and once more, by default
        assert "No hint for mail.send" in caplog.text

    def test_refuses_a_task_that_nobody_runs(self) -> None:
        with pytest.raises(LookupError):
            send("mail.sned", mail_id=7)
