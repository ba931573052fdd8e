from typing import Any

import pytest
from django.utils import timezone

from genomics.mail import letters, outbox
from genomics.mail.models import Mail

pytestmark = pytest.mark.django_db


class TestPost:
    def _post(self, **changes: Any) -> Mail:
        given = {"recipient": "ada@lab.example", "subject": "Hello", "template": "mail/base", "context": {}}
        return letters.post("hello/1", **{**given, **changes})

    def test_queues_text_and_html_that_name_the_site(self, settings: Any) -> None:
        settings.WEB_ORIGIN = "https://genomics.example"
        mail = self._post()
        assert "https://genomics.example" in mail.text
        assert mail.html.startswith("<!DOCTYPE html>")

    def test_is_one_mail_for_each_key_and_recipient(self) -> None:
        assert self._post() == self._post()
        assert Mail.objects.count() == 1


class TestSubjects:
    def test_cannot_add_headers(self, mailoutbox: list[Any]) -> None:
        mail = outbox.enqueue(
            "key", recipient="ada@lab.example", subject="Done: x\r\nBcc: all@evil.example" + "y" * 400, text="Text"
        )
        outbox.deliver(mail.pk, now=timezone.now())
        assert mailoutbox[0].message()["Bcc"] is None
        assert mailoutbox[0].subject.startswith("Done: x Bcc: all@evil.example")
