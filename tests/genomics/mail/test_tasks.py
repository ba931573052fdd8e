from datetime import timedelta
from typing import Any

import pytest

from genomics import clock
from genomics.mail import outbox, tasks
from genomics.mail.models import Mail
from tests import clocks


@pytest.mark.django_db
class TestTasks:
    def test_send_what_is_due_by_the_clock_of_the_database(
        self, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mail = outbox.enqueue("code/1", recipient="ada@lab.example", subject="Hello", text="Your code is 1234")
        Mail.objects.update(next_attempt_at=clock.now() + timedelta(minutes=30))
        clocks.put_ahead(monkeypatch)
        tasks.send_mail(mail_id=mail.pk)
        assert mailoutbox == []
