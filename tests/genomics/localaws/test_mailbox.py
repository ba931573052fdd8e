from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection

from genomics.localaws import mailbox


def _write(folder: Path, *, name: str, content: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)


def _send(folder: Path, *subjects: str, html: str = "", text: str = "Your code is ABCD-EFGH.") -> None:
    """This function will write mails as the product does: with Django's backend, one file for each connection."""
    connection = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(folder))
    messages = []
    for subject in subjects:
        message = EmailMultiAlternatives(subject, text, "hello@site.example", ["you@lab.example", "me@lab.example"])
        if html:
            message.attach_alternative(html, "text/html")
        messages.append(message)
    connection.send_messages(messages)


class TestLatest:
    def test_is_empty_without_a_folder(self, tmp_path: Path) -> None:
        assert mailbox.latest(tmp_path / "mail") == []

    def test_reads_what_the_backend_writes(self, tmp_path: Path) -> None:
        _send(tmp_path, "Código — your code", html="<p>ABCD</p>")
        (mail,) = mailbox.latest(tmp_path)
        assert mail.subject == "Código — your code"
        assert mail.sender == "hello@site.example"
        assert mail.recipients == "you@lab.example, me@lab.example"
        assert mail.text.strip() == "Your code is ABCD-EFGH."
        assert mail.html.strip() == "<p>ABCD</p>"
        assert abs((datetime.now(UTC) - mail.sent_at).total_seconds()) < 60

    def test_separates_the_mails_of_one_file(self, tmp_path: Path) -> None:
        _send(tmp_path, "first", "second", text="above\n" + "-" * 79 + "\nbelow")
        mails = mailbox.latest(tmp_path)
        assert [(mail.subject, mail.number) for mail in mails] == [("second", 1), ("first", 0)]
        assert all(mail.text.strip().endswith("below") for mail in mails)

    def test_puts_the_newest_first(self, tmp_path: Path) -> None:
        for day in (1, 3, 2):
            content = f"Subject: day {day}\nDate: Tue, 0{day} Sep 2026 10:00:00 +0000\n\nhello\n".encode()
            _write(tmp_path, name=f"2026090{day}-100000-1.log", content=content)
        assert [mail.subject for mail in mailbox.latest(tmp_path)] == ["day 3", "day 2", "day 1"]

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xff\xfe\x00",
            b"Subject: x\nDate: yesterday\n\n",
            b"Content-Type: text/plain; charset=klingon\n\nhello\n",
            b"Subject: =?utf-8?b?!!!?=\nTo: <<>>,,\n\nhello\n",
            b"Content-Type: multipart/alternative; boundary=x\n\n--y\n",
        ],
    )
    def test_shows_broken_mails_too(self, tmp_path: Path, content: bytes) -> None:
        _write(tmp_path, name="20260901-100000-1.log", content=content)
        assert len(mailbox.latest(tmp_path)) == 1

    def test_ignores_other_files(self, tmp_path: Path) -> None:
        _write(tmp_path, name="notes.log", content=b"Subject: no\n\n")
        assert mailbox.latest(tmp_path) == []


class TestFind:
    def test_gives_the_mail_of_a_place(self, tmp_path: Path) -> None:
        _send(tmp_path, "first", "second")
        place = mailbox.latest(tmp_path)[0]
        found = mailbox.find(tmp_path, file=place.file, number=place.number)
        assert found == place

    @pytest.mark.parametrize("file", ["../secret.log", "20260901-100000-1.log", "/etc/passwd", "", "notes.log"])
    def test_gives_none_for_a_file_that_is_no_mail(self, tmp_path: Path, file: str) -> None:
        _write(tmp_path, name="secret.log", content=b"Subject: secret\n\n")
        _write(tmp_path / "mail", name="notes.log", content=b"Subject: secret\n\n")
        assert mailbox.find(tmp_path / "mail", file=file, number=0) is None

    def test_gives_none_for_a_number_too_high(self, tmp_path: Path) -> None:
        _send(tmp_path, "first")
        assert mailbox.find(tmp_path, file=mailbox.latest(tmp_path)[0].file, number=1) is None
