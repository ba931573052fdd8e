"""What every part of the sandbox stands on: its memory, its clocks and the rules it plays by."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from billing.sandbox.store import Store

API_VERSION = "2026-05-27.dahlia"
ACCOUNT_ID = "acct_1SandboxLocal00000"
ACCOUNT_NAME = "Local sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The account's billing settings, which Stripe keeps in its dashboard."""

    retry_after: tuple[timedelta, ...] = (timedelta(days=3), timedelta(days=5), timedelta(days=7))
    after_retries: Literal["cancel", "unpaid", "past_due"] = "cancel"
    finalize_after: timedelta = timedelta(hours=1)  # a renewal's invoice stays a draft that long
    incomplete_expires_after: timedelta = timedelta(hours=23)
    trial_warning: timedelta = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The request that makes things happen; None in both where they happen by themselves."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass(slots=True, kw_only=True)
class World:
    store: Store
    base_url: str
    rules: Rules = field(default_factory=Rules)
    wall: Callable[[], float] = time.time
    cause: Cause = field(default_factory=Cause)
    _moment: int | None = None  # the wall clock while past moments are played

    def now(self, customer: str | None = None) -> int:
        """Seconds since the epoch: on the customer's test clock, or on the wall clock and its offset."""
        clock = self.clock_of(customer)
        if clock:
            frozen: int = self.store.get("test_helpers.test_clock", clock)["frozen_time"]
            return frozen
        if self._moment is not None:
            return self._moment
        return int(self.wall()) + self.offset

    def clock_of(self, customer: str | None) -> str | None:
        """The test clock on which this customer lives; None on the wall clock."""
        document = self.store.peek(customer) if customer else None
        return document.get("test_clock") if document else None

    @property
    def offset(self) -> int:
        """How many seconds the sandbox's wall clock is ahead."""
        offset: int = self.store.setting("clock").get("offset", 0)
        return offset

    def move_wall_clock(self, seconds: int) -> None:
        self.store.setting("clock")["offset"] = self.offset + seconds

    @contextmanager
    def at(self, moment: int) -> Iterator[None]:
        """Play what was due at a past moment of the wall clock."""
        before, self._moment = self._moment, moment
        try:
            yield
        finally:
            self._moment = before

    @contextmanager
    def because(self, cause: Cause) -> Iterator[None]:
        before, self.cause = self.cause, cause
        try:
            yield
        finally:
            self.cause = before
