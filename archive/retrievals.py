"""The one writer of a retrieval's state: a table of arrows, conditional updates."""

from datetime import datetime
from typing import Any

from django.db.models import F

from archive.errors import StaleRetrievalError
from archive.models import OPEN, ArchivedFile, Recall, Retrieval, RetrievalState, Tier

ARROWS = frozenset(
    {
        (RetrievalState.INTENDED, RetrievalState.REQUESTED),
        (RetrievalState.INTENDED, RetrievalState.FAILED),
        (RetrievalState.INTENDED, RetrievalState.CANCELLED),
        (RetrievalState.REQUESTED, RetrievalState.READY),
        (RetrievalState.REQUESTED, RetrievalState.FAILED),
        (RetrievalState.REQUESTED, RetrievalState.EXPIRED),
        (RetrievalState.REQUESTED, RetrievalState.CANCELLED),
        (RetrievalState.READY, RetrievalState.RESTORED),
        (RetrievalState.READY, RetrievalState.FAILED),
        (RetrievalState.READY, RetrievalState.EXPIRED),
        (RetrievalState.READY, RetrievalState.CANCELLED),
    }
)


def intend(archived_file: ArchivedFile, *, recall: Recall, tier: Tier, now: datetime) -> Retrieval:
    """This function will write down that a file is wanted back, before the vault is asked; once while one is open."""
    retrieval, _ = Retrieval.objects.get_or_create(
        archived_file=archived_file,
        state__in=OPEN,
        defaults={"recall": recall, "wanted_tier": tier, "tier": tier, "intended_at": now},
    )
    return retrieval


def begin_call(retrieval: Retrieval) -> bool:
    """This function will count a call to the vault before it is made, and tell whether one was made before.

    Raises StaleRetrievalError when the vault needs not be asked any more.
    """
    waiting = Retrieval.objects.filter(pk=retrieval.pk, state=RetrievalState.INTENDED, calls=retrieval.calls)
    if not waiting.update(calls=F("calls") + 1):
        raise StaleRetrievalError(f"Retrieval {retrieval.pk} is being asked for, or was")
    retrieval.calls += 1
    return retrieval.calls > 1


def lower_tier(retrieval: Retrieval, *, tier: Tier) -> None:
    """This function will note that the vault is asked in another tier than was wanted. Raises StaleRetrievalError."""
    waiting = Retrieval.objects.filter(pk=retrieval.pk, state=RetrievalState.INTENDED)
    if not waiting.update(tier=tier):
        raise StaleRetrievalError(f"Retrieval {retrieval.pk} was asked for already")
    retrieval.tier = tier


def check(retrieval: Retrieval, *, now: datetime) -> None:
    """This function will remember that the vault was asked about a retrieval that is still on its way."""
    Retrieval.objects.filter(pk=retrieval.pk, state=RetrievalState.REQUESTED).update(checked_at=now)


def requested(retrieval: Retrieval, *, ticket: str, now: datetime) -> None:
    _move(retrieval, RetrievalState.REQUESTED, ticket=ticket, requested_at=now, checked_at=now)


def ready(retrieval: Retrieval, *, ready_at: datetime, expires_at: datetime | None) -> None:
    _move(retrieval, RetrievalState.READY, ready_at=ready_at, expires_at=expires_at)


def restored(retrieval: Retrieval, *, size_bytes: int, sha256: str, now: datetime) -> None:
    """This function will end a retrieval whose bytes lie in hot storage and were verified there."""
    _move(retrieval, RetrievalState.RESTORED, ended_at=now, restored_bytes=size_bytes, restored_sha256=sha256)


def end(retrieval: Retrieval, state: RetrievalState, *, now: datetime, failure: str = "") -> None:
    """This function will end a retrieval without bytes: FAILED, EXPIRED or CANCELLED. It may be intended anew."""
    _move(retrieval, state, ended_at=now, failure=failure)


def _move(retrieval: Retrieval, to: RetrievalState, **changes: Any) -> None:
    """This function will change the state with other columns.

    Raises ValueError when there is no such arrow, and StaleRetrievalError, changing nothing, when somebody else has
    moved the row meanwhile.
    """
    if (RetrievalState(retrieval.state), to) not in ARROWS:
        raise ValueError(f"A retrieval does not go from {retrieval.state} to {to}")
    unchanged = Retrieval.objects.filter(pk=retrieval.pk, state=retrieval.state)
    if not unchanged.update(state=to, **changes):
        raise StaleRetrievalError(f"Retrieval {retrieval.pk} is no longer {retrieval.state}")
    retrieval.refresh_from_db(fields=["state", *changes])
