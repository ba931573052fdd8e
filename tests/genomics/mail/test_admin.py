from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from genomics.mail import outbox
from genomics.mail.models import Mail
from genomics.users.models import User
from tests.admin_pages import act, only_looks, queries_with

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]

_MAILS = "admin:mail_mail_changelist"


def _mail(number: int = 0, **fields: Any) -> Mail:
    mail = outbox.enqueue(f"code/{number}", recipient="ada@lab.example", subject="Hello", text="Your code is 1234")
    Mail.objects.filter(pk=mail.pk).update(**fields)
    mail.refresh_from_db()
    return mail


class TestMailAdmin:
    def test_never_shows_a_text(self, client_of: SignIn, admin_user: User) -> None:
        mail = _mail()
        client = client_of(admin_user)
        for url in (reverse(_MAILS), reverse("admin:mail_mail_change", args=[mail.pk])):
            page = client.get(url).content.decode()
            assert "ada@lab.example" in page
            assert "1234" not in page

    def test_sends_again_what_was_given_up_and_refuses_the_rest(self, client_of: SignIn, admin_user: User) -> None:
        given_up, waiting = _mail(1, attempts=settings.MAIL_MAX_ATTEMPTS), _mail(2, attempts=3)
        page = act(client_of(admin_user), _MAILS, "send_again", [given_up, waiting])
        assert "To be sent again (1)" in page
        assert "it was sent, is still being tried" in page
        assert list(Mail.objects.order_by("pk").values_list("attempts", flat=True)) == [0, 3]
        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id, entry.change_message) == (admin_user, str(given_up.pk), "To be sent again")

    def test_lets_those_who_may_only_look_send_nothing(self, client_of: SignIn, free_user: User) -> None:
        mail = _mail(attempts=settings.MAIL_MAX_ATTEMPTS)
        act(client_of(only_looks(free_user, "mail.mail")), _MAILS, "send_again", [mail])
        mail.refresh_from_db()
        assert mail.attempts == settings.MAIL_MAX_ATTEMPTS

    def test_needs_as_many_queries_for_many_as_for_few(self, client_of: SignIn, admin_user: User) -> None:
        _mail()
        few, many = queries_with(client_of(admin_user), _MAILS, add=lambda: [_mail(number) for number in range(1, 150)])
        assert few == many
