"""What a lab must have and must have paid, reckoned from what was done with it: a second opinion on billing.

It asks neither Stripe nor the product and shares no code with `billing.decide`: time passes here by the calendar, and
money by the price list. Moments are seconds since the epoch on the lab's own clock, amounts are cents.
"""

import calendar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from genomics.users.limits import Plan

DAY = 86_400
GRACE = 14 * DAY  # after an end, or after the beginning of a period that is not paid
CHARGED_AFTER = 3_600  # a renewal is charged an hour after its period has begun
TRIED_AGAIN_AFTER = (3 * DAY, 5 * DAY, 7 * DAY)  # after each attempt that failed; then the subscription ends


class Pace(StrEnum):
    """How often a subscription is paid; the values are the lookup keys of its prices."""

    MONTHLY = "premium_monthly"
    YEARLY = "premium_yearly"

    @property
    def months(self) -> int:
        return 1 if self is Pace.MONTHLY else 12

    @property
    def other(self) -> "Pace":
        return Pace.YEARLY if self is Pace.MONTHLY else Pace.MONTHLY


class Card(StrEnum):
    """What becomes of a charge when nobody is at the screen."""

    PAYS = "pays"
    FAILS = "fails"
    ASKS = "asks"  # the bank wants to ask its owner each time


@dataclass(slots=True, kw_only=True)
class Subscription:
    """One subscription, from its beginning to its end."""

    pace: Pace
    began: int
    anchor: int  # from which the months are counted
    begins: int  # the current period
    ends: int
    periods: int = 1  # since the anchor
    trial_ends: int | None = None  # None: it has no trial
    is_leaving: bool = False  # at the end of the period
    total: int | None = None  # of the invoice that is to be charged; None: there is none
    due: int | None = None  # what of it is not covered by credit; None: it is a draft
    attempt_at: int | None = None  # when it is charged next; None: never
    failures: int = 0
    ended: int | None = None  # None: it lives
    was_given_up: bool = False  # it ended since it was not paid

    @property
    def is_on_trial(self) -> bool:
        return self.trial_ends is not None and self.begins < self.trial_ends

    @property
    def is_owing(self) -> bool:
        return self.failures > 0


