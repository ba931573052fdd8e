"""The second opinion itself: each act, by hand and calendar."""

from datetime import UTC, datetime

import pytest

from genomics.localaws.chaos_billing.account import CHARGED_AFTER, DAY, GRACE, Account, Card, Pace
from genomics.users.limits import Plan

MONTH, YEAR = 9_900, 99_000
START = int(datetime(2027, 1, 31, 9, tzinfo=UTC).timestamp())


@pytest.fixture
def account() -> Account:
    account = Account(prices={Pace.MONTHLY: MONTH, Pace.YEARLY: YEAR}, trial_days=0, now=START)
    account.meet_customer()
    return account


@pytest.fixture
def paying(account: Account) -> Account:
    account.subscribe(Pace.MONTHLY, card=Card.PAYS)
    return account


@pytest.fixture
def owing(paying: Account) -> Account:
    paying.is_broken = True
    _renew(paying)
    return paying


def _moment(month: int, day: int) -> int:
    return int(datetime(2027, month, day, 9, tzinfo=UTC).timestamp())


def _renew(account: Account) -> None:
    assert account.living
    account.pass_time(account.living.ends + CHARGED_AFTER + 60)


class TestSubscribe:
    def test_is_premium_and_paid_at_once(self, paying: Account) -> None:
        assert (paying.plan, paying.paid, paying.entries) == (Plan.PREMIUM, [MONTH], 1)

    def test_costs_nothing_in_a_trial_until_it_is_over(self, account: Account) -> None:
        account.trial_days = 14
        account.subscribe(Pace.YEARLY, card=Card.PAYS)
        assert (account.plan, account.paid) == (Plan.PREMIUM, [])
        _renew(account)
        assert (account.plan, account.paid, account.entries) == (Plan.PREMIUM, [YEAR], 1)
        assert account.living
        assert account.living.ends == account.living.anchor + 365 * DAY

    def test_gives_one_trial_only(self, account: Account) -> None:
        account.trial_days = 14
        account.subscribe(Pace.MONTHLY, card=Card.PAYS)
        account.end()
        assert account.plan == Plan.FREE
        account.subscribe(Pace.MONTHLY, card=Card.PAYS)
        assert (account.paid, account.entries) == ([MONTH], 2)


class TestTime:
    def test_renews_on_the_same_day_or_the_last_of_a_shorter_month(self, paying: Account) -> None:
        ends = []
        for _ in range(3):
            assert paying.living
            ends.append(paying.living.ends)
            _renew(paying)
        assert ends == [_moment(2, 28), _moment(3, 31), _moment(4, 30)]
        assert paying.paid == [MONTH] * 4

    def test_ends_a_subscription_that_was_cancelled_and_then_its_grace(self, paying: Account) -> None:
        paying.leave()
        plans = [paying.plan]
        for moment in (_moment(2, 28) + 60, _moment(2, 28) + GRACE):
            paying.pass_time(moment)
            plans.append(paying.plan)
        assert plans == [Plan.PREMIUM, Plan.GRACE, Plan.FREE]
        assert (paying.living, paying.paid) == (None, [MONTH])

    def test_goes_on_with_one_whose_cancellation_was_taken_back(self, paying: Account) -> None:
        paying.leave()
        paying.stay()
        _renew(paying)
        assert (paying.plan, paying.entries) == (Plan.PREMIUM, 1)


class TestDebt:
    def test_is_grace_from_the_beginning_of_the_period(self, owing: Account) -> None:
        assert (owing.plan, owing.paid) == (Plan.GRACE, [MONTH])
        owing.pass_time(_moment(2, 28) + GRACE)
        assert owing.plan == Plan.FREE

    def test_is_paid_at_the_screen(self, owing: Account) -> None:
        owing.pay_debt()
        assert (owing.plan, owing.paid, owing.entries) == (Plan.PREMIUM, [MONTH, MONTH], 2)

    def test_is_paid_by_the_next_card_at_the_next_attempt(self, owing: Account) -> None:
        owing.take_card(Card.PAYS)
        assert owing.plan == Plan.GRACE
        owing.pass_time(owing.now + 3 * DAY)
        assert (owing.plan, owing.paid) == (Plan.PREMIUM, [MONTH, MONTH])

    def test_ends_the_subscription_after_the_last_attempt(self, owing: Account) -> None:
        owing.pass_time(_moment(2, 28) + CHARGED_AFTER + 15 * DAY)
        assert (owing.living, owing.plan, owing.paid) == (None, Plan.FREE, [MONTH])

    def test_comes_when_the_bank_asks_and_nobody_is_there(self, paying: Account) -> None:
        paying.take_card(Card.ASKS)
        _renew(paying)
        assert paying.plan == Plan.GRACE


class TestSwitch:
    def test_pays_the_year_without_what_is_left_of_the_month(self, paying: Account) -> None:
        paying.pass_time(START + 14 * DAY)  # half of the 28 days
        paying.switch()
        assert paying.paid == [MONTH, YEAR - MONTH // 2]
        assert paying.living
        assert paying.living.ends == START + 14 * DAY + 365 * DAY

    def test_keeps_what_is_too_much_as_credit(self, account: Account) -> None:
        account.subscribe(Pace.YEARLY, card=Card.PAYS)
        account.switch()
        assert (account.paid, account.credit) == ([YEAR], YEAR - MONTH)
        account.is_broken = True
        _renew(account)
        assert (account.plan, account.paid, account.credit) == (Plan.PREMIUM, [YEAR], YEAR - 2 * MONTH)

    def test_is_free_in_a_trial(self, account: Account) -> None:
        account.trial_days = 14
        account.subscribe(Pace.MONTHLY, card=Card.PAYS)
        account.switch()
        _renew(account)
        assert account.paid == [YEAR]


class TestEnds:
    def test_refunds_the_newest_charge_first(self, paying: Account) -> None:
        _renew(paying)
        paying.switch()
        paying.refund()
        paying.refund()
        assert paying.given_back == paying.paid[2] + paying.paid[1]
        assert paying.plan == Plan.PREMIUM

    def test_loses_subscription_and_refunds_with_the_customer(self, paying: Account) -> None:
        paying.lose_customer()
        assert (paying.plan, paying.living, paying.can_be_refunded) == (Plan.GRACE, None, False)

    def test_counts_an_entry_only_when_the_lab_was_out(self, paying: Account) -> None:
        paying.end()
        paying.subscribe(Pace.YEARLY, card=Card.PAYS)
        assert paying.entries == 2
