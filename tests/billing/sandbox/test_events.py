from datetime import timedelta

import stripe

from billing.sandbox.sandbox import Sandbox
from tests.billing.sandbox.fixtures import Shop


class TestEmit:
    def test_tells_which_request_was_the_cause(self, sandbox: Sandbox) -> None:
        stripe.Customer.create(idempotency_key="k")
        event = stripe.Event.list().data[0].to_dict()
        assert event["request"]["id"].startswith("req_")
        assert (event["request"]["idempotency_key"], event["api_version"]) == ("k", "2026-05-27.dahlia")

    def test_names_no_request_for_what_happens_by_itself(self, shop: Shop) -> None:
        shop.subscribe()
        shop.sandbox.renew(shop.customer)
        assert shop.sandbox.events[-2]["request"] == {"id": None, "idempotency_key": None}

    def test_keeps_the_object_as_it_was(self, sandbox: Sandbox) -> None:
        customer = stripe.Customer.create(email="old@example.org")
        stripe.Customer.modify(customer.id, email="new@example.org")
        emails = [event.data.object["email"] for event in stripe.Event.list().data]
        assert emails == ["new@example.org", "old@example.org"]


class TestList:
    def test_filters(self, sandbox: Sandbox) -> None:
        stripe.WebhookEndpoint.create(url="http://localhost:8000/", enabled_events=["customer.created"])
        statuses = [500, 200]
        sandbox.courier.deliver = lambda *_: statuses.pop(0)
        failed = stripe.Customer.create()
        sandbox.flush()
        sandbox.advance(by=timedelta(hours=1))
        since = sandbox.now()
        stripe.Customer.modify(failed.id, email="a@example.org")

        def types(**filters: object) -> list[str]:
            return [event.type for event in stripe.Event.list(**filters).data]  # type: ignore[arg-type]

        assert types() == ["customer.updated", "customer.created"]
        assert types(created={"gte": since}) == types(type="customer.updated") == ["customer.updated"]
        assert types(types=["customer.created", "invoice.paid"]) == ["customer.created"]
        assert types(type="customer.*") == types()
        assert types(delivery_success=False) == ["customer.created"]
        assert types(delivery_success=True) == ["customer.updated"]
        sandbox.flush()
        assert types(delivery_success=False) == []
        event = stripe.Event.retrieve(sandbox.events[0]["id"])
        assert event.pending_webhooks == 0