@dataclass(slots=True, kw_only=True)
class Account:
    """A lab as its own acts have made it."""

    prices: dict[Pace, int]
    trial_days: int  # of the first subscription; 0: none
    now: int = 0
    card: Card = Card.PAYS
    is_broken: bool = False  # the card on file fails, whatever it is
    credit: int = 0  # that later invoices use up
    customers: int = 0
    has_customer: bool = False
    has_tried: bool = False
    subscriptions: list[Subscription] = field(default_factory=list)
    paid: list[int] = field(default_factory=list)  # each charge
    returned: set[int] = field(default_factory=set)  # places in `paid` of those that were given back
    prorations: int = 0  # amounts that were rounded
    entries: int = 0  # into PREMIUM
    _last: Plan = Plan.FREE
    _paid_before: int = 0  # charges to customers that are gone

    @property
    def living(self) -> Subscription | None:
        return next((one for one in self.subscriptions if one.ended is None), None)

    @property
    def plan(self) -> Plan:
        living = self.living
        if living and not living.is_owing:
            return Plan.PREMIUM
        ends = [
            (one.begins if one.was_given_up else one.ended) + GRACE
            for one in self.subscriptions
            if one.ended and not _is_mere_trial(one)
        ]
        if living:
            ends.append(living.begins + GRACE)
        return Plan.GRACE if any(self.now < end for end in ends) else Plan.FREE

    @property
    def given_back(self) -> int:
        return sum(self.paid[place] for place in self.returned)

    @property
    def can_be_refunded(self) -> bool:
        return self.has_customer and bool(self._kept)

    @property
    def owes_at_renewal(self) -> bool:
        """Whether the next period costs more than the credit that is left."""
        return self.living is not None and self.credit < self.prices[self.living.pace]

    def subscribe(self, pace: Pace, *, card: Card) -> None:
        """This function will begin a subscription that the person has paid at the screen, or tries free of charge."""
        assert self.living is None
        self.card, self.is_broken = card, False
        trial_ends = self.now + self.trial_days * DAY if self.trial_days and not self.has_tried else None
        ends = trial_ends or _later(self.now, pace.months)
        self.subscriptions.append(
            Subscription(
                pace=pace,
                began=self.now,
                anchor=trial_ends or self.now,
                begins=self.now,
                ends=ends,
                periods=0 if trial_ends else 1,
                trial_ends=trial_ends,
            )
        )
        if trial_ends:
            self.has_tried = True
        else:
            self._pay(self._use_credit(self.prices[pace]))
        self._look()

    def switch(self) -> None:
        """This function will change between months and years: another period begins and is paid, but not in a trial."""
        living = self._living
        before, living.pace = living.pace, living.pace.other
        if living.is_on_trial:
            return
        left = round(self.prices[before] * (living.ends - self.now) / (living.ends - living.begins))
        self.prorations += 1
        living.anchor = living.begins = self.now
        living.periods, living.ends = 1, _later(self.now, living.pace.months)
        self._pay(self._use_credit(self.prices[living.pace] - left))
        self._look()

    def leave(self) -> None:
        self._living.is_leaving = True

    def stay(self) -> None:
        self._living.is_leaving = False

    def end(self) -> None:
        """This function will end the subscription at once; what it owes is not asked for any more."""
        self._living.ended = self.now
        self._look()

    def pay_debt(self) -> None:
        """This function will pay the open invoice at the screen."""
        self._pay(self._living.due or 0)
        self._settle(self._living)
        self._look()

    def take_card(self, card: Card) -> None:
        self.card, self.is_broken = card, False

    def refund(self) -> None:
        """This function will give back the newest charge that was not given back yet."""
        self.returned.add(max(self._kept))

    def meet_customer(self) -> None:
        """This function will make the lab a customer of Stripe's, if it is none."""
        if not self.has_customer:
            self.has_customer, self.customers = True, self.customers + 1

    def lose_customer(self) -> None:
        """This function will delete the customer, and with it subscription, card and credit."""
        if self.living:
            self.end()
        self.has_customer, self.credit, self.is_broken = False, 0, False
        self._paid_before = len(self.paid)

    def pass_time(self, until: int) -> None:
        """This function will let everything happen that is due up to a moment."""
        while (living := self.living) and (due := _due(living)) <= until:
            self.now = due
            self._step(living)
            self._look()
        self.now = max(self.now, until)
        self._look()

    def _step(self, living: Subscription) -> None:
        if living.attempt_at == self.now:
            self._charge(living)
        elif living.is_leaving:
            living.ended = self.now
        else:
            living.begins, living.periods = living.ends, living.periods + 1
            living.ends = _later(living.anchor, living.periods * living.pace.months)
            living.total, living.attempt_at = self.prices[living.pace], self.now + CHARGED_AFTER

    def _charge(self, living: Subscription) -> None:
        if living.due is None:
            assert living.total is not None
            living.due = self._use_credit(living.total)
        if living.due == 0 or (self.card is Card.PAYS and not self.is_broken):
            self._pay(living.due)
            self._settle(living)
            return
        living.failures += 1
        if living.failures > len(TRIED_AGAIN_AFTER):
            living.ended, living.was_given_up = self.now, True
        else:
            living.attempt_at = self.now + TRIED_AGAIN_AFTER[living.failures - 1]

    def _use_credit(self, total: int) -> int:
        """This function will take what it can from the credit, and give what is left to be paid."""
        due = max(0, total - self.credit)
        self.credit -= total - due
        return due

    def _pay(self, amount: int) -> None:
        if amount:
            self.paid.append(amount)

    def _settle(self, living: Subscription) -> None:
        living.total = living.due = living.attempt_at = None
        living.failures = 0

    def _look(self) -> None:
        plan = self.plan
        self.entries += plan == Plan.PREMIUM != self._last
        self._last = plan

    @property
    def _kept(self) -> set[int]:
        """Places in `paid` of what the customer of now has paid, and was not given back."""
        return set(range(self._paid_before, len(self.paid))) - self.returned

    @property
    def _living(self) -> Subscription:
        assert self.living is not None
        return self.living


def _is_mere_trial(ended: Subscription) -> bool:
    return ended.trial_ends is not None and ended.ended is not None and ended.ended <= ended.trial_ends


def _due(living: Subscription) -> int:
    return min(living.ends, living.attempt_at or living.ends)


def _later(moment: int, months: int) -> int:
    """This function will go on by months, to the same day or the last one of a shorter month."""
    start = datetime.fromtimestamp(moment, UTC)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())
