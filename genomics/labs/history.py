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
    by: str
    at: datetime


def of(lab: Lab, *, reader: User) -> list[Line]:
    """This function will give the latest changes, the latest first."""
    events = list(lab.membership_events.order_by("-id")[:_SHOWN])
    names = _names(events, reader=reader)
    return [
        Line(
            email=event.email,
            change=event.get_change_display(),
            role=event.get_role_display(),
            by=names.get(event.actor, "somebody who has gone") if _user_id(event) else "an administrator",
            at=event.created_at,
        )
        for event in events
    ]


def _names(events: Iterable[MembershipEvent], *, reader: User) -> dict[str, str]:
    users = User.objects.filter(pk__in={user_id for event in events if (user_id := _user_id(event))})
    return {f"user:{pk}": "you" if pk == reader.pk else email for pk, email in users.values_list("pk", "email")}


def _user_id(event: MembershipEvent) -> int | None:
    """This function will give the user who acted; None: not one of the people in the lab."""
    kind, _, identity = event.actor.partition(":")
    return int(identity) if kind == "user" else None
