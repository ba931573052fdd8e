"""The way to a subscription: over Stripe's checkout, at most one visit at a time, and never paid twice.

1. The visit is written down and committed: its id is the idempotency key of the session.
2. Under the lab's lock Stripe is asked for the session. Whoever comes at the same time waits and gets the same one; an
   answer that was lost is asked for again.
3. Who comes back is not believed: Stripe tells what became of the session, and reconcile does the rest.
"""

import logging
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from billing import customers, duplicates, effects, entitlements, facts, gateway, mirror, products
from billing.errors import (
    AlreadySubscribedError,
    BillingRefusedError,
    KeyReusedError,
    NotOurSessionError,
    StripeError,
    StripeMissingError,
    StripeRefusedError,
)
from billing.models import Checkout, Entitlement
from billing.products import PRODUCT_ID
from billing.reconcile import reconcile
from billing.values import CheckoutSession, Price, Subscription
from genomics.users.limits import Plan
from genomics.users.models import Lab, User

logger = logging.getLogger(__name__)

_LIFETIME = timedelta(hours=1)  # of a visit
_SHORTEST = timedelta(minutes=35)  # a session that is asked for later than this before its end: Stripe wants 30
_TRIES = 3  # each one fails only because another page was quicker
_SESSION_ID = re.compile(r"cs_[A-Za-z0-9_]{1,200}")


