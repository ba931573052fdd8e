"""How a lab stands, in one word that pages have a sentence for, and the banner that says so on every page."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from billing.models import Basis, Entitlement, Payment
from genomics.users import labs
from genomics.users.limits import Plan
from genomics.users.models import Lab, Membership, Role, User


class State(StrEnum):
    """How a lab stands; the values name its sentences in templates."""

    FREE = "free"
    TRIAL = "trial"
    PAID = "paid"
    GRANTED = "granted"  # by an admin
    FAILED = "failed"  # the card was declined
    ACTION = "action"  # the bank wants to be asked
    ENDED = "ended"  # results stay hot for a while


URGENT = (State.FAILED, State.ACTION, State.ENDED)
_BASES = {Basis.SUBSCRIPTION: State.PAID, Basis.TRIAL: State.TRIAL}


def state_of(plan: str, entitlement: Entitlement | None) -> State:
    """This function will tell how a lab on `plan` stands; without an entitlement an admin has given it the plan."""
    if entitlement is not None:
        if entitlement.payment == Payment.ACTION_REQUIRED:
            return State.ACTION
        if entitlement.payment == Payment.FAILED:
            return State.FAILED
    if plan == Plan.GRACE:
        return State.ENDED
    if plan == Plan.FREE:
        return State.FREE
    return _BASES.get(Basis(entitlement.basis), State.GRANTED) if entitlement else State.GRANTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """What the members of a lab read on each page until somebody does something about it."""

    lab: Lab
    state: State
    plan: Plan
    until: datetime | None  # results stay hot until then; None: no end is known
    pay_url: str  # Stripe's page for the open invoice; empty: there is none
    is_owner: bool


def for_pages(request: HttpRequest) -> dict[str, Any]:
    """This function will give templates `billing_banner` and `billing_mode`.

    The banner costs its one query only where a page looks at it, and no page looks for somebody who has not signed in.
    """
    return {
        "billing_mode": settings.BILLING_MODE,
        "billing_banner": SimpleLazyObject(lambda: _banner(request)),
    }


def banner(lab: Lab, user: User) -> Banner | None:
    """This function will give what is urgent for a lab; None: nothing."""
    owner = Membership.objects.filter(lab=OuterRef("lab"), user=user, role=Role.OWNER)
    found = Entitlement.objects.filter(lab=lab).annotate(is_owned=Exists(owner)).first()
    state = state_of(lab.plan, found)
    if found is None or state not in URGENT:
        return None
    return Banner(
        lab=lab,
        state=state,
        plan=Plan(lab.plan),
        until=found.grace_until,
        pay_url=found.payment_url,
        is_owner=found.is_owned,  # type: ignore[attr-defined]  # annotated above
    )


def _banner(request: HttpRequest) -> Banner | None:
    if not isinstance(request.user, User):
        return None
    lab = labs.chosen(request)
    return banner(lab, request.user) if lab else None
