"""The second opinion and the product's own judgement, about the same lives at the sandbox: they agree at every step."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe

from billing.decide import decide
from billing.values import parse_subscription
from genomics.localaws.chaos_billing.account import CHARGED_AFTER, DAY, GRACE, TRIED_AGAIN_AFTER, Account, Card, Pace
from genomics.users.limits import Plan
from tests.billing.sandbox.fixtures import Shop, sandbox, shop

__all__ = ["sandbox", "shop"]

VISA, ASKS = "4242424242424242", "4000002760003184"
HOUR = 3_600
STEPS = 14


class Both:
    """One customer at the sandbox, and the account that follows it."""

    def __init__(self, shop: Shop, dice: random.Random) -> None:
        self.shop = shop
        self.dice = dice
        self.account = Account(
            prices={Pace.MONTHLY: 9_900, Pace.YEARLY: 99_000},
            trial_days=dice.choice([0, 14]),
            now=shop.sandbox.now(shop.customer),
        )
        self.account.meet_customer()

    def acts(self) -> Iterator[Callable[[], None]]:
        """This function will give what is possible now."""
        account, living = self.account, self.account.living
        if account.can_be_refunded:
            yield self.refund
        if living is None:
            yield self.subscribe
            if account.plan == Plan.GRACE:
                yield lambda: self.move_to(account.now + GRACE + DAY)
            return
        yield self.end
        if living.is_owing:
            yield self.pay_debt
            yield lambda: self.move_to(living.begins + GRACE + HOUR)
            yield lambda: self.move_to(living.begins + CHARGED_AFTER + sum(TRIED_AGAIN_AFTER) + HOUR)
            return
        yield self.leave_or_stay
        yield lambda: self.move_to(living.ends + CHARGED_AFTER + HOUR)
        yield self.break_card
        if not living.is_leaving and account.card is Card.PAYS and not account.is_broken:
            yield self.switch

    def subscribe(self) -> None:
        pace, number = self.dice.choice(list(Pace)), self.dice.choice([VISA, VISA, ASKS])
        has_trial = self.account.trial_days and not self.account.has_tried
        data = {"subscription_data": {"trial_period_days": self.account.trial_days}} if has_trial else {}
        session = self.shop.checkout(line_items=[{"price": self._price(pace), "quantity": 1}], **data)
        self.shop.sandbox.person.pay(session.id, card=number)
        self.account.subscribe(pace, card=Card.ASKS if number == ASKS else Card.PAYS)

    def switch(self) -> None:
        assert self.account.living
        subscription = self.shop.subscription().to_dict()
        item = {"id": subscription["items"]["data"][0]["id"], "price": self._price(self.account.living.pace.other)}
        stripe.Subscription.modify(subscription["id"], items=[item], proration_behavior="create_prorations")  # type: ignore[list-item]
        self.account.switch()

    def leave_or_stay(self) -> None:
        assert self.account.living
        leaves = not self.account.living.is_leaving
        stripe.Subscription.modify(self.shop.subscription().id, cancel_at_period_end=leaves)
        (self.account.leave if leaves else self.account.stay)()

    def end(self) -> None:
        stripe.Subscription.cancel(self.shop.subscription().id)
        self.account.end()

    def break_card(self) -> None:
        self.shop.sandbox.fail_card(self.shop.customer)
        self.account.is_broken = True

    def pay_debt(self) -> None:
        (invoice,) = stripe.Invoice.list(subscription=self.shop.subscription().id, status="open").data
        assert invoice.id
        self.shop.sandbox.person.pay_invoice(invoice.id, card=VISA)
        self.account.pay_debt()

    def refund(self) -> None:
        charge = next(one for one in self.charges() if not one["refunded"])
        stripe.Refund.create(charge=charge["id"])
        self.account.refund()

    def move_to(self, moment: int) -> None:
        self.shop.sandbox.advance(self.shop.customer, to=moment)
        self.account.pass_time(moment)

    def charges(self) -> list[dict[str, Any]]:
        """This function will give what was paid, newest first."""
        found = stripe.Charge.list(customer=self.shop.customer, limit=100).data
        return [one.to_dict() for one in found if one.paid]

    def plan(self) -> Plan:
        """This function will give the product's judgement."""
        found = stripe.Subscription.list(customer=self.shop.customer, status="all", limit=100).data
        now = datetime.fromtimestamp(self.account.now, UTC)
        subscriptions = [parse_subscription(one.to_dict(for_json=True)) for one in found]
        return decide(subscriptions, [], now=now, grace=timedelta(seconds=GRACE)).plan

    def _price(self, pace: Pace) -> str:
        return self.shop.monthly if pace is Pace.MONTHLY else self.shop.yearly


@pytest.mark.parametrize("seed", range(10))
class TestTwoOpinions:
    def test_agree_on_plan_and_money_after_each_act(self, shop: Shop, seed: int) -> None:
        both = Both(shop, random.Random(seed))
        for _ in range(STEPS):
            both.dice.choice(list(both.acts()))()
            account = both.account
            assert account.now == shop.sandbox.now(shop.customer)
            assert both.plan() == account.plan
            charges = both.charges()
            assert [one["amount"] for one in reversed(charges)] == account.paid
            assert sum(one["amount_refunded"] for one in charges) == account.given_back
