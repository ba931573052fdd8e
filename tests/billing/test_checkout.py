from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from djstripe.models import Session

from billing import checkout, gateway
from billing.checkout import Arrival
from billing.errors import (
    AlreadySubscribedError,
    BillingRefusedError,
    NotOurSessionError,
    StripeUnavailableError,
)
from billing.models import Checkout, Entitlement
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from tests.billing import books
from tests.billing.sandbox.fixtures import Shop

pytestmark = pytest.mark.django_db

MONTHLY, YEARLY = "premium_monthly", "premium_yearly"


@pytest.fixture
def lab(free_user: User) -> Lab:
    return Lab.objects.of(free_user)[0]


Begin = Callable[..., str]


@pytest.fixture
def begin(lab: Lab, free_user: User, shop: Shop) -> Begin:
    def begin(key: str = MONTHLY, *, later: timedelta = timedelta(0), own: Lab = lab) -> str:
        return checkout.begin(own, key, user=free_user, now=_now(shop) + later)

    return begin


def _now(shop: Shop) -> datetime:
    return datetime.fromtimestamp(shop.sandbox.now(), UTC)


def _arrive(lab: Lab, shop: Shop) -> Arrival:
    session_id = Checkout.objects.filter(lab=lab).latest("begun_at").session_id
    return checkout.arrive(lab, session_id, actor="user:1", now=_now(shop))