def begin(lab: Lab, lookup_key: str, *, user: User, now: datetime) -> str:
    """This function will give the address of Stripe's page on which the lab subscribes at a price.

    Raises BillingRefusedError, which AlreadySubscribedError is one of, and StripeError.
    """
    if products.offer(lookup_key) is None:
        raise BillingRefusedError("Choose whether to pay by the month or by the year.")
    customer_id = customers.customer_of(lab, now=now)
    for _ in range(_TRIES):
        visit = _visit(lab, lookup_key, user=user, now=now)
        if url := _url(visit, customer_id=customer_id, now=now):
            return url
    raise BillingRefusedError("Another page changed this at the same moment. Nothing was charged: try again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What Stripe says when somebody comes back from its checkout."""

    is_paid: bool  # or tried free of charge; False: Stripe has not confirmed it yet
    plan: Plan
    was_second: bool  # it was a second subscription: refunded and ended


def arrive(lab: Lab, session_id: str, *, actor: str, now: datetime) -> Arrival:
    """This function will look what became of a checkout, and give the lab at once what it is entitled to.

    Raises NotOurSessionError and StripeError.
    """
    session = _session_of(lab, session_id)
    if session.status != "complete":
        return Arrival(is_paid=False, plan=Plan(lab.plan), was_second=False)
    assert session.customer_id is not None
    Checkout.objects.filter(lab=lab, closed_at=None).filter(session_id=session_id).update(closed_at=now)
    entitlement = reconcile(lab.pk, actor=actor, now=now)
    effects.apply(lab.pk, now=now)
    ended = _settled(session.customer_id, now=now)
    if ended:
        entitlement = reconcile(lab.pk, actor=actor, now=now)
    mirror.refresh(session.customer_id)
    return Arrival(
        is_paid=entitlement.plan == Plan.PREMIUM,
        plan=Plan(entitlement.plan),
        was_second=session.subscription_id in {one.id for one in ended},
    )


def end_visit(lab_id: uuid.UUID, *, now: datetime) -> None:
    """This function will end the lab's open visit; the caller has locked its entitlement. Raises StripeError."""
    for visit in Checkout.objects.filter(lab=lab_id, closed_at=None):
        _end(visit, now=now)


def may_try(entitlement: Entitlement | None) -> bool:
    """This function will tell, as far as is known here, whether the lab's next subscription begins with a trial."""
    return settings.BILLING_TRIAL_DAYS > 0 and (entitlement is None or entitlement.trial_used_at is None)


def _settled(customer_id: str, *, now: datetime) -> list[Subscription]:
    """This function will give back what was paid twice. Where that fails it is tried again with the news of it."""
    try:
        return duplicates.settle(customer_id, now=now)
    except StripeError:
        logger.exception("Customer %s may have paid twice, and it is not given back yet.", customer_id)
        return []


def _visit(lab: Lab, lookup_key: str, *, user: User, now: datetime) -> Checkout:
    """This function will give the lab's open visit for a price, committed; one for another price ends."""
    with transaction.atomic():
        entitlements.locked(lab.pk)
        if Lab.objects.closed().filter(pk=lab.pk).exists():
            raise BillingRefusedError("This lab has been deleted.")
        visit = Checkout.objects.filter(lab=lab, closed_at=None).first()
        if visit and _is_good(visit, lookup_key, now=now):
            return visit
        if visit:
            _end(visit, now=now)
        return Checkout.objects.create(
            lab=lab, user=user, lookup_key=lookup_key, begun_at=now, expires_at=now + _LIFETIME
        )


def _is_good(visit: Checkout, lookup_key: str, *, now: datetime) -> bool:
    left = visit.expires_at - now
    return visit.lookup_key == lookup_key and left > (timedelta(0) if visit.session_id else _SHORTEST)


def _url(visit: Checkout, *, customer_id: str, now: datetime) -> str | None:
    """This function will give where a visit goes on; None: it is over, and another one is to be begun.

    Nobody else can begin anything meanwhile, and Stripe is asked first what the customer has: so a payment that has
    just gone through is seen. Raises AlreadySubscribedError.
    """
    with transaction.atomic():
        entitlement = entitlements.locked(visit.lab_id)
        visit.refresh_from_db()
        had = facts.ours(gateway.subscription_objects(customer_id))
        is_live = any(one.is_live for one in had)
        if is_live and visit.closed_at is None:
            _end(visit, now=now)
        url = None if is_live or visit.closed_at else _open(visit, entitlement, had, customer_id=customer_id, now=now)
    if is_live:
        raise AlreadySubscribedError
    return url


def _open(
    visit: Checkout, entitlement: Entitlement, had: list[Subscription], *, customer_id: str, now: datetime
) -> str | None:
    """This function will find the visit's session at Stripe, or ask for it. None: the visit cannot go on and ends."""
    try:
        if visit.session_id:
            session = gateway.checkout_session(visit.session_id)
        else:
            with_trial = may_try(entitlement) and not any(one.trial_end_at for one in had)
            session = _ask(visit, customer_id=customer_id, with_trial=with_trial)
            Checkout.objects.filter(pk=visit.pk).update(
                session_id=session.id, url=session.url or "", with_trial=with_trial
            )
    except (StripeMissingError, KeyReusedError):  # emptied; or the answer that was lost was to another question
        _close(visit, now=now)
        return None
    if session.status != "open" or session.customer_id != customer_id:
        _close(visit, now=now)
        return None
    return session.url


def _ask(visit: Checkout, *, customer_id: str, with_trial: bool) -> CheckoutSession:
    here = settings.WEB_ORIGIN
    back = reverse("billing:return", args=[visit.lab_id])
    left = reverse("billing:upgrade", args=[visit.lab_id])
    return gateway.begin_checkout(
        customer_id=customer_id,
        price_id=_price(visit.lookup_key).id,
        lab_id=str(visit.lab_id),
        trial_days=settings.BILLING_TRIAL_DAYS if with_trial else 0,
        success_url=f"{here}{back}?session_id={{CHECKOUT_SESSION_ID}}",
        cancel_url=f"{here}{left}?left=1",
        expires_at=visit.expires_at,
        key=f"checkout:{visit.pk}",
    )


def _price(lookup_key: str) -> Price:
    """This function will ask Stripe for the price on sale under a key. Raises BillingRefusedError if there is none."""
    objects = gateway.price_objects(PRODUCT_ID)
    mirror.prices(objects)  # the pages then say what the checkout does
    price = mirror.prices_of(PRODUCT_ID).get(lookup_key)
    if price is None:
        raise BillingRefusedError(
            "This is not on sale at the moment. Nothing was charged: tell whoever runs this site."
        )
    return price


def _end(visit: Checkout, *, now: datetime) -> None:
    """This function will close a visit so that nobody can pay its session any more; one that is paid stays paid."""
    if visit.session_id:
        try:
            gateway.expire_checkout(visit.session_id, key=f"expire:{visit.pk}")
        except StripeMissingError:
            pass
        except StripeRefusedError:
            if gateway.checkout_session(visit.session_id).status == "open":
                raise
    _close(visit, now=now)


def _close(visit: Checkout, *, now: datetime) -> None:
    Checkout.objects.filter(pk=visit.pk, closed_at=None).update(closed_at=now)


def _session_of(lab: Lab, session_id: str) -> CheckoutSession:
    """This function will give a session of the lab's own customer. Raises NotOurSessionError for any other."""
    customer_id = Entitlement.objects.filter(lab=lab).values_list("customer_id", flat=True).first()
    if not customer_id or not _SESSION_ID.fullmatch(session_id):
        raise NotOurSessionError
    try:
        session = gateway.checkout_session(session_id)
    except StripeMissingError as error:
        raise NotOurSessionError from error
    if session.customer_id != customer_id:
        raise NotOurSessionError
    return session
