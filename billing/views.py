"""The pages of billing. Members see them, owners act; what goes to Stripe is a form, and comes back as a redirect."""

import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from archive import promises
from billing import amounts, checkout, mirror, pages, portal, standing
from billing.checkout import Arrival
from billing.errors import AlreadySubscribedError, BillingRefusedError, NotOurSessionError, StripeError
from billing.models import Entitlement
from billing.standing import State
from genomics import rates
from genomics.users import labs
from genomics.users.limits import Plan
from genomics.users.models import Lab, Membership, Role, User
from jobs import live

logger = logging.getLogger(__name__)

P = ParamSpec("P")
_OwnerView = Callable[Concatenate[HttpRequest, Lab, P], str]


class _SeeOther(HttpResponseRedirect):
    """Whatever was sent, what follows is a page to be looked at."""

    status_code = 303


def _for_owners(view: _OwnerView[P]) -> Callable[..., HttpResponse]:
    """This function will make of `view(request, lab, …) -> url` what a form of an owner is sent to.

    Strangers get 404, members 403. What is refused, or fails because Stripe does not answer, is said on the lab's page.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, lab_id: uuid.UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        lab = _lab(request, lab_id)
        if not _owns(request, lab):
            raise PermissionDenied
        if settings.BILLING_MODE == "off":
            raise Http404("Nothing is sold here.")
        try:
            return _SeeOther(view(request, lab, *args, **kwargs))
        except BillingRefusedError as error:
            messages.error(request, error.message)
        except StripeError:
            logger.exception("Stripe did not do what was asked for lab %s.", lab.pk)
            messages.error(
                request,
                "Stripe, which handles payments, does not answer right now. Nothing was changed: try again soon.",
            )
        return _SeeOther(_address("detail", lab))

    limited: Any = rates.limited("billing-change")
    guarded: Any = login_required(require_POST(limited(wrapped)))
    return cast("Callable[..., HttpResponse]", guarded)


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    choices = pages.choices()
    context = {
        "choices": choices,
        "nothing": pages.nothing(choices),
        "plans": pages.plans(),
        "trial_days": pages.trial_days(),
        "grace": settings.BILLING_GRACE,
        "locale": amounts.locale_of(request),
        "lab": labs.chosen(request) if request.user.is_authenticated else None,
    }
    return render(request, "billing/pricing.html", context)


@login_required
@require_safe
def chosen(request: HttpRequest, page: str) -> HttpResponse:
    """This function will lead to a page of the lab that the user has chosen."""
    lab = labs.chosen(request)
    return redirect(f"billing:{page}", lab_id=lab.pk) if lab else redirect("labs:list")


@login_required
@require_safe
def detail(request: HttpRequest, lab_id: uuid.UUID) -> HttpResponse:
    lab = _lab(request, lab_id)
    entitlement = Entitlement.objects.filter(lab=lab).first() or Entitlement(lab=lab)
    is_owner = _owns(request, lab)
    context = _frame(request, lab) | {
        "entitlement": entitlement,
        "state": standing.state_of(lab.plan, entitlement),
        "is_owner": is_owner,
        "subscription": mirror.subscription_of(entitlement.subscription_id),
        "card": mirror.card_of(entitlement.customer_id, entitlement.subscription_id),
        "usage": pages.usage(lab),
        "papers": pages.papers(entitlement.customer_id) if is_owner else [],
        "history": pages.history(lab, reader=_user(request)) if is_owner else [],
        "owners": [] if is_owner else _owners(lab),
    }
    return render(request, "billing/detail.html", context)


@login_required
@require_safe
def upgrade(request: HttpRequest, lab_id: uuid.UUID) -> HttpResponse:
    lab = _lab(request, lab_id)
    entitlement = Entitlement.objects.filter(lab=lab).first()
    is_owner = _owns(request, lab)
    promise = promises.for_lab(lab, plan=Plan.PREMIUM)
    state = standing.state_of(lab.plan, entitlement)
    context = (
        _frame(request, lab)
        | _progress(lab)
        | {
            "state": state,
            "is_offered": lab.plan != Plan.PREMIUM or state == State.GRANTED,
            "pay_url": entitlement.payment_url if entitlement else "",
            "is_owner": is_owner,
            "owners": [] if is_owner else _owners(lab),
            "promise": promise,
            "ways": pages.ways(promise, now=timezone.now()),
            "choices": pages.choices(),
            "plans": pages.plans(),
            "trial_days": pages.trial_days() if checkout.may_try(entitlement) else 0,
            "has_left": "left" in request.GET,
        }
    )
    return render(request, "billing/upgrade.html", context)


@login_required
@require_safe
def progress(request: HttpRequest, lab_id: uuid.UUID) -> HttpResponse:
    lab = _lab(request, lab_id)
    return render(request, "billing/_progress.html", {"lab": lab} | _progress(lab))


@login_required
@require_safe
@rates.limited("billing-look")
def returned(request: HttpRequest, lab_id: uuid.UUID) -> HttpResponse:
    """This function will meet people who come from the checkout; the page asks again until Stripe confirms."""
    lab = _lab(request, lab_id)
    if settings.BILLING_MODE == "off":
        raise Http404("Nothing is sold here.")
    session_id, actor = request.GET.get("session_id", ""), f"user:{_user(request).pk}"
    try:
        arrival = checkout.arrive(lab, session_id, actor=actor, now=timezone.now())
    except NotOurSessionError as error:
        raise Http404("This checkout is not the lab's.") from error
    except StripeError:
        logger.exception("Stripe did not say how the checkout of lab %s went.", lab.pk)
        arrival = None
    if arrival and arrival.is_paid:
        return _confirmed(request, lab, arrival)
    return render(request, "billing/return.html", _frame(request, lab) | {"is_reached": arrival is not None})


def _confirmed(request: HttpRequest, lab: Lab, arrival: Arrival) -> HttpResponse:
    if arrival.was_second:
        messages.warning(
            request,
            "The lab had a subscription already. What you have just paid is given back, and the older one goes on.",
        )
    else:
        messages.success(request, f"{lab.name} is on Premium now. Thank you!")
    url = _address("upgrade", lab)
    return HttpResponseClientRedirect(url) if request.headers.get("HX-Request") else redirect(url)


@login_required
@require_safe
@rates.limited("billing-look")
def back(request: HttpRequest, lab_id: uuid.UUID) -> HttpResponse:
    """This function will meet people who come from the portal: what they did there is seen before Stripe tells."""
    lab = _lab(request, lab_id)
    try:
        portal.look(lab, actor=f"user:{_user(request).pk}", now=timezone.now())
    except StripeError:
        logger.exception("Stripe did not say how lab %s came from the portal.", lab.pk)
        messages.info(request, "Stripe does not answer right now: what you have just changed is shown here soon.")
    return redirect(_address("detail", lab))


@_for_owners
def subscribe(request: HttpRequest, lab: Lab) -> str:
    try:
        return checkout.begin(lab, request.POST.get("price", ""), user=_user(request), now=timezone.now())
    except AlreadySubscribedError:
        return portal.visit(lab, now=timezone.now())


@_for_owners
def manage(request: HttpRequest, lab: Lab, flow: str) -> str:  # noqa: ARG001
    try:
        where = portal.Flow(flow)
    except ValueError as error:
        raise Http404("The portal has no such door.") from error
    return portal.visit(lab, now=timezone.now(), flow=where)


@_for_owners
def keep(request: HttpRequest, lab: Lab) -> str:
    portal.keep(lab, actor=f"user:{_user(request).pk}", now=timezone.now())
    messages.success(request, "The subscription goes on.")
    return _address("detail", lab)


def _frame(request: HttpRequest, lab: Lab) -> dict[str, Any]:
    """This function will give what all pages of a lab's billing need."""
    return {
        "lab": lab,
        "locale": amounts.locale_of(request),
        "banner": standing.banner(lab, _user(request)),
        "after_lab_switch": reverse("billing:home"),
        "now": timezone.now(),
    }


def _progress(lab: Lab) -> dict[str, Any]:
    now = timezone.now()
    returning = pages.returning(lab, now=now)
    # What was asked for begins to move any moment: the page waits for that, too.
    awaited = bool(returning and not returning.is_done)
    return {"returning": returning, "live": replace(live.for_labs([lab.pk], now=now), active=awaited)}


def _owners(lab: Lab) -> list[User]:
    return list(User.objects.filter(memberships__lab=lab, memberships__role=Role.OWNER).order_by("memberships__id"))


def _owns(request: HttpRequest, lab: Lab) -> bool:
    return Membership.objects.filter(lab=lab, user=_user(request), role=Role.OWNER).exists()


def _lab(request: HttpRequest, lab_id: uuid.UUID) -> Lab:
    return get_object_or_404(Lab.objects.of(_user(request)), pk=lab_id)


def _address(page: str, lab: Lab) -> str:
    return reverse(f"billing:{page}", args=[lab.pk])


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
