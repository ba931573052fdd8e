"""Queues a mail as a row, and delivers it once through Django's mail backend."""

import logging
from datetime import datetime, timedelta

from django.core.mail import EmailMultiAlternatives
from django.db.models import F

from genomics.lines import one_line
from genomics.mail.errors import NotToBeSentAgainError
from genomics.mail.models import Mail
from genomics.queues import backlog, send

logger = logging.getLogger(__name__)

SEND = "mail.send"
_FIRST_RETRY = timedelta(minutes=1)
_SWEEP_BATCH = 100
_SUBJECT_LIMIT = 200
_KEPT = timedelta(days=7)  # the text of a mail that was given up: an operator may mend the cause and send it again


def enqueue(key: str, *, recipient: str, subject: str, text: str, html: str = "") -> Mail:
    """This function will store a mail and hint its task; the same key and recipient give the same mail.

    The subject becomes one line: no name in it can add a header.
    """
    written = {"subject": one_line(subject, limit=_SUBJECT_LIMIT), "text": text, "html": html}
    mail, created = Mail.objects.get_or_create(key=key, recipient=recipient, defaults=written)
    if created:
        send(SEND, mail_id=mail.pk)
    return mail


def deliver(mail_id: int, *, now: datetime) -> bool:
    """This function will send a due mail and tell whether it did.

    1. Claim: one conditional update moves the next attempt into the future, so that nobody else sends it now.
    2. Send. A crash here means a second mail after the pause, never a lost one.
    3. Record, and erase the text.
    """
    mail = Mail.objects.due(now).filter(pk=mail_id).first()
    if mail is None:
        return False
    pause = _FIRST_RETRY * 2**mail.attempts
    claimed = Mail.objects.filter(pk=mail.pk, sent_at=None, attempts=mail.attempts).update(
        attempts=F("attempts") + 1, next_attempt_at=now + pause
    )
    if not claimed:
        return False
    try:
        _message(mail).send()
    except OSError as error:  # smtplib's errors are OSErrors too
        logger.warning("Mail %s was not sent: %s. Next attempt in %s.", mail.pk, error, pause)
        Mail.objects.filter(pk=mail.pk).update(error=str(error)[:500])
        return False
    Mail.objects.filter(pk=mail.pk).update(sent_at=now, text="", html="", error="")
    return True


def send_again(mail: Mail, *, now: datetime) -> None:
    """This function will give a mail that was given up all its attempts back. Raises NotToBeSentAgainError."""
    given_up = Mail.objects.given_up().exclude(text="")
    if not given_up.filter(pk=mail.pk).update(attempts=0, next_attempt_at=now):
        raise NotToBeSentAgainError
    send(SEND, mail_id=mail.pk)


def sweep(*, now: datetime) -> int:
    """This function will hint mails that are due and give their number; it also erases texts kept long enough.

    As long as no fewer messages wait than mails, no hint is lost: the worker is away, or busy.
    """
    Mail.objects.given_up().filter(next_attempt_at__lt=now - _KEPT).exclude(text="").update(text="", html="")
    due = list(Mail.objects.due(now).values_list("pk", flat=True)[:_SWEEP_BATCH])
    if not due or backlog.waiting(SEND) >= len(due):
        return 0
    for mail_id in due:
        send(SEND, mail_id=mail_id)
    return len(due)


def _message(mail: Mail) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(subject=mail.subject, body=mail.text, to=[mail.recipient])
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message
