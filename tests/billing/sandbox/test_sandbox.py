from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import stripe

from billing.sandbox.errors import SandboxError
from billing.sandbox.sandbox import Sandbox
from tests.billing.sandbox.fixtures import Shop


class TestSandbox:
    def test_refuses_a_live_key(self) -> None:
        with pytest.raises(SandboxError, match="never a live one"):
            Sandbox(api_key="sk_live_x")

    def test_remembers_everything(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = str(tmp_path / "store.sqlite3")
        first = Sandbox(store=path)
        monkeypatch.setattr(stripe, "api_key", "sk_test_any")
        monkeypatch.setattr(stripe, "default_http_client", first.client)
        customer = stripe.Customer.create(email="a@example.org", idempotency_key="k")
        first.advance(by=timedelta(hours=3))
        now = first.now()
        first.close()
        second = Sandbox(store=path)
        monkeypatch.setattr(stripe, "default_http_client", second.client)
        assert stripe.Customer.create(email="a@example.org", idempotency_key="k").id == customer.id
        assert second.now() - now < 60
        second.close()


class TestAdvance:
    def test_takes_a_moment_or_a_span(self, sandbox: Sandbox) -> None:
        tomorrow = datetime.fromtimestamp(sandbox.now(), UTC) + timedelta(days=1)
        sandbox.advance(to=tomorrow)
        assert abs(sandbox.now() - tomorrow.timestamp()) < 5
        with pytest.raises(SandboxError, match="forward"):
            sandbox.advance(to=0)


class TestCards:
    def test_fail_until_mended(self, shop: Shop) -> None:
        shop.subscribe()
        shop.sandbox.fail_card(shop.customer, decline_code="insufficient_funds")
        assert shop.sandbox.is_card_failing(shop.customer)
        shop.sandbox.renew(shop.customer)
        charge = stripe.Charge.list(customer=shop.customer).data[0]
        assert charge.failure_message == "Your card has insufficient funds."
        shop.sandbox.mend_card(shop.customer)
        assert not shop.sandbox.is_card_failing(shop.customer)


class TestActions:
    def test_refund_the_latest_payment(self, shop: Shop) -> None:
        with pytest.raises(SandboxError, match="paid nothing"):
            shop.sandbox.refund(shop.customer)
        shop.subscribe()
        assert shop.sandbox.refund(shop.customer)["amount"] == 9_900
        assert shop.types()[-1] == "charge.refunded"

    def test_cancel_and_delete(self, shop: Shop) -> None:
        made = shop.subscribe()
        shop.sandbox.cancel(made.id)
        assert shop.subscription().status == "canceled"
        with pytest.raises(SandboxError, match="no living"):
            shop.sandbox.renew(shop.customer)
        shop.sandbox.delete_customer(shop.customer)
        assert stripe.Customer.retrieve(shop.customer).deleted

    def test_forget_old_events_and_keys(self, sandbox: Sandbox) -> None:
        sandbox.add_webhook("http://testserver/hook")
        stripe.Customer.create(idempotency_key="k")
        sandbox.advance(by=timedelta(days=31))
        stripe.Customer.create(idempotency_key="l")
        sandbox.forget()
        assert (len(sandbox.events), len(sandbox.deliveries), len(sandbox.objects("idempotency"))) == (1, 1, 1)
        assert len(sandbox.objects("customer")) == 2
