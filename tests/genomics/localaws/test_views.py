from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from genomics.localaws import mailbox

_HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.EMAIL_FILE_PATH = str(tmp_path)
    return tmp_path


@pytest.fixture
def hostile_mail(folder: Path) -> mailbox.Mail:
    message = EmailMultiAlternatives(_HOSTILE, _HOSTILE, f'"{_HOSTILE}" <a@b.example>', ["you@lab.example"])
    message.attach_alternative(_HOSTILE, "text/html")
    get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(folder)).send_messages([message])
    return mailbox.latest(folder)[0]


@pytest.mark.django_db
class TestMailList:
    def test_is_friendly_when_empty(self, client: Client, folder: Path) -> None:
        answer = client.get(reverse("mailbox"))
        assert answer.status_code == 200
        assert "No mails yet" in answer.content.decode()

    def test_links_each_mail_and_escapes_it(self, client: Client, hostile_mail: mailbox.Mail) -> None:
        page = client.get(reverse("mailbox")).content.decode()
        assert reverse("mailbox-mail", args=[hostile_mail.file, 0]) in page
        assert "&lt;script&gt;alert(1)" in page
        assert _HOSTILE not in page

    def test_refuses_other_methods(self, client: Client, folder: Path) -> None:
        assert client.post(reverse("mailbox")).status_code == 405


@pytest.mark.django_db
class TestMailDetail:
    def test_shows_text_and_the_source_of_html(self, client: Client, hostile_mail: mailbox.Mail) -> None:
        page = client.get(reverse("mailbox-mail", args=[hostile_mail.file, 0])).content.decode()
        assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3
        assert _HOSTILE not in page

    def test_knows_no_other_files(self, client: Client, hostile_mail: mailbox.Mail) -> None:
        for place in ("20260101-000000-1.log", "..", "passwd"):
            assert client.get(f"/mailbox/{place}/0/").status_code == 404
        assert client.get(reverse("mailbox-mail", args=[hostile_mail.file, 1])).status_code == 404
