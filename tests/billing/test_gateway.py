"""What we say to Stripe, and what we read in its answers: the same tests for the sandbox and for a real test account.

The real account needs its key in STRIPE_TEST_SECRET_KEY. Everything that is made there hangs on a test clock, which
takes it all away again; product, prices and portal stay.
"""

import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
import stripe
from django.conf import settings

from billing import bootstrap, gateway, portal
from billing.errors import KeyReusedError, StripeMissingError, StripeRefusedError, StripeUnavailableError
from billing.products import OFFERS, PRODUCT_ID
from billing.sandbox.sandbox import Sandbox
from billing.values import Subscription, SubscriptionStatus, parse_subscription

DAY = timedelta(days=1)
_REACHABLE = "https://genomics.example"  # Stripe wants an address that could be
_PATIENCE_SECONDS = 120
_KEY = os.environ.get("STRIPE_TEST_SECRET_KEY", "")


@dataclass
class Account:
    """An account at Stripe, or the sandbox, with what we sell."""

    prices: dict[str, str]  # id by lookup key
    clocks: list[str] = field(default_factory=list)

    def customer(self, *, lab_id: str = "") -> str:
        """This function will make a customer whose time can be moved, with a card that pays."""
        key = str(uuid.uuid4())
        self.clocks.append(gateway.create_test_clock(frozen_at=datetime.now(UTC), key=f"clock:{key}"))
        customer_id = gateway.create_customer(lab_id=lab_id or key, key=key, test_clock_id=self.clocks[-1])
        self.give_card(customer_id, "pm_card_visa")
        return customer_id

    def give_card(self, customer_id: str, token: str) -> None:
        card = stripe.PaymentMethod.attach(token, customer=customer_id)
        stripe.Customer.modify(customer_id, invoice_settings={"default_payment_method": card.id})

    def subscribe(self, customer_id: str, lookup_key: str = "premium_monthly") -> str:
        return stripe.Subscription.create(customer=customer_id, items=[{"price": self.prices[lookup_key]}]).id

    def move(self, by: timedelta) -> None:
        """This function will move the time of the customer that was made last, and wait until Stripe is there."""
        clock = stripe.test_helpers.TestClock.retrieve(self.clocks[-1])
        clock.advance(frozen_time=clock.frozen_time + int(by.total_seconds()))
        end = time.monotonic() + _PATIENCE_SECONDS
        while stripe.test_helpers.TestClock.retrieve(clock.id).status != "ready":
            assert time.monotonic() < end, "Stripe's clock does not get there"
            time.sleep(1)


@pytest.fixture(params=["sandbox", pytest.param("stripe", marks=pytest.mark.stripe_account)])
def account(
    request: pytest.FixtureRequest, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Account]:
    if request.param == "sandbox":
        request.getfixturevalue("sandbox")
    else:
        _enter_real_account(settings, monkeypatch)
    list(bootstrap.run(dry=False, rotate_secret=True))
    found = {price["lookup_key"]: price["id"] for price in gateway.price_objects(PRODUCT_ID) if price["active"]}
    made = Account(prices=found)
    yield made
    for clock in made.clocks:
        stripe.test_helpers.TestClock.delete(clock)
    for endpoint in gateway.webhook_endpoints():
        if endpoint["url"].startswith(settings.WEB_ORIGIN):
            gateway.delete_webhook_endpoint(endpoint["id"])


