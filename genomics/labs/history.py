"""What has happened to the members of a lab, as a person reads it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from genomics.users.models import Lab, MembershipEvent, User

_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One change: whose place, what happened, and by whom."""

    email: str
    change: str
    role: str  # empty: no place in the lab any more
    by: str  # empty: the person themself
    at: datetime


def of(lab: Lab, *, reader: User) -> list[Line]:
    """This function will give the latest changes, the latest first."""
    events = list(lab.membership_events.order_by("-id")[:_SHOWN])
    emails = _emails(events)
    return [
        Line(
            email=event.email,
            change=event.get_change_display(),
            role=event.get_role_display(),
            by=_by(event, emails=emails, reader=reader),
            at=event.created_at,
        )
        for event in events
    ]


def _emails(events: Iterable[MembershipEvent]) -> dict[int, str]:
    """This function will give the addresses of the users who acted."""
    users = User.objects.filter(pk__in={user_id for event in events if (user_id := _user_id(event))})
    return dict(users.values_list("pk", "email"))


def _by(event: MembershipEvent, *, emails: dict[int, str], reader: User) -> str:
    user_id = _user_id(event)
    if user_id is None:
        return "an administrator"
    email = emails.get(user_id, "somebody who has gone")
    if email == event.email:
        return ""
    return "you" if user_id == reader.pk else email


def _user_id(event: MembershipEvent) -> int | None:
    """This function will give the user who acted; None: not one of the people in the lab."""
    kind, _, identity = event.actor.partition(":")
    return int(identity) if kind == "user" else None
