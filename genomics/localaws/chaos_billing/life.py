"""The life of one lab as a subscriber: what its people, their bank and Stripe do with it, in a seeded random order.

Each act is done at Stripe or on the product's pages, and told to the account, which knows what follows from it. What
the product makes of it is looked at in passing only: it may hear of it late, or not at all until all is over.
"""

import enum
import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import connection

from billing.models import Entitlement
from genomics.localaws.chaos.patience import patiently, until
from genomics.localaws.chaos_billing.account import CHARGED_AFTER, DAY, GRACE, TRIED_AGAIN_AFTER, Account, Card, Pace
from genomics.localaws.chaos_billing.dashboard import Dashboard, Json
from genomics.localaws.chaos_billing.person import (
    ASKS_ALWAYS,
    ASKS_ONCE,
    DECLINED,
    FAILS_LATER,
    VISA,
    Person,
)
from genomics.localaws.trials.labs import Member
from genomics.users.limits import Plan
from genomics.users.models import Lab

logger = logging.getLogger(__name__)

HOUR = 3_600
_CARDS: Mapping[str, Card] = {
    VISA: Card.PAYS,
    ASKS_ONCE: Card.PAYS,
    ASKS_ALWAYS: Card.ASKS,
    FAILS_LATER: Card.FAILS,
}
_WAYS: Mapping[Plan, frozenset[str]] = {  # acts that lead to a plan
    Plan.PREMIUM: frozenset({"subscribe", "pay the debt"}),
    Plan.GRACE: frozenset({"subscribe", "fail to renew", "let it end", "end at once"}),
    Plan.FREE: frozenset(
        {"fail to renew", "let it end", "end at once", "let grace pass", "let grace pass unpaid", "let Stripe give up"}
    ),
}
_LONGEST_WAY = 6
_LOOK_SECONDS = 0.3


class Must(enum.StrEnum):
    """What each lab does at least once."""

    SUBSCRIBE = "subscribe"
    CHANGE = "change"
    FAIL = "fail"
    CANCEL = "cancel"


class PlayError(Exception):
    """Something did not go as the play has it: Stripe's pages or the product's led somewhere else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that can be done with a lab, where `is_possible` says so."""

    name: str
    do: Callable[[], None]
    is_possible: bool
    must: Must | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """How long people think between two acts, and how long those wait who want to see what comes of one."""

    longest_thought: float = 2.0
    patience: float = 20.0
    patient_share: float = 0.5