def _enter_real_account(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if not _KEY:
        pytest.skip("STRIPE_TEST_SECRET_KEY is not set: nothing was tried at Stripe itself.")
    assert _KEY.startswith(("sk_test_", "rk_test_")), "STRIPE_TEST_SECRET_KEY must be the key of a test account"
    settings.WEB_ORIGIN = _REACHABLE
    settings.BILLING_MODE = "stripe"
    settings.STRIPE_SECRET_KEY = settings.STRIPE_TEST_SECRET_KEY = _KEY
    monkeypatch.setattr(stripe, "api_key", _KEY)
    monkeypatch.setattr(stripe, "api_version", settings.STRIPE_API_VERSION)
    monkeypatch.setattr(stripe, "api_base", "https://api.stripe.com")
    monkeypatch.setattr(stripe, "default_http_client", stripe.RequestsClient(timeout=30))


class TestCatalogue:
    def test_has_our_prices(self, account: Account) -> None:
        assert set(account.prices) >= {offer.lookup_key for offer in OFFERS}

    def test_is_found_the_second_time(self, account: Account) -> None:
        steps = list(bootstrap.run(dry=True, rotate_secret=False))
        assert {step.outcome for step in steps} == {bootstrap.Outcome.FOUND}


class TestCustomers:
    def test_are_who_we_said(self, account: Account) -> None:
        lab_id = str(uuid.uuid4())
        customer_id = account.customer(lab_id=lab_id)
        identity = gateway.identify(customer_id)
        assert (identity.lab_id, identity.is_deleted) == (lab_id, False)
        gateway.change_email(customer_id, email="lab@genomics.example", key=str(uuid.uuid4()))
        assert gateway.payer(customer_id).email == "lab@genomics.example"

    def test_are_made_once_for_a_key(self, account: Account) -> None:
        key = f"test:{uuid.uuid4()}"
        clock = gateway.create_test_clock(frozen_at=datetime.now(UTC), key=key)
        account.clocks.append(clock)
        first = gateway.create_customer(lab_id="1", key=f"c{key}", test_clock_id=clock)
        assert gateway.create_customer(lab_id="1", key=f"c{key}", test_clock_id=clock) == first
        with pytest.raises(KeyReusedError):
            gateway.create_customer(lab_id="2", key=f"c{key}", test_clock_id=clock)
        assert gateway.customers_of_clock(clock) == [first]

    def test_that_never_were_are_missing(self, account: Account) -> None:
        with pytest.raises(StripeMissingError):
            gateway.identify("cus_NeverThere")

    def test_that_are_deleted_are_told_so_and_pay_no_more(self, account: Account) -> None:
        customer_id = account.customer()
        subscription_id = account.subscribe(customer_id)
        stripe.Customer.delete(customer_id)
        assert gateway.identify(customer_id).is_deleted
        assert parse_subscription(gateway.subscription_object(subscription_id)).status == SubscriptionStatus.CANCELED


def _subscriptions(customer_id: str) -> list[Subscription]:
    return [parse_subscription(data) for data in gateway.subscription_objects(customer_id)]


class TestSubscriptions:
    def test_are_read_with_product_period_and_clock(self, account: Account) -> None:
        customer_id = account.customer()
        subscription_id = account.subscribe(customer_id)
        (one,) = _subscriptions(customer_id)
        assert (one.id, one.customer_id, one.status) == (subscription_id, customer_id, SubscriptionStatus.ACTIVE)
        assert (one.price.product_id, one.price.lookup_key) == (PRODUCT_ID, "premium_monthly")
        assert one.price.money.amount > 0
        assert timedelta(days=27) < one.period_end_at - one.period_start_at < timedelta(days=32)
        assert one.test_clock_id == account.clocks[-1]
        assert (one.cancel_at, one.ended_at, one.trial_end_at) == (None, None, None)
        assert gateway.owed(subscription_id) is None

    def test_end_at_the_end_of_the_period_unless_kept(self, account: Account) -> None:
        subscription_id = account.subscribe(customer_id := account.customer())
        stripe.Subscription.modify(subscription_id, cancel_at_period_end=True)
        (one,) = _subscriptions(customer_id)
        assert one.cancel_at == one.period_end_at
        assert gateway.keep_subscription(subscription_id, key=str(uuid.uuid4())).cancel_at is None

    def test_end_at_once_when_cancelled(self, account: Account) -> None:
        subscription_id = account.subscribe(customer_id := account.customer())
        ended = gateway.cancel_subscription(subscription_id, key=str(uuid.uuid4()))
        assert (ended.status, ended.ended_at is not None) == (SubscriptionStatus.CANCELED, True)
        assert [one.status for one in _subscriptions(customer_id)] == [SubscriptionStatus.CANCELED]

    def test_fall_behind_when_the_renewal_fails(self, account: Account) -> None:
        subscription_id = account.subscribe(customer_id := account.customer())
        account.give_card(customer_id, "pm_card_chargeCustomerFail")
        before = gateway.time_of_clock(account.clocks[-1])
        account.move(32 * DAY)
        assert gateway.time_of_clock(account.clocks[-1]) == before + 32 * DAY
        (one,) = _subscriptions(customer_id)
        assert one.status == SubscriptionStatus.PAST_DUE
        owed = gateway.owed(subscription_id)
        assert owed is not None
        assert owed.url.startswith("http")
        assert not owed.needs_action

    def test_are_paid_back_when_refunded(self, account: Account) -> None:
        account.subscribe(customer_id := account.customer())
        (one,) = _subscriptions(customer_id)
        assert one.latest_invoice_id is not None
        assert gateway.refund_invoice(one.latest_invoice_id, key=str(uuid.uuid4())) == 1

    def test_are_among_all_of_the_account(self, account: Account) -> None:
        subscription_id = account.subscribe(account.customer())
        assert subscription_id in {data["id"] for data in islice(gateway.all_subscription_objects(), 100)}


class TestCheckout:
    def _begin(self, account: Account, *, key: str, trial_days: int = 0) -> Any:
        return gateway.begin_checkout(
            customer_id=self.customer_id,
            price_id=account.prices["premium_yearly"],
            lab_id="1",
            trial_days=trial_days,
            success_url=f"{settings.WEB_ORIGIN}/done/?session_id={{CHECKOUT_SESSION_ID}}",
            cancel_url=f"{settings.WEB_ORIGIN}/left/",
            expires_at=self.expires_at,
            key=key,
        )

    def test_opens_once_for_a_key_and_closes(self, account: Account) -> None:
        self.customer_id, self.expires_at = account.customer(), datetime.now(UTC) + timedelta(hours=1)
        key = str(uuid.uuid4())
        session = self._begin(account, key=key)
        assert (session.status, session.customer_id) == ("open", self.customer_id)
        assert session.url is not None
        assert self._begin(account, key=key).id == session.id
        assert gateway.checkout_session(session.id).status == "open"
        assert gateway.expire_checkout(session.id, key=str(uuid.uuid4())).status == "expired"
        with pytest.raises(StripeRefusedError):
            gateway.expire_checkout(session.id, key=str(uuid.uuid4()))

    def test_offers_a_trial(self, account: Account) -> None:
        self.customer_id, self.expires_at = account.customer(), datetime.now(UTC) + timedelta(hours=1)
        assert self._begin(account, key=str(uuid.uuid4()), trial_days=14).status == "open"


class TestPortal:
    def test_opens_for_a_customer(self, account: Account) -> None:
        configuration = portal.ours(gateway.portal_configurations())
        assert configuration is not None
        url = gateway.begin_portal(
            customer_id=account.customer(),
            configuration_id=configuration["id"],
            return_url=f"{settings.WEB_ORIGIN}/back/",
            key=str(uuid.uuid4()),
        )
        assert url.startswith("http")


class TestErrors:
    @pytest.mark.parametrize(
        ("chaos", "error"),
        [({"error_share": 1}, StripeUnavailableError), ({"lost_share": 1}, StripeUnavailableError)],
    )
    def test_of_the_way_are_told_from_refusals(self, sandbox: Sandbox, chaos: dict[str, Any], error: Any) -> None:
        sandbox.set_chaos(**chaos)
        with pytest.raises(error):
            gateway.identify("cus_1")

    def test_of_the_key_are_refusals(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stripe, "api_key", "sk_test_of_somebody_else")
        with pytest.raises(StripeRefusedError):
            gateway.identify("cus_1")


class TestIsSigned:
    SECRET = "whsec_1"

    def _signature(self, body: bytes, *, at: float, secret: str = SECRET) -> str:
        moment = int(at)
        signed = stripe.WebhookSignature._compute_signature(f"{moment}.{body.decode()}", secret)
        return f"t={moment},v1={signed}"

    def _is_signed(self, body: bytes, signature: str) -> bool:
        return gateway.is_signed(body, signature=signature, secret=self.SECRET, tolerance_seconds=300)

    def test_knows_its_own_secret_body_and_time(self) -> None:
        now, body = time.time(), b'{"id": "evt_1"}'
        assert self._is_signed(body, self._signature(body, at=now))
        assert not self._is_signed(body, self._signature(body, at=now, secret="whsec_2"))
        assert not self._is_signed(body + b" ", self._signature(body, at=now))
        assert not self._is_signed(body, self._signature(body, at=now - 301))

    @pytest.mark.parametrize("signature", ["", "t=1", "v1=ab", "t=x,v1=ab", "junk", "t=,v1="])
    def test_believes_no_junk(self, signature: str) -> None:
        assert not self._is_signed(b"{}", signature)

    def test_believes_no_bytes_that_are_no_text(self) -> None:
        assert not self._is_signed(b"\xff", f"t={int(time.time())},v1=ab")


def test_the_settings_pin_the_version_that_is_read_here() -> None:
    assert settings.STRIPE_API_VERSION == "2026-05-27.dahlia"
