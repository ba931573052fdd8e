from typing import Any

from celery import shared_task

from genomics import clock
from genomics.mail import outbox


@shared_task(name=outbox.SEND)
def send_mail(*, mail_id: int, **_later: Any) -> None:
    outbox.deliver(mail_id, now=clock.now())


@shared_task(name="mail.sweep")
def sweep(**_later: Any) -> None:
    outbox.sweep(now=clock.now())
