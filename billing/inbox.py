"""What was heard from Stripe: that something of a customer has changed, and no more. Stripe itself is asked what.

1. A webhook counts up what was heard of a customer, in its own transaction, and hints the task if all was read before:
   while something is unread, a hint is on its way already.
2. The task notes the count, asks Stripe, and writes down that it has read up to that count. What comes in between was
   perhaps not seen yet: it stays unread, and the task hints itself, since nobody else does.
3. The sweep finds what was heard and not read, and the labs that the clock alone has changed.
"""

import logging
import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from billing import duplicates, entitlements, gateway
from billing.errors import StripeError, StripeMissingError
from billing.models import Customer, Entitlement, Grant, News
from billing.reconcile import reconcile
from genomics.queues import backlog, send
from genomics.users.models import Lab

logger = logging.getLogger(__name__)

RECONCILE = "billing.reconcile"
_PAUSE = timedelta(seconds=30)  # so long the hint is given time
_FIRST_RETRY = timedelta(seconds=30)
_LONGEST_RETRY = timedelta(hours=1)
_AGAIN = timedelta(minutes=5)  # until a lab that only the clock has changed is looked at once more
_BATCH = 100


def hear(customer_id: str, *, event_id: str = "", now: datetime) -> None:
    """This function will note that something of a customer has changed, inside the caller's transaction.

    Without an event it is the clock, or a comparison, that says so.
    """
    News.objects.bulk_create([News(pk=customer_id, heard=0, heard_at=now)], ignore_conflicts=True)
    # Under the lock of the row: whoever reads at this moment finds in the end that there is more, and hints.
    news = News.objects.select_for_update(no_key=True).get(pk=customer_id)
    is_hinted = news.heard > news.read and news.next_attempt_at is None
    News.objects.filter(pk=customer_id).update(
        heard=F("heard") + 1,
        event_id=event_id,
        heard_at=news.heard_at if is_hinted else now,
        next_attempt_at=None,
    )
    if not is_hinted:
        send(RECONCILE, customer_id=customer_id)


def read(customer_id: str, *, now: datetime) -> bool:
    """This function will reconcile the lab of a customer of whom something was heard, and tell whether it did.

    What fails is tried again later, and later each time.
    """
    news = News.objects.unread().filter(pk=customer_id).first()
    if news is None or (news.next_attempt_at and news.next_attempt_at > now):
        return False
    try:
        lab_id = lab_of(customer_id, now=now)
        if lab_id:
            reconcile(lab_id, actor=f"billing:{news.event_id}" if news.event_id else "sweep", now=now)
            duplicates.settle(customer_id, now=now)  # what that changes comes with news of its own
    except Lab.DoesNotExist:
        lab_id = None
        logger.info("The lab of customer %s is gone.", customer_id)
    except StripeError as error:
        logger.warning("Stripe does not tell about customer %s: %s", customer_id, error)
        _put_off(news, now=now)
        return False
    except Exception:
        logger.exception("News of customer %s could not be read; they are tried again.", customer_id)
        _put_off(news, now=now)
        return False
    News.objects.filter(pk=customer_id).update(read=Greatest(F("read"), news.heard), failures=0, next_attempt_at=None)
    if News.objects.unread().filter(pk=customer_id).exists():
        send(RECONCILE, customer_id=customer_id)
    return lab_id is not None


def lab_of(customer_id: str, *, now: datetime) -> uuid.UUID | None:
    """This function will tell which lab a customer is; None: none of ours.

    One that we do not know is the lab that our metadata at Stripe name, if that lab is no other customer: so a
    customer whose making was cut off before we noted it is found. Raises StripeError.
    """
    known = Customer.objects.filter(pk=customer_id).values_list("lab", flat=True).first()
    noted = known or Entitlement.objects.filter(customer_id=customer_id).values_list("pk", flat=True).first()
    if noted:
        return noted
    try:
        named = _uuid(gateway.identify(customer_id).lab_id)
    except StripeMissingError:
        return None
    if named is None or not Lab.objects.filter(pk=named).exists():
        logger.info("Customer %s is none of our labs.", customer_id)
        return None
    with transaction.atomic():
        entitlement = entitlements.locked(named)
        if entitlement.customer_id not in {"", customer_id}:
            logger.error("Customer %s says it is lab %s, which is another customer.", customer_id, named)
            return None
        entitlements.adopt(entitlement, customer_id, now=now)
    return named


def sweep(*, now: datetime) -> int:
    """This function will hint what is to be read, and see to labs whose time has come; it gives the number of both."""
    outdated = _sweep_outdated(now=now)
    due = list(News.objects.due(now, heard_before=now - _PAUSE).values_list("pk", flat=True)[:_BATCH])
    if not due or backlog.waiting(RECONCILE) >= len(due):
        return outdated
    for customer_id in due:
        send(RECONCILE, customer_id=customer_id)
    return outdated + len(due)


def _sweep_outdated(*, now: datetime) -> int:
    """This function will see to labs whose grace or plan is over, or whose grant has begun or was revoked.

    Stripe is asked by the task that reads news; a lab that is no customer is reconciled at once.
    """
    outdated = Entitlement.objects.outdated(now, reconciled_before=now - _AGAIN)
    labs = {*outdated.values_list("pk", flat=True)[:_BATCH]}
    labs |= {*Grant.objects.unheeded(now).values_list("lab", flat=True)[:_BATCH]}
    customers = dict(Entitlement.objects.filter(pk__in=labs).exclude(customer_id="").values_list("pk", "customer_id"))
    for lab_id in labs:
        if lab_id in customers:
            _hear_the_clock(customers[lab_id], now=now)
        else:
            _reconcile(lab_id, now=now)
    return len(labs)


def _hear_the_clock(customer_id: str, *, now: datetime) -> None:
    if not News.objects.unread().filter(pk=customer_id).exists():
        with transaction.atomic():
            hear(customer_id, now=now)


def _reconcile(lab_id: uuid.UUID, *, now: datetime) -> None:
    try:
        reconcile(lab_id, actor="sweep", now=now)
    except Exception:
        logger.exception("Lab %s could not be reconciled; the sweep goes on.", lab_id)


def _put_off(news: News, *, now: datetime) -> None:
    """This function will have a customer read later, or at once if something was heard of it meanwhile."""
    pause = min(_FIRST_RETRY * 2 ** min(news.failures, 20), _LONGEST_RETRY)
    News.objects.filter(pk=news.pk).update(failures=F("failures") + 1)
    if not News.objects.filter(pk=news.pk, heard=news.heard).update(next_attempt_at=now + pause):
        send(RECONCILE, customer_id=news.pk)


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None
