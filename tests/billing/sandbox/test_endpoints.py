from typing import Any

import pytest
import stripe

from billing.sandbox.sandbox import Sandbox


class TestEndpoints:
    def test_show_their_secret_once(self, sandbox: Sandbox) -> None:
        made = stripe.WebhookEndpoint.create(url="http://127.0.0.1:8000/hook", enabled_events=["invoice.paid"])
        assert str(made.secret).startswith("whsec_")
        assert "secret" not in stripe.WebhookEndpoint.retrieve(made.id).to_dict()
        assert "secret" not in stripe.WebhookEndpoint.list().data[0].to_dict()

    def test_hear_only_what_they_ask_for(self, sandbox: Sandbox) -> None:
        made = stripe.WebhookEndpoint.create(url="http://localhost:8000/hook", enabled_events=["customer.deleted"])
        customer = stripe.Customer.create()
        assert sandbox.deliveries == []
        stripe.WebhookEndpoint.modify(made.id, enabled_events=["*"], disabled=True)
        stripe.Customer.modify(customer.id, email="a@example.org")
        assert sandbox.deliveries == []
        stripe.WebhookEndpoint.modify(made.id, disabled=False)
        stripe.Customer.modify(customer.id, email="b@example.org")
        assert [d["type"] for d in sandbox.deliveries] == ["customer.updated"]
        assert stripe.WebhookEndpoint.delete(made.id).deleted
        assert sandbox.flush() == []

    @pytest.mark.parametrize(
        "url", ["http://example.org/", "https://10.0.0.1/", "http://localhost.example.org/", "ftp://localhost/", "x"]
    )
    def test_stay_on_this_machine(self, sandbox: Sandbox, url: str) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="loopback"):
            stripe.WebhookEndpoint.create(url=url, enabled_events=["*"])

    def test_know_the_types_of_events(self, sandbox: Sandbox) -> None:
        types: Any = ["invoice.payd"]
        with pytest.raises(stripe.InvalidRequestError, match="enabled_events"):
            stripe.WebhookEndpoint.create(url="http://localhost/", enabled_events=types)
