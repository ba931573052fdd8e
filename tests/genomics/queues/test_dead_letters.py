import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from genomics.aws import sqs
from genomics.aws.errors import QueueMissingError, QueueUnavailableError
from genomics.queues import dead_letters
from genomics.queues.errors import AlreadyDecidedError
from genomics.queues.models import DeadLetter, State
from tests.genomics.localaws.fixtures import client
from tests.genomics.queues.messages import FOREIGN, task_message

URL = settings.STACK.queue_urls["mail"]
DEAD_URL = settings.STACK.dead_letter_queue_urls["mail"]
_BODY = task_message("mail.send", kwargs={"mail_id": 7})

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aws")]


def _letter(now: datetime, *, body: str = _BODY) -> DeadLetter:
    sqs.send(DEAD_URL, body=body, attributes={"colour": {"type": "String", "value": "blue"}})
    assert dead_letters.collect(now=now) == 1
    return DeadLetter.objects.latest("pk")


class TestCollect:
    def test_moves_each_message_into_a_row(self, now: datetime) -> None:
        letter = _letter(now)
        assert (letter.queue, letter.task, letter.body, letter.state) == ("mail", "mail.send", _BODY, State.WAITING)
        assert (letter.receive_count, letter.collected_at) == (1, now)
        assert sqs.count(DEAD_URL).in_flight == 0
        assert dead_letters.collect(now=now) == 0

    def test_takes_more_than_one_receive_can_give(self, now: datetime) -> None:
        for _ in range(23):
            sqs.send(DEAD_URL, body=_BODY)
        assert dead_letters.collect(now=now) == 23

    def test_makes_no_second_row_after_a_crash_before_the_deletion(
        self, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client("sqs").set_queue_attributes(QueueUrl=DEAD_URL, Attributes={"VisibilityTimeout": "0"})
        sqs.send(DEAD_URL, body=_BODY)
        with monkeypatch.context() as patched:
            patched.setattr(sqs, "delete", _crash)
            with pytest.raises(_CrashError):
                dead_letters.collect(now=now)
        letter = DeadLetter.objects.get()
        dead_letters.drop(letter, actor="admin:1", now=now)
        assert dead_letters.collect(now=now) == 0
        assert DeadLetter.objects.get().state == State.DROPPED
        assert sqs.receive(DEAD_URL) == []
        client("sqs").set_queue_attributes(QueueUrl=DEAD_URL, Attributes={"VisibilityTimeout": "30"})

    @pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN.keys())
    def test_takes_what_is_not_ours_without_a_task(self, now: datetime, body: str) -> None:
        letter = _letter(now, body=body)
        assert (letter.task, letter.body) == ("", body)

    def test_stores_names_that_no_database_takes(self, now: datetime) -> None:
        letter = _letter(now, body=json.dumps(json.loads(task_message("\0\ud800" + "x" * 300))))
        assert letter.task == "\ufffd?" + "x" * 198

    def test_goes_on_with_the_other_queues_when_one_does_not_answer(
        self, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        sqs.send(DEAD_URL, body=_BODY)
        receive = sqs.receive
        faults = {"annotation": QueueMissingError("no such queue"), "archive": QueueUnavailableError("HTTP 503")}

        def partly(url: str) -> Any:
            for role, fault in faults.items():
                if url == settings.STACK.dead_letter_queue_urls[role]:
                    raise fault
            return receive(url)

        monkeypatch.setattr(sqs, "receive", partly)
        assert dead_letters.collect(now=now) == 1
        assert "annotation were not collected: no such queue" in caplog.text
        assert "archive were not collected: HTTP 503" in caplog.text


class TestPutBack:
    @pytest.mark.parametrize("body", [_BODY, "hello"])
    def test_sends_the_very_message_to_the_queue_it_came_from(self, now: datetime, body: str) -> None:
        letter = _letter(now, body=body)
        dead_letters.put_back(letter, actor="admin:1", now=now)
        (message,) = sqs.receive(URL)
        assert (message.body, message.attributes) == (body, {"colour": {"type": "String", "value": "blue"}})
        letter.refresh_from_db()
        assert (letter.state, letter.actor, letter.decided_at) == (State.REQUEUED, "admin:1", now)

    def test_keeps_the_letter_when_it_cannot_be_sent(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        letter = _letter(now)
        monkeypatch.setattr(sqs, "send", _crash)
        with pytest.raises(_CrashError):
            dead_letters.put_back(letter, actor="admin:1", now=now)
        letter.refresh_from_db()
        assert (letter.state, letter.actor) == (State.WAITING, "")

    def test_refuses_a_letter_that_is_decided(self, now: datetime) -> None:
        letter = _letter(now)
        dead_letters.drop(letter, actor="admin:1", now=now)
        with pytest.raises(AlreadyDecidedError):
            dead_letters.put_back(letter, actor="admin:2", now=now)
        assert sqs.receive(URL) == []


@pytest.mark.django_db(transaction=True)
class TestPutBackAtOnce:
    def test_sends_once_when_two_admins_do_it(self, now: datetime) -> None:
        letter = _letter(now)
        start = threading.Barrier(3)
        refused: list[bool] = []

        def decide() -> None:
            start.wait()
            try:
                dead_letters.put_back(letter, actor="admin:1", now=now)
            except AlreadyDecidedError:
                refused.append(True)
            finally:
                connection.close()

        _run_together(decide, times=3)
        assert len(refused) == 2
        assert [message.body for message in sqs.receive(URL)].count(letter.body) == 1


class TestDrop:
    def test_settles_the_letter_and_sends_nothing(self, now: datetime) -> None:
        letter = _letter(now)
        dead_letters.drop(letter, actor="admin:1", now=now)
        letter.refresh_from_db()
        assert (letter.state, letter.actor, letter.decided_at) == (State.DROPPED, "admin:1", now)
        assert sqs.receive(URL) == []

    def test_refuses_a_letter_that_is_decided(self, now: datetime) -> None:
        letter = _letter(now)
        dead_letters.put_back(letter, actor="admin:1", now=now)
        with pytest.raises(AlreadyDecidedError):
            dead_letters.drop(letter, actor="admin:2", now=now)


class _CrashError(Exception):
    """What stands for the end of the process."""


def _crash(*args: Any, **options: Any) -> None:
    raise _CrashError


def _run_together(act: Callable[[], None], *, times: int) -> None:
    threads = [threading.Thread(target=act) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
