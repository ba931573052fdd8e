import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.utils import timezone

from genomics import clock
from genomics.mail import outbox
from genomics.mail.errors import NotToBeSentAgainError
from genomics.mail.models import Mail
from genomics.queues import backlog
from tests import clocks

Capture = Callable[..., AbstractContextManager[list[Callable[[], None]]]]


class RefusingBackend(BaseEmailBackend):
    """A mail server that is down."""

    def send_messages(self, email_messages: Any) -> int:
        raise ConnectionRefusedError("nobody listens")


def _mail(**fields: Any) -> Mail:
    defaults = {"recipient": "ada@lab.example", "subject": "Hello", "text": "Your code is 1234", "html": "<b>1234</b>"}
    return outbox.enqueue("code/1", **{**defaults, **fields})


@pytest.mark.django_db
class TestEnqueue:
    def test_stores_one_row_and_one_hint_for_each_key_and_recipient(
        self, django_capture_on_commit_callbacks: Capture
    ) -> None:
        with django_capture_on_commit_callbacks() as hints:
            assert _mail() == _mail()
            _mail(recipient="bob@lab.example")
        assert Mail.objects.count() == 2
        assert len(hints) == 2

    def test_makes_a_mail_due_at_once_even_when_the_clock_of_this_host_is_ahead(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clocks.put_ahead(monkeypatch)
        mail = _mail()
        assert Mail.objects.due(clock.now()).get() == mail


@pytest.mark.django_db
class TestDeliver:
    def test_sends_both_forms_once_and_erases_them(self, mailoutbox: list[Any]) -> None:
        mail = _mail()
        now = timezone.now()
        assert outbox.deliver(mail.pk, now=now)
        assert not outbox.deliver(mail.pk, now=now + timedelta(days=1))
        mail.refresh_from_db()
        assert (mail.text, mail.html, mail.sent_at) == ("", "", now)
        assert len(mailoutbox) == 1
        assert mailoutbox[0].body == "Your code is 1234"
        assert mailoutbox[0].alternatives[0][0] == "<b>1234</b>"

    def test_keeps_the_mail_when_the_server_is_down_and_tries_later(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = f"{__name__}.RefusingBackend"
        mail = _mail()
        now = timezone.now()
        assert not outbox.deliver(mail.pk, now=now)
        mail.refresh_from_db()
        assert (mail.sent_at, mail.attempts, mail.error) == (None, 1, "nobody listens")
        assert mail.text
        assert mail.next_attempt_at > now
        assert not outbox.deliver(mail.pk, now=now)

    def test_gives_up_after_the_last_attempt(self, settings: Any) -> None:
        mail = _mail()
        Mail.objects.update(attempts=settings.MAIL_MAX_ATTEMPTS)
        assert not outbox.deliver(mail.pk, now=timezone.now())


@pytest.mark.django_db
class TestSendAgain:
    def test_sends_a_mail_that_was_given_up(
        self, settings: Any, mailoutbox: list[Any], django_capture_on_commit_callbacks: Capture
    ) -> None:
        mail, now = _mail(), timezone.now()
        Mail.objects.update(attempts=settings.MAIL_MAX_ATTEMPTS - 1)
        settings.EMAIL_BACKEND = f"{__name__}.RefusingBackend"
        assert not outbox.deliver(mail.pk, now=now)
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        assert not outbox.deliver(mail.pk, now=now + timedelta(days=1))
        with django_capture_on_commit_callbacks() as hints:
            outbox.send_again(mail, now=now)
        assert len(hints) == 1
        assert outbox.deliver(mail.pk, now=now)
        assert [sent.body for sent in mailoutbox] == ["Your code is 1234"]

    @pytest.mark.parametrize(
        "fields",
        [{"attempts": 3}, {"attempts": 8, "sent_at": datetime(2026, 3, 1, tzinfo=UTC)}, {"attempts": 8, "text": ""}],
        ids=["still tried", "sent", "erased"],
    )
    def test_refuses_any_other(self, fields: dict[str, Any]) -> None:
        mail = _mail()
        Mail.objects.update(**fields)
        with pytest.raises(NotToBeSentAgainError):
            outbox.send_again(mail, now=timezone.now())
        assert Mail.objects.get().attempts == fields["attempts"]


@pytest.mark.django_db(transaction=True)
class TestDeliverAtOnce:
    def test_sends_once_when_two_workers_try(self, mailoutbox: list[Any]) -> None:
        mail = _mail()
        now: datetime = timezone.now()
        start = threading.Barrier(4)

        def work() -> None:
            start.wait()
            outbox.deliver(mail.pk, now=now)
            connection.close()

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(mailoutbox) == 1


@pytest.mark.django_db
class TestSweep:
    def test_hints_what_is_due_and_nothing_else(self, django_capture_on_commit_callbacks: Capture) -> None:
        due = _mail()
        later = _mail(recipient="later@lab.example")
        Mail.objects.filter(pk=later.pk).update(next_attempt_at=timezone.now() + timedelta(hours=1))
        outbox.deliver(_mail(recipient="sent@lab.example").pk, now=timezone.now())
        with django_capture_on_commit_callbacks() as hints:
            assert outbox.sweep(now=timezone.now()) == 1
        assert len(hints) == 1
        assert due.sent_at is None

    @pytest.mark.parametrize(("waiting", "hinted"), [(0, 2), (1, 2), (2, 0), (500, 0)])
    def test_heaps_no_hints_upon_those_that_nobody_has_worked_on(
        self,
        django_capture_on_commit_callbacks: Capture,
        monkeypatch: pytest.MonkeyPatch,
        waiting: int,
        hinted: int,
    ) -> None:
        """A worker that was away for an hour must not find each mail hinted 240 times, and new mails behind them."""
        _mail()
        _mail(recipient="second@lab.example")
        monkeypatch.setattr(backlog, "waiting", {outbox.SEND: waiting}.__getitem__)
        with django_capture_on_commit_callbacks() as hints:
            assert outbox.sweep(now=timezone.now()) == hinted
        assert len(hints) == hinted

    def test_erases_the_text_of_a_mail_that_was_given_up_long_ago(self, settings: Any) -> None:
        mail, now = _mail(), timezone.now()
        Mail.objects.update(attempts=settings.MAIL_MAX_ATTEMPTS, next_attempt_at=now)
        outbox.sweep(now=now + timedelta(days=6))
        mail.refresh_from_db()
        assert mail.text
        outbox.sweep(now=now + timedelta(days=8))
        mail.refresh_from_db()
        assert (mail.text, mail.html) == ("", "")
