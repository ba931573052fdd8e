"""Inviting people to a lab by e-mail: invite, send again, revoke, accept, decline."""

import secrets
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from genomics.labs.errors import InvitationEndedError, NotInvitableError
from genomics.labs.models import Invitation, State, digest
from genomics.lines import one_line
from genomics.mail import letters
from genomics.users import memberships
from genomics.users.models import Change, Lab, Membership, Role, User

LIFETIME = timedelta(days=7)
_TOKEN_BYTES = 32
_NAME_LIMIT = 60


def invite(lab: Lab, *, email: str, role: Role, by: User, now: datetime) -> Invitation:
    """This function will invite an address to a lab and mail it a link, whether or not it has an account.

    Raises NotInvitableError for a member and for an address that has been invited already.
    """
    with transaction.atomic():
        memberships.lock(lab)
        if Membership.objects.filter(lab=lab, user__email__iexact=email).exists():
            raise NotInvitableError(f"{email} is a member of this lab already.")
        if lab.invitations.open().filter(email__iexact=email).exists():
            raise NotInvitableError(f"{email} has an open invitation already. You can send it again below.")
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        invitation = Invitation.objects.create(
            lab=lab,
            email=email,
            role=role,
            invited_by=by,
            token_sha256=digest(token),
            created_at=now,
            expires_at=now + LIFETIME,
        )
        memberships.record(lab, email=email, change=Change.INVITED, role=role, actor=_actor(by), now=now)
        _mail(invitation, token=token, by=by)
    return invitation


def send_again(invitation: Invitation, *, by: User, now: datetime) -> None:
    """This function will mail a new link, which ends the old one; from now on the invitation is that of `by`.

    Raises InvitationEndedError.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with transaction.atomic():
        renewed = Invitation.objects.open().filter(pk=invitation.pk)
        if not renewed.update(token_sha256=digest(token), expires_at=now + LIFETIME, invited_by=by):
            raise InvitationEndedError
        invitation.refresh_from_db()
        _mail(invitation, token=token, by=by)


def revoke(invitation: Invitation, *, by: User, now: datetime) -> None:
    """This function will take an invitation back. Raises InvitationEndedError."""
    with transaction.atomic():
        _end(invitation, State.REVOKED, now=now)
        _record(invitation, Change.REVOKED, actor=_actor(by), now=now)


def is_for(invitation: Invitation, *, user: User) -> bool:
    """This function will say whether the user has proved to own the address that was invited."""
    proved = EmailAddress.objects.filter(user=user, email__iexact=invitation.email, verified=True)
    return bool(proved.exists())


def accept(invitation: Invitation, *, user: User, now: datetime) -> None:
    """This function will make the user a member, once. Raises InvitationEndedError.

    The caller has checked that the invitation `is_for` the user.
    """
    with transaction.atomic():
        memberships.lock(invitation.lab)
        if invitation.expires_at <= now or not _may_invite(invitation):
            raise InvitationEndedError
        _end(invitation, State.ACCEPTED, now=now)
        memberships.join(invitation.lab, user=user, role=Role(invitation.role), actor=_actor(user), now=now)


def decline(invitation: Invitation, *, user: User, now: datetime) -> None:
    """This function will end the invitation for the person invited. Raises InvitationEndedError."""
    with transaction.atomic():
        _end(invitation, State.DECLINED, now=now)
        _record(invitation, Change.DECLINED, actor=_actor(user), now=now)


def _may_invite(invitation: Invitation) -> bool:
    """This function will tell whether who invited is an owner still: nobody comes back by their own invitation."""
    owners = Membership.objects.filter(lab=invitation.lab, role=Role.OWNER, user__is_active=True)
    return owners.filter(user=invitation.invited_by_id).exists()


def _end(invitation: Invitation, state: State, *, now: datetime) -> None:
    """This function will end an invitation that still is as the caller knows it, with the same link."""
    same = Invitation.objects.open().filter(pk=invitation.pk, token_sha256=invitation.token_sha256)
    if not same.update(state=state, ended_at=now):
        raise InvitationEndedError


def _record(invitation: Invitation, change: Change, *, actor: str, now: datetime) -> None:
    memberships.record(invitation.lab, email=invitation.email, change=change, actor=actor, now=now)


def _actor(user: User) -> str:
    return f"user:{user.pk}"


def _mail(invitation: Invitation, *, token: str, by: User) -> None:
    """This function will mail the link. Who invites is named by address: that is proved, a name is not."""
    lab_name = one_line(invitation.lab.name, limit=_NAME_LIMIT)
    letters.post(
        f"invitation/{invitation.pk}/{invitation.token_sha256}",
        recipient=invitation.email,
        subject=f"An invitation to the lab {lab_name}",
        template="labs/mail/invitation",
        context={
            "lab_name": lab_name,
            "invited_by": by.email,
            "email": invitation.email,
            "days": LIFETIME.days,
            "url": settings.WEB_ORIGIN + reverse("labs:invitation", args=[token]),
        },
    )