class Life:
    """One lab, played in a thread of its own."""

    def __init__(
        self,
        member: Member,
        *,
        person: Person,
        dashboard: Dashboard,
        account: Account,
        seed: str,
        pauses: Pauses,
    ) -> None:
        self.member = member
        self.person = person
        self.account = account
        self.done: list[str] = []
        self.ways: Counter[str] = Counter()  # in which something was done
        self.seen = 0  # entries into PREMIUM that the product was seen to have made
        self._dashboard = dashboard
        self._random = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self._pauses = pauses
        self._left = set(Must)
        self._seen_plan = Plan.FREE

    def run(self, *, acts: int, over: threading.Event) -> None:
        """This function will do at least so many acts, and whatever a lab must have done; `over` ends it before.

        Raises PlayError, PersonGaveUpError and DashboardError.
        """
        try:
            while not over.is_set() and (len(self.done) < acts or self._left):
                self._do(self._choose(is_late=len(self.done) >= acts))
                over.wait(self._random.uniform(0, self._pauses.longest_thought))
            self._end_somewhere(over)
        except Exception:
            logger.exception("Lab %s stopped after %s", self.member.lab.pk, ", ".join(self.done))
            raise
        finally:
            connection.close()

    def _choose(self, *, is_late: bool) -> Act:
        """This function will draw an act; what the lab must do, and has not done yet, comes first, or more often."""
        possible = [act for act in self._acts() if act.is_possible]
        wanted = [act for act in possible if act.must in self._left]
        drawn = wanted if wanted and (is_late or self._random.random() < 0.6) else possible
        return self._random.choices(drawn, weights=[act.weight for act in drawn])[0]

    def _end_somewhere(self, over: threading.Event) -> None:
        """This function will lead the lab to a plan that is drawn, so that not all end where most acts lead."""
        target = self._random.choice(list(Plan))
        for _ in range(_LONGEST_WAY):
            ways = [act for act in self._acts() if act.is_possible and act.name in _WAYS[target]]
            if over.is_set() or self.account.plan == target or not ways:
                return
            self._do(self._random.choice(ways))

    def _do(self, act: Act) -> None:
        begin = time.monotonic()
        act.do()
        self.done.append(act.name)
        self._left.discard(act.must)
        logger.info(
            "Lab %s: %s in %.1f s: %s", self.member.lab.pk, act.name, time.monotonic() - begin, self.account.plan
        )
        if self._random.random() < self._pauses.patient_share:
            self._agree()

    def _acts(self) -> Iterator[Act]:
        account, living = self.account, self.account.living
        paying = living is not None and not living.is_owing
        trying = living is not None and living.is_on_trial
        owing = living is not None and living.is_owing
        staying = living is not None and not living.is_leaving
        has_card = account.card is Card.PAYS and not account.is_broken
        in_time = living is not None and account.now < living.begins + GRACE
        yield Act(name="subscribe", do=self._subscribe, is_possible=living is None, must=Must.SUBSCRIBE)
        yield Act(
            name="switch",
            do=self._switch,
            is_possible=paying and staying and (trying or has_card),
            must=Must.CHANGE,
        )
        yield Act(name="give a card", do=self._give_card, is_possible=paying)
        yield Act(name="cancel", do=self._cancel, is_possible=paying and staying, must=Must.CANCEL)
        yield Act(name="undo the cancellation", do=self._keep, is_possible=paying and not staying)
        yield Act(name="let it end", do=self._let_end, is_possible=paying and not staying)
        yield Act(name="renew", do=self._renew, is_possible=paying and staying and has_card)
        yield Act(
            name="fail to renew",
            do=self._fail_to_renew,
            is_possible=paying and staying and account.owes_at_renewal,
            must=Must.FAIL,
        )
        yield Act(name="pay the debt", do=self._pay_debt, is_possible=owing)
        yield Act(name="give a card that is charged", do=self._mend, is_possible=owing and in_time)
        yield Act(name="let grace pass unpaid", do=self._lapse, is_possible=owing and in_time)
        yield Act(name="let Stripe give up", do=self._give_up, is_possible=owing)
        yield Act(name="end at once", do=self._end_at_once, is_possible=living is not None, weight=0.5)
        yield Act(
            name="let grace pass",
            do=self._pass_grace,
            is_possible=living is None and account.has_customer and account.plan == Plan.GRACE,
        )
        yield Act(name="refund", do=self._refund, is_possible=account.can_be_refunded)
        yield Act(  # a clock goes with it: the product must know what time it is
            name="delete the customer",
            do=self._delete_customer,
            is_possible=account.has_customer and patiently(self._is_seen),
            weight=0.5,
        )

    def _subscribe(self) -> None:
        pace, card = self._random.choice(list(Pace)), self._random.choice([VISA, VISA, ASKS_ONCE, ASKS_ALWAYS])
        way = self._random.choice([self._in_one_tab, self._twice_at_once, self._in_two_tabs])
        doors = way(pace)
        self._arrive_in_time(next(iter(doors)))
        paid = {url: pace for url, pace in doors.items() if self._pay(url, card=card)}
        if len(paid) != 1:
            raise PlayError(f"{len(paid)} of {len(doors)} checkouts could be paid")
        (pace,) = paid.values()
        self.account.subscribe(pace, card=_CARDS[card])

    def _pay(self, url: str, *, card: str) -> bool:
        """This function will pay a checkout, and tell whether that was possible; some try a bad card first."""
        if self._random.random() < 0.25:
            self.ways["declined first"] += 1
            if self._check_out(url, card=DECLINED):
                raise PlayError("a card that is declined has paid")
        back = self._check_out(url, card=card)
        if not back:
            return False
        if self._random.random() < 0.5:
            self.person.come_back(back)
        else:
            self.ways["never came back"] += 1
        return True

    def _check_out(self, url: str, *, card: str) -> str:
        return self.person.pay(url, "Subscribe", "Start trial", card=card)

    def _in_one_tab(self, pace: Pace) -> dict[str, Pace]:
        self.ways["in one tab"] += 1
        return {self._checkout(self.person.choose_plan(pace)): pace}

    def _twice_at_once(self, pace: Pace) -> dict[str, Pace]:
        """This function will press the button twice: both presses lead to the same checkout."""
        self.ways["pressed twice"] += 1
        tabs = [self.person, self.person.twin()]
        with ThreadPoolExecutor(len(tabs)) as pool:
            urls = set(pool.map(lambda tab: self._checkout(tab.choose_plan(pace)), tabs))
        if len(urls) != 1:
            raise PlayError("a button that was pressed twice led to two checkouts")
        return dict.fromkeys(urls, pace)

    def _in_two_tabs(self, pace: Pace) -> dict[str, Pace]:
        """This function will choose both prices at once: whichever came last can be paid, the other one is over."""
        self.ways["in two tabs"] += 1
        tabs = {pace: self.person, pace.other: self.person.twin()}
        with ThreadPoolExecutor(len(tabs)) as pool:
            found = list(pool.map(lambda one: (self._checkout(tabs[one].choose_plan(one)), one), tabs))
        self._random.shuffle(found)
        return dict(found)

    @staticmethod
    def _checkout(url: str) -> str:
        if "/checkout/" not in url:
            raise PlayError(f"a lab without a subscription was led to {url}")
        return url

    def _arrive_in_time(self, url: str) -> None:
        """This function will bring the clock of a new customer to where the lab's was."""
        session = self._dashboard.get(f"checkout/sessions/{url.rpartition('/')[2]}")
        clock = self._dashboard.get(f"test_helpers/test_clocks/{self._customer(session['customer'])['test_clock']}")
        self.account.meet_customer()
        if clock["frozen_time"] < self.account.now:
            self._dashboard.post(f"test_helpers/test_clocks/{clock['id']}/advance", frozen_time=self.account.now)
        self.account.now = max(self.account.now, clock["frozen_time"])

    def _switch(self) -> None:
        self._press_in_portal("Switch to")
        self.account.switch()

    def _give_card(self) -> None:
        number = self._random.choice([VISA, ASKS_ONCE, ASKS_ALWAYS, FAILS_LATER])
        self._put_card(number)

    def _put_card(self, number: str) -> None:
        door = self._random.choice(["start", "card"])
        url = self.person.open_portal(door)
        if not self.person.pay(url, "Update card", card=number):
            raise PlayError(f"the portal did not take the card {number}")
        self.account.take_card(_CARDS[number])

    def _cancel(self) -> None:
        self._press_in_portal("Cancel plan")
        self.account.leave()

    def _keep(self) -> None:
        if self._random.random() < 0.5:
            self._press_in_portal("Keep plan")
        else:
            self.ways["undone on the lab's page"] += 1
            if not until(self._has_kept, seconds=60):
                raise PlayError("a cancellation could not be taken back")
        self.account.stay()

    def _has_kept(self) -> bool:
        self.person.keep()
        return self._living()["cancel_at"] is None

    def _press_in_portal(self, button: str) -> None:
        if not self.person.submit(self.person.open_portal(), button):
            raise PlayError(f"the portal has no button “{button}”, or it led nowhere")
        if self._random.random() < 0.4:
            self.person.come_back(f"/billing/{self.member.lab.pk}/back/")

    def _renew(self) -> None:
        self._move_to(self._ends + CHARGED_AFTER + HOUR)

    def _fail_to_renew(self) -> None:
        if self.account.card is Card.PAYS:
            self._dashboard.act(self._customer()["id"], "fail_card")
            self.account.is_broken = True
        self._move_to(self._ends + CHARGED_AFTER + HOUR)

    def _pay_debt(self) -> None:
        """This function will pay the open invoice at the screen, with another card or with the one that works again."""
        (invoice,) = self._dashboard.get("invoices", customer=self._customer()["id"], status="open")["data"][:1]
        if self.account.is_broken and self.account.card is Card.PAYS and self._random.random() < 0.5:
            self._dashboard.act(self._customer()["id"], "mend_card")
            self.account.is_broken = False
            button, card = "Pay now with", VISA
        else:
            button, card = "Pay now", self._random.choice([VISA, ASKS_ALWAYS])
        if not self.person.pay(invoice["hosted_invoice_url"], button, card=card):
            raise PlayError("an invoice could not be paid")
        self.account.pay_debt()

    def _mend(self) -> None:
        """This function will give a card that pays, and wait until Stripe tries it."""
        self._put_card(VISA)
        living = self.account.living
        assert living is not None
        assert living.attempt_at is not None
        self._move_to(living.attempt_at + HOUR)

    def _lapse(self) -> None:
        living = self.account.living
        assert living is not None
        self._move_to(living.begins + GRACE + HOUR)

    def _give_up(self) -> None:
        living = self.account.living
        assert living is not None
        self._move_to(living.begins + CHARGED_AFTER + sum(TRIED_AGAIN_AFTER) + HOUR)

    def _let_end(self) -> None:
        self._move_to(self._ends + HOUR)

    def _end_at_once(self) -> None:
        self._dashboard.act(self._customer()["id"], "cancel")
        self.account.end()

    def _pass_grace(self) -> None:
        self._move_to(self.account.now + GRACE + DAY)

    def _refund(self) -> None:
        charges = self._dashboard.each("charges", customer=self._customer()["id"])
        latest = next(one for one in charges if one["paid"] and not one["refunded"])
        self._dashboard.post("refunds", charge=latest["id"])
        self.account.refund()

    def _delete_customer(self) -> None:
        self._dashboard.act(self._customer()["id"], "delete")
        self.account.lose_customer()

    def _move_to(self, moment: int) -> None:
        clock = self._customer()["test_clock"]
        self._dashboard.post(f"test_helpers/test_clocks/{clock}/advance", frozen_time=moment)
        self.account.pass_time(moment)

    def _agree(self) -> bool:
        """This function will wait for the product to have seen what was done, and tell whether it has."""
        agreed = until(self._is_seen, seconds=self._pauses.patience, pause=_LOOK_SECONDS)
        self.ways["seen at once" if agreed else "not seen in time"] += 1
        if agreed:
            self.seen += self.account.plan == Plan.PREMIUM != self._seen_plan
            self._seen_plan = self.account.plan
        return agreed

    def _is_seen(self) -> bool:
        found = Entitlement.objects.filter(pk=self.member.lab.pk).first()
        plan = Lab.objects.values_list("plan", flat=True).get(pk=self.member.lab.pk)
        is_in_time = (
            found is not None
            and found.reconciled_at is not None
            and (found.reconciled_at.timestamp() >= self.account.now)
        )
        has_tried = not self.account.has_tried or (found is not None and found.trial_used_at is not None)
        return plan == self.account.plan and has_tried and (is_in_time or not self.account.customers)

    @property
    def _ends(self) -> int:
        assert self.account.living is not None
        return self.account.living.ends

    def _customer(self, identifier: str | None = None) -> Json:
        """This function will ask Stripe for the customer that the lab is; by default the one that the product knows."""
        known = identifier or patiently(
            lambda: Entitlement.objects.values_list("customer_id", flat=True).get(pk=self.member.lab.pk)
        )
        return self._dashboard.get(f"customers/{known}")

    def _living(self) -> Json:
        found = self._dashboard.get("subscriptions", customer=self._customer()["id"])["data"]
        if len(found) != 1:
            raise PlayError(f"the lab has {len(found)} living subscriptions")
        one: Json = found[0]
        return one
