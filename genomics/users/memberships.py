"""The one writer of who belongs to a lab: every change leaves an event, and a lab never loses its last owner."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from genomics.users.errors import LastOwnerError, TooManyLabsError
from genomics.users.models import Change, Lab, Membership, MembershipEvent, Role, User


def found(owner: User, *, name: str, now: datetime) -> Lab:
    """This function will make a further lab for a user. Raises TooManyLabsError."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if Lab.objects.owned_by(owner).count() >= settings.LABS_PER_OWNER:
            raise TooManyLabsError(f"You own {settings.LABS_PER_OWNER} labs, as many as one person may.")
        return Lab.objects.found(owner, name=name, now=now)


def lock(lab: Lab) -> None:
    """This function will let nobody else change the members of a lab until the current transaction ends."""
    Lab.objects.select_for_update(no_key=True).get(pk=lab.pk)


def join(lab: Lab, *, user: User, role: Role, actor: str, now: datetime) -> None:
    """This function will make a user a member; whoever is one already keeps the role."""
    with transaction.atomic():
        _, joined = Membership.objects.get_or_create(lab=lab, user=user, defaults={"role": role})
        if joined:
            record(lab, email=user.email, change=Change.JOINED, role=role, actor=actor, now=now)


def change_role(membership: Membership, *, role: Role, actor: str, now: datetime) -> None:
    """This function will give a member another role. Raises LastOwnerError, and Membership.DoesNotExist when gone."""
    with transaction.atomic():
        current = _locked(membership)
        if current.role == role:
            return
        _spare_last_owner(current)
        Membership.objects.filter(pk=current.pk).update(role=role)
        record(current.lab, email=current.user.email, change=Change.ROLE_CHANGED, role=role, actor=actor, now=now)


def remove(membership: Membership, *, actor: str, now: datetime) -> None:
    """This function will take a member out of a lab. Raises LastOwnerError, and Membership.DoesNotExist when gone."""
    _end(membership, change=Change.REMOVED, actor=actor, now=now)


def leave(membership: Membership, *, now: datetime) -> None:
    """This function will end a membership for the member. Raises LastOwnerError, and Membership.DoesNotExist."""
    _end(membership, change=Change.LEFT, actor=f"user:{membership.user_id}", now=now)


def disband(lab: Lab, *, now: datetime) -> None:
    """This function will close a lab for all its members: from now on it is nobody's, and nobody sees what it has."""
    with transaction.atomic():
        lock(lab)
        lab.memberships.all().delete()
        Lab.objects.filter(pk=lab.pk, closed_at=None).update(closed_at=now)


def record(lab: Lab, *, email: str, change: Change, actor: str, now: datetime, role: Role | None = None) -> None:
    """This function will note a change; `role` is None when the person has no place in the lab any more."""
    MembershipEvent.objects.create(lab=lab, email=email, change=change, role=role or "", actor=actor, created_at=now)


def _end(membership: Membership, *, change: Change, actor: str, now: datetime) -> None:
    with transaction.atomic():
        current = _locked(membership)
        _spare_last_owner(current)
        current.delete()
        record(current.lab, email=current.user.email, change=change, actor=actor, now=now)


def _locked(membership: Membership) -> Membership:
    """This function will give a membership as it is now, its lab locked."""
    lock(membership.lab)
    return Membership.objects.select_related("lab", "user").get(pk=membership.pk)


def _spare_last_owner(membership: Membership) -> None:
    others = Membership.objects.filter(lab=membership.lab, role=Role.OWNER).exclude(pk=membership.pk)
    if membership.role == Role.OWNER and not others.exists():
        raise LastOwnerError(f"{membership.user} is the only owner of this lab. Make somebody else an owner first.")
