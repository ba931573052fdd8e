"""The page that an invitation's link leads to. Whoever was not invited learns nothing of the lab."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from genomics.labs import invitations
from genomics.labs.errors import InvitationEndedError
from genomics.labs.models import Invitation, State
from genomics.users import labs
from genomics.users.models import Lab, User


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    found = Invitation.objects.with_token(token).select_related("lab", "invited_by").first()
    if found is None:
        return _gone(request)
    user = request.user
    may_be_accepted = found.state == State.OPEN and found.expires_at > timezone.now()
    if isinstance(user, User) and invitations.is_for(found, user=user):
        return _for_invited(request, found, user=user, may_be_accepted=may_be_accepted)
    if not may_be_accepted:
        return _gone(request)
    if user.is_authenticated:
        return render(request, "labs/invitation_for_another.html", status=403)
    return render(request, "labs/invitation_sign_in.html")


def _for_invited(request: HttpRequest, found: Invitation, *, user: User, may_be_accepted: bool) -> HttpResponse:
    if found.state == State.ACCEPTED and Lab.objects.of(user).filter(pk=found.lab_id).exists():
        return redirect("labs:detail", lab_id=found.lab_id)
    if not may_be_accepted:
        return _gone(request)
    if request.method != "POST":
        return render(request, "labs/invitation.html", {"invitation": found})
    try:
        return _answer(request, found, user=user)
    except InvitationEndedError:
        return _gone(request)


def _answer(request: HttpRequest, found: Invitation, *, user: User) -> HttpResponse:
    if request.POST.get("answer") == "decline":
        invitations.decline(found, user=user, now=timezone.now())
        messages.success(request, "You have declined the invitation.")
        return redirect(settings.LOGIN_REDIRECT_URL)
    invitations.accept(found, user=user, now=timezone.now())
    labs.choose(request, lab=found.lab)
    messages.success(request, f"You are a member of {found.lab.name} now.")
    return redirect("labs:detail", lab_id=found.lab_id)


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "labs/invitation_gone.html", status=404)