class TestBegin:
    def test_leads_to_stripe_with_the_labs_id_and_nothing_else(self, begin: Begin, lab: Lab, shop: Shop) -> None:
        assert begin() == books.open_sessions()[0].url
        session = books.open_sessions()[0]
        assert session.to_dict()["metadata"] == {}
        assert (session.client_reference_id, session.customer) == (str(lab.pk), books.customer(lab))
        assert str(session.success_url).endswith(f"/billing/{lab.pk}/return/?session_id={{CHECKOUT_SESSION_ID}}")
        shop.sandbox.person.pay(session.id)
        (subscription,) = books.subscriptions(lab)
        assert subscription.to_dict()["metadata"] == {"lab": str(lab.pk)}

    def test_gives_dj_stripe_nothing_to_write(self, begin: Begin, lab: Lab, shop: Shop) -> None:
        """It writes what a session's metadata say of the lab to the customer, and without an idempotency key."""
        begin()
        shop.sandbox.person.pay(books.open_sessions()[0].id)
        session = stripe.checkout.Session.list(customer=books.customer(lab)).data[0]
        before = len(shop.sandbox.calls)
        Session.sync_from_stripe_data(session)
        assert Session.objects.get().customer.id == books.customer(lab)
        assert {call.method for call in shop.sandbox.calls[before:]} == {"GET"}

    def test_asked_again_leads_to_the_same_page(self, begin: Begin) -> None:
        assert begin() == begin(later=timedelta(minutes=50))
        assert len(books.open_sessions()) == 1

    def test_closes_the_page_of_another_price_first(self, begin: Begin) -> None:
        first = begin(MONTHLY)
        assert begin(YEARLY) != first
        assert [session.url for session in books.open_sessions()] == [begin(YEARLY)]
        assert Checkout.objects.filter(closed_at=None).count() == 1

    def test_makes_a_new_page_when_the_old_one_is_over(self, begin: Begin) -> None:
        first = begin()
        second = begin(later=timedelta(minutes=61))
        assert first != second
        assert [session.url for session in books.open_sessions()] == [second]

    def test_asks_with_the_same_key_when_the_answer_was_lost(
        self, begin: Begin, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with _losing_answers(monkeypatch), pytest.raises(StripeUnavailableError):
            begin()
        assert begin() == books.open_sessions()[0].url
        assert len(books.open_sessions()) == 1

    def test_begins_anew_when_the_lost_answer_was_to_another_question(
        self, begin: Begin, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with _losing_answers(monkeypatch), pytest.raises(StripeUnavailableError):
            begin()
        stripe.Price.create(
            product=shop.product,
            unit_amount=12_000,
            currency="usd",
            recurring={"interval": "month"},
            lookup_key=MONTHLY,
            transfer_lookup_key=True,
        )
        assert begin() in [session.url for session in books.open_sessions()]
        assert Checkout.objects.count() == 2

    def test_is_refused_where_a_subscription_is_alive(self, begin: Begin, lab: Lab, shop: Shop) -> None:
        begin()
        shop.sandbox.person.pay(books.open_sessions()[0].id)
        for key in (MONTHLY, YEARLY):
            with pytest.raises(AlreadySubscribedError):
                begin(key)
        assert books.open_sessions() == []
        assert not Checkout.objects.filter(closed_at=None).exists()

    def test_goes_on_after_a_subscription_has_ended(self, begin: Begin, lab: Lab, shop: Shop) -> None:
        begin()
        shop.sandbox.person.pay(books.open_sessions()[0].id)
        stripe.Subscription.cancel(stripe.Subscription.list(customer=books.customer(lab)).data[0].id)
        assert begin() == books.open_sessions()[0].url

    @pytest.mark.parametrize("key", ["", "premium_daily", "x" * 300])
    def test_refuses_what_is_not_offered(self, begin: Begin, key: str) -> None:
        with pytest.raises(BillingRefusedError):
            begin(key)

    def test_says_that_a_price_is_missing_at_stripe(self, begin: Begin, shop: Shop) -> None:
        stripe.Price.modify(shop.monthly, active=False)
        with pytest.raises(BillingRefusedError, match="not on sale"):
            begin()

    def test_takes_the_price_that_has_the_key_now(self, begin: Begin, shop: Shop) -> None:
        dearer = stripe.Price.create(
            product=shop.product,
            unit_amount=12_000,
            currency="usd",
            recurring={"interval": "month"},
            lookup_key=MONTHLY,
            transfer_lookup_key=True,
        )
        begin()
        items = stripe.checkout.Session.list_line_items(books.open_sessions()[0].id).data
        assert [item.price and item.price.id for item in items] == [dearer.id]

    def test_leaves_other_labs_alone(self, begin: Begin, stranger: User) -> None:
        other = Lab.objects.of(stranger)[0]
        assert begin() != begin(own=other)
        assert len(books.open_sessions()) == 2


class TestTrial:
    def test_is_offered_once(self, begin: Begin, lab: Lab, shop: Shop) -> None:
        begin()
        shop.sandbox.person.pay(books.open_sessions()[0].id)
        assert _arrive(lab, shop).plan == Plan.PREMIUM
        (trial,) = stripe.Subscription.list(customer=books.customer(lab)).data
        assert trial.status == "trialing"
        stripe.Subscription.cancel(trial.id)
        begin()
        shop.sandbox.person.pay(books.open_sessions()[0].id)
        assert stripe.Subscription.list(customer=books.customer(lab)).data[0].status == "active"

    def test_is_not_offered_where_the_settings_offer_none(
        self, begin: Begin, lab: Lab, shop: Shop, settings: Any
    ) -> None:
        settings.BILLING_TRIAL_DAYS = 0
        begin()
        shop.sandbox.person.pay(books.open_sessions()[0].id)
        assert stripe.Subscription.list(customer=books.customer(lab)).data[0].status == "active"

    def test_is_not_offered_again_to_a_lab_whose_customer_was_deleted(self, begin: Begin, lab: Lab, shop: Shop) -> None:
        begin()
        shop.sandbox.person.pay(books.open_sessions()[0].id)
        _arrive(lab, shop)
        stripe.Customer.delete(books.customer(lab))
        begin()
        shop.sandbox.person.pay(books.open_sessions()[0].id)
        assert stripe.Subscription.list(customer=books.customer(lab)).data[0].status == "active"


class TestArrive:
    def test_gives_the_plan_before_any_webhook(self, begin: Begin, lab: Lab, shop: Shop) -> None:
        begin()
        shop.sandbox.person.pay(books.open_sessions()[0].id)
        assert _arrive(lab, shop) == Arrival(is_paid=True, plan=Plan.PREMIUM, was_second=False)
        lab.refresh_from_db()
        assert lab.plan == Plan.PREMIUM
        assert Checkout.objects.get().closed_at is not None

    def test_twice_is_as_once(self, begin: Begin, lab: Lab, shop: Shop) -> None:
        begin()
        shop.sandbox.person.pay(books.open_sessions()[0].id)
        assert _arrive(lab, shop) == _arrive(lab, shop)
        assert Entitlement.objects.get(lab=lab).version == 1

    def test_waits_for_a_session_that_is_not_paid(self, begin: Begin, lab: Lab, shop: Shop) -> None:
        begin()
        assert _arrive(lab, shop) == Arrival(is_paid=False, plan=Plan.FREE, was_second=False)

    def test_does_not_know_sessions_of_others(self, begin: Begin, lab: Lab, shop: Shop, stranger: User) -> None:
        begin()
        other = Lab.objects.of(stranger)[0]
        begin(own=other)
        foreign = Checkout.objects.get(lab=other).session_id
        for session_id in (foreign, "cs_test_none", "", "../customers", "cs_test_" + "a" * 500):
            with pytest.raises(NotOurSessionError):
                checkout.arrive(lab, session_id, actor="user:1", now=_now(shop))

    def test_gives_the_plan_though_nothing_can_be_given_back(
        self, begin: Begin, lab: Lab, shop: Shop, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        settings.BILLING_TRIAL_DAYS = 0
        begin()
        stripe.Subscription.create(customer=books.give_card(lab), items=[{"price": shop.yearly}])
        shop.sandbox.person.pay(books.open_sessions()[0].id)

        def refuse(_: str, *, key: str) -> int:
            raise StripeUnavailableError(key)

        monkeypatch.setattr(gateway, "refund_invoice", refuse)
        assert _arrive(lab, shop) == Arrival(is_paid=True, plan=Plan.PREMIUM, was_second=False)

    def test_gives_back_what_was_paid_twice(self, begin: Begin, lab: Lab, shop: Shop, settings: Any) -> None:
        settings.BILLING_TRIAL_DAYS = 0
        begin()
        first = stripe.Subscription.create(customer=books.give_card(lab), items=[{"price": shop.yearly}])
        shop.sandbox.advance(by=timedelta(minutes=1))
        shop.sandbox.person.pay(books.open_sessions()[0].id)
        assert _arrive(lab, shop) == Arrival(is_paid=True, plan=Plan.PREMIUM, was_second=True)
        alive = stripe.Subscription.list(customer=books.customer(lab)).data
        assert [one.id for one in alive] == [first.id]
        refunded = {charge.amount: charge.refunded for charge in stripe.Charge.list(customer=books.customer(lab)).data}
        assert refunded == {99_000: False, 9_900: True}


@contextmanager
def _losing_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This function will let Stripe open sessions whose answers are lost on their way."""
    ask = gateway.begin_checkout

    def lose(**asked: Any) -> Any:
        ask(**asked)
        raise StripeUnavailableError("lost")

    with monkeypatch.context() as lossy:
        lossy.setattr(gateway, "begin_checkout", lose)
        yield
