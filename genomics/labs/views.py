"""The pages of a lab: its members see who belongs to it, its owners decide it."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from genomics.labs import history, invitations
from genomics.labs.errors import TooManyInvitationsError
from genomics.labs.forms import InvitationForm, LabForm, NameForm, RoleForm
from genomics.users import labs, memberships
from genomics.users.errors import LabRefusedError
from genomics.users.models import Lab, Membership, Role, User

P = ParamSpec("P")
_OwnerView = Callable[Concatenate[HttpRequest, Lab, P], HttpResponse]


def _for_owners(view: _OwnerView[P]) -> Callable[..., HttpResponse]:
    """This function will run `view(request, lab, …)` for an owner of the lab, who stays one until the view ends.

    Strangers get 404, members 403. What the lab refuses is said on its page, and nothing is changed.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, lab_id: uuid.UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        lab = _lab(request, lab_id)
        try:
            with transaction.atomic():
                memberships.lock(lab)
                if not Lab.objects.owned_by(_user(request)).filter(pk=lab.pk).exists():
                    raise PermissionDenied
                return view(request, lab, *args, **kwargs)
        except LabRefusedError as error:
            messages.error(request, error.message)
        return redirect("labs:detail", lab_id=lab.pk)

    guarded: Any = login_required(require_POST(wrapped))
    return cast("Callable[..., HttpResponse]", guarded)


@login_required
@require_safe
def lab_list(request: HttpRequest) -> HttpResponse:
    return _list(request, form=NameForm())


@login_required
@require_POST
def new(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _list(request, form=form)
    try:
        lab = memberships.found(_user(request), name=form.cleaned_data["name"], now=timezone.now())
    except LabRefusedError as error:
        messages.error(request, error.message)
        return redirect("labs:list")
    labs.choose(request, lab=lab)
    messages.success(request, f"{lab.name} is ready. Invite its members here.")
    return redirect("labs:detail", lab_id=lab.pk)


@login_required
@require_safe
def detail(request: HttpRequest, lab_id: uuid.UUID) -> HttpResponse:
    lab = _lab(request, lab_id)
    return _page(request, lab, lab_form=LabForm(instance=lab), invitation_form=InvitationForm())


@_for_owners
def edit(request: HttpRequest, lab: Lab) -> HttpResponse:
    form = LabForm(request.POST, instance=Lab.objects.get(pk=lab.pk))
    if not form.is_valid():
        return _page(request, lab, lab_form=form, invitation_form=InvitationForm())
    Lab.objects.filter(pk=lab.pk).update(**form.cleaned_data)
    messages.success(request, "The lab is saved.")
    return redirect("labs:detail", lab_id=lab.pk)


@_for_owners
def change_role(request: HttpRequest, lab: Lab, membership_id: int) -> HttpResponse:
    membership = get_object_or_404(lab.memberships.select_related("user"), pk=membership_id)
    form = RoleForm(request.POST)
    if form.is_valid():
        role = Role(form.cleaned_data["role"])
        memberships.change_role(membership, role=role, actor=_actor(request), now=timezone.now())
        messages.success(request, f"{membership.user} has the role {role.label} now.")
    return redirect("labs:detail", lab_id=lab.pk)


@_for_owners
def remove(request: HttpRequest, lab: Lab, membership_id: int) -> HttpResponse:
    membership = get_object_or_404(lab.memberships.select_related("user"), pk=membership_id)
    memberships.remove(membership, actor=_actor(request), now=timezone.now())
    messages.success(request, f"{membership.user} is no longer a member.")
    return redirect("labs:detail", lab_id=lab.pk)


@login_required
@require_POST
def leave(request: HttpRequest, lab_id: uuid.UUID) -> HttpResponse:
    membership = get_object_or_404(Membership.objects.select_related("lab"), lab=lab_id, user=_user(request))
    try:
        memberships.leave(membership, now=timezone.now())
    except LabRefusedError as error:
        messages.error(request, error.message)
        return redirect("labs:detail", lab_id=lab_id)
    except Membership.DoesNotExist as error:
        raise Http404("An owner was quicker.") from error
    messages.success(request, f"You have left {membership.lab.name}.")
    return redirect("labs:list")


@_for_owners
def invite(request: HttpRequest, lab: Lab) -> HttpResponse:
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _page(request, lab, lab_form=LabForm(instance=lab), invitation_form=form)
    email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
    _spare(request, email)
    invitations.invite(lab, email=email, role=role, by=_user(request), now=timezone.now())
    messages.success(request, f"We mail an invitation to {email}.")
    return redirect("labs:detail", lab_id=lab.pk)


@_for_owners
def send_again(request: HttpRequest, lab: Lab, invitation_id: int) -> HttpResponse:
    invitation = get_object_or_404(lab.invitations, pk=invitation_id)
    _spare(request, invitation.email)
    invitations.send_again(invitation, by=_user(request), now=timezone.now())
    messages.success(request, f"We mail a new link to {invitation.email}. The old one no longer works.")
    return redirect("labs:detail", lab_id=lab.pk)


@_for_owners
def revoke(request: HttpRequest, lab: Lab, invitation_id: int) -> HttpResponse:
    invitation = get_object_or_404(lab.invitations, pk=invitation_id)
    invitations.revoke(invitation, by=_user(request), now=timezone.now())
    messages.success(request, f"The invitation of {invitation.email} is revoked.")
    return redirect("labs:detail", lab_id=lab.pk)


def _list(request: HttpRequest, *, form: NameForm) -> HttpResponse:
    mine = Membership.objects.filter(user=_user(request)).select_related("lab").order_by("id")
    return render(request, "labs/list.html", {"memberships": mine, "form": form})


def _page(request: HttpRequest, lab: Lab, *, lab_form: LabForm, invitation_form: InvitationForm) -> HttpResponse:
    members = list(lab.memberships.select_related("user").order_by("id"))
    mine = next((member for member in members if member.user_id == _user(request).pk), None)
    if mine is None:
        raise Http404("The user has just left.")
    is_owner = mine.role == Role.OWNER
    context = {
        "lab": lab,
        "members": members,
        "mine": mine,
        "is_owner": is_owner,
        "is_only_owner": is_owner and sum(member.role == Role.OWNER for member in members) == 1,
        "roles": Role.choices,
        "lab_form": lab_form,
        "invitation_form": invitation_form,
        "invitations": lab.invitations.open().select_related("invited_by").order_by("-id") if is_owner else [],
        "history": history.of(lab, reader=_user(request)) if is_owner else [],
        "now": timezone.now(),
    }
    return render(request, "labs/detail.html", context)


def _spare(request: HttpRequest, email: str) -> None:
    """This function will keep owners from flooding others with mails. Raises TooManyInvitationsError."""
    if not ratelimit.consume(request, action="invite", key=email.lower()):
        raise TooManyInvitationsError


def _lab(request: HttpRequest, lab_id: uuid.UUID) -> Lab:
    return get_object_or_404(Lab.objects.of(_user(request)), pk=lab_id)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _actor(request: HttpRequest) -> str:
    return f"user:{_user(request).pk}"
