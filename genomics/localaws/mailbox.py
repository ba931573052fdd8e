"""Reads the mails that Django's file backend has written."""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default as modern_policy
from email.utils import parsedate_to_datetime
from pathlib import Path

_FILE_NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]+\.log")
_SEPARATOR = b"\n" + b"-" * 79 + b"\n"
_FIRST_HEADERS = (b"Content-Type:", b"MIME-Version:", b"Subject:")
_MAX_FILES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail; `file` and `number` (from 0) say where it is."""

    file: str
    number: int
    sent_at: datetime
    sender: str
    recipients: str
    subject: str
    text: str
    html: str


def latest(folder: Path) -> list[Mail]:
    """This function will give the mails of the newest files, newest first."""
    names = sorted((path.name for path in folder.glob("*.log") if _FILE_NAME.fullmatch(path.name)), reverse=True)
    mails = [mail for name in names[:_MAX_FILES] for mail in _read(folder / name)]
    return sorted(mails, key=lambda mail: (mail.sent_at, mail.number), reverse=True)


def find(folder: Path, *, file: str, number: int) -> Mail | None:
    """This function will give one mail, or None when there is none; `file` may be any text."""
    if not _FILE_NAME.fullmatch(file) or not (folder / file).is_file():
        return None
    return next((mail for mail in _read(folder / file) if mail.number == number), None)


def _read(file: Path) -> Iterator[Mail]:
    written_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    for number, content in enumerate(_split(file.read_bytes())):
        message = email.message_from_bytes(content, policy=modern_policy)
        assert isinstance(message, EmailMessage)
        yield Mail(
            file=file.name,
            number=number,
            sent_at=_date(message) or written_at,
            sender=_header(message, "From"),
            recipients=_header(message, "To"),
            subject=_header(message, "Subject"),
            text=_body(message, "plain"),
            html=_body(message, "html"),
        )


def _split(content: bytes) -> list[bytes]:
    """This function will undo the backend's joining; a line of dashes inside a mail separates nothing."""
    mails: list[bytes] = []
    for piece in content.removesuffix(_SEPARATOR).split(_SEPARATOR):
        if mails and not piece.startswith(_FIRST_HEADERS):
            mails[-1] += _SEPARATOR + piece
        else:
            mails.append(piece)
    return mails


def _header(message: EmailMessage, name: str) -> str:
    return str(message.get(name, ""))


def _date(message: EmailMessage) -> datetime | None:
    try:
        return parsedate_to_datetime(_header(message, "Date")).astimezone(UTC)
    except ValueError:
        return None


def _body(message: EmailMessage, subtype: str) -> str:
    part = next((part for part in message.walk() if part.get_content_type() == f"text/{subtype}"), None)
    if part is None:
        return ""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:  # a character set that does not exist
        return content.decode("utf-8", errors="replace")
