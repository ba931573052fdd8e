from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
import stripe
from django.core.management import CommandError, call_command
from djstripe.models import WebhookEndpoint

from billing import mirror
from billing.events import wanted
from billing.products import PRODUCT_ID, PRODUCT_NAME
from billing.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.django_db

Run = Callable[..., str]


@pytest.fixture
def run(sandbox: Sandbox) -> Run:
    """This function will give the command, and it what it says."""

    def run(*options: str) -> str:
        out = StringIO()
        call_command("billing_bootstrap", *options, stdout=out, no_color=True)
        return out.getvalue()

    return run


def _endpoints() -> list[stripe.WebhookEndpoint]:
    return stripe.WebhookEndpoint.list().data


class TestBootstrap:
    def test_makes_all_that_is_missing(self, run: Run, settings: Any) -> None:
        said = run()
        assert said.count(": made") == 5
        product = stripe.Product.retrieve(PRODUCT_ID)
        assert (product.name, product.active) == (PRODUCT_NAME, True)
        prices = {price.lookup_key: price.unit_amount for price in stripe.Price.list(product=PRODUCT_ID).data}
        assert prices == {"premium_monthly": 9_900, "premium_yearly": 99_000}
        (endpoint,) = _endpoints()
        row = WebhookEndpoint.objects.get()
        assert endpoint.url == f"{settings.WEB_ORIGIN}/billing/webhooks/{row.djstripe_uuid}/"
        assert (row.id, row.api_version) == (endpoint.id, settings.STRIPE_API_VERSION)
        assert row.secret.startswith("whsec_")
        assert "secret" not in row.stripe_data
        assert set(endpoint.enabled_events) == set(wanted())

    def test_finds_all_of_it_the_second_time(self, run: Run, sandbox: Sandbox) -> None:
        run()
        before = len(sandbox.calls)
        said = run()
        assert said.count("as it should be") == 5
        assert {call.method.upper() for call in sandbox.calls[before:]} == {"GET"}

    def test_lets_the_mirror_know_the_prices(self, run: Run) -> None:
        run()
        assert set(mirror.prices_of(PRODUCT_ID)) == {"premium_monthly", "premium_yearly"}

    def test_lets_people_do_in_the_portal_what_the_pages_promise(self, run: Run) -> None:
        run()
        (configuration,) = stripe.billing_portal.Configuration.list().to_dict()["data"]
        features = configuration["features"]
        assert all(features[name]["enabled"] for name in features)
        assert features["subscription_cancel"]["mode"] == "at_period_end"
        assert len(features["subscription_update"]["products"][0]["prices"]) == 2
        assert "email" not in features["customer_update"]["allowed_updates"]

    def test_leaves_an_amount_alone_that_stands_at_stripe(self, run: Run) -> None:
        run()
        new = stripe.Price.create(
            product=PRODUCT_ID,
            unit_amount=14_900,
            currency="usd",
            recurring={"interval": "month"},
            lookup_key="premium_monthly",
            transfer_lookup_key=True,
        )
        said = run()
        assert "premium_monthly: as it should be (14900 USD" in said
        assert "Portal: changed" in said  # it offers the new price
        assert mirror.prices_of(PRODUCT_ID)["premium_monthly"].id == new.id

    def test_says_that_a_key_is_at_the_wrong_price(self, run: Run) -> None:
        run()
        stripe.Price.create(
            product=PRODUCT_ID,
            unit_amount=14_900,
            currency="usd",
            recurring={"interval": "year"},
            lookup_key="premium_monthly",
            transfer_lookup_key=True,
        )
        assert "WRONG" in run()

    def test_mends_what_was_changed(self, run: Run) -> None:
        run()
        stripe.Product.modify(PRODUCT_ID, name="Something", active=False)
        stripe.WebhookEndpoint.modify(_endpoints()[0].id, enabled_events=["invoice.paid"], disabled=True)
        said = run()
        assert said.count(": changed") == 2
        assert stripe.Product.retrieve(PRODUCT_ID).active
        assert (_endpoints()[0].status, set(_endpoints()[0].enabled_events)) == ("enabled", set(wanted()))

    def test_replaces_an_endpoint_whose_secret_is_not_known(self, run: Run) -> None:
        run()
        WebhookEndpoint.objects.all().delete()
        old = _endpoints()[0].id
        run()
        assert [one.id for one in _endpoints()] == list(WebhookEndpoint.objects.values_list("id", flat=True)) != [old]

    def test_leaves_endpoints_of_others_alone(self, run: Run) -> None:
        other = stripe.WebhookEndpoint.create(url="http://localhost:1/other/", enabled_events=["*"])
        run("--rotate-webhook-secret")
        assert other.id in [one.id for one in _endpoints()]

    def test_changes_the_secret_when_asked_to(self, run: Run) -> None:
        run()
        before = WebhookEndpoint.objects.get()
        said = run("--rotate-webhook-secret")
        after = WebhookEndpoint.objects.get()
        assert (": made" in said, ": removed" in said) == (True, True)
        assert before.secret != after.secret
        assert [one.id for one in _endpoints()] == [after.id]

    def test_only_says_what_it_would_do(self, run: Run) -> None:
        said = run("--dry-run")
        assert said.count("to be made") == 5
        assert stripe.Product.list().data == []
        assert _endpoints() == []
        assert not WebhookEndpoint.objects.exists()


class TestCommand:
    def test_asks_twice_where_money_is_real(self, run: Run, settings: Any) -> None:
        settings.STRIPE_LIVE_MODE = True
        with pytest.raises(CommandError, match="--live"):
            run()
        assert stripe.Product.list().data == []
        assert "the live account" not in run("--live")  # a sandbox stays one, whatever is said
        assert stripe.Product.list().data != []

    def test_says_that_a_key_is_wrong(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stripe, "api_key", "sk_test_" + "x" * 24)
        with pytest.raises(CommandError, match="STRIPE_SECRET_KEY"):
            run()

    def test_says_that_stripe_is_away(self, run: Run, sandbox: Sandbox) -> None:
        sandbox.set_chaos(error_share=1)
        with pytest.raises(CommandError, match="does not answer"):
            run()

    def test_says_that_there_is_no_stripe(self, run: Run, settings: Any) -> None:
        settings.BILLING_MODE = "off"
        with pytest.raises(CommandError, match="off"):
            run()
