import uuid
from typing import Any

from celery import shared_task

from billing import closing, comparing, customers, effects, inbox, notices, purging, reconcile
from genomics import clock


@shared_task(name=inbox.RECONCILE)
def read(*, customer_id: str, **_later: Any) -> None:
    inbox.read(customer_id, now=clock.now())


@shared_task(name=reconcile.APPLY)
def apply(*, lab_id: str, **_later: Any) -> None:
    effects.apply(uuid.UUID(lab_id), now=clock.now())


@shared_task(name="billing.sweep")
def sweep(**_later: Any) -> None:
    now = clock.now()
    inbox.sweep(now=now)
    effects.sweep(now=now)
    customers.carry_addresses()


@shared_task(name=comparing.COMPARE)
def compare(**_later: Any) -> None:
    comparing.compare(clock=clock.now)


@shared_task(name=notices.TELL)
def tell(**_later: Any) -> None:
    notices.sweep(now=clock.now())


@shared_task(name="billing.purge")
def purge(**_later: Any) -> None:
    purging.purge(now=clock.now())


@shared_task(name=closing.CLOSE)
def close(**_later: Any) -> None:
    closing.sweep(now=clock.now())
