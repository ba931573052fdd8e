from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
import stripe
from django.db import connection

from billing import customers, gateway
from billing.errors import StripeUnavailableError
from billing.models import Entitlement
from billing.sandbox.sandbox import Sandbox
from genomics.users.models import Lab, User
from tests.billing import books

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab(free_user: User) -> Lab:
    return Lab.objects.of(free_user)[0]


def _all() -> list[stripe.Customer]:
    return stripe.Customer.list().data


class TestCustomerOf:
    def test_tells_stripe_id_and_address_and_not_the_name(self, lab: Lab, sandbox: Sandbox, now: datetime) -> None:
        Lab.objects.filter(pk=lab.pk).update(name="Patient Jane Doe")
        customer = stripe.Customer.retrieve(customers.customer_of(lab, now=now)).to_dict()
        assert customer["metadata"] == {"lab": str(lab.pk)}
        assert (customer["email"], customer["name"], customer["description"]) == (lab.email, None, None)
        assert "Jane" not in str([call.params for call in sandbox.calls])

    def test_is_the_same_each_time(self, lab: Lab, sandbox: Sandbox, now: datetime) -> None:
        assert customers.customer_of(lab, now=now) == customers.customer_of(lab, now=now) == books.customer(lab)
        assert len(_all()) == 1

    def test_is_the_same_when_the_answer_was_lost(
        self, lab: Lab, sandbox: Sandbox, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make = gateway.create_customer

        def lose(**asked: Any) -> str:
            make(**asked)
            raise StripeUnavailableError("lost")

        with monkeypatch.context() as lossy:
            lossy.setattr(gateway, "create_customer", lose)
            with pytest.raises(StripeUnavailableError):
                customers.customer_of(lab, now=now)
        Lab.objects.filter(pk=lab.pk).update(email="moved@lab.example")
        customer = customers.customer_of(lab, now=now)
        assert [(one.id, one.email) for one in _all()] == [(customer, "moved@lab.example")]

    def test_replaces_one_that_was_deleted(self, lab: Lab, sandbox: Sandbox, now: datetime) -> None:
        found = []
        for _ in range(3):
            found.append(customers.customer_of(lab, now=now))
            stripe.Customer.delete(found[-1])
        assert len(set(found)) == 3

    def test_replaces_one_whose_loss_was_noted(self, lab: Lab, sandbox: Sandbox, now: datetime) -> None:
        first = customers.customer_of(lab, now=now)
        stripe.Customer.delete(first)
        Entitlement.objects.filter(lab=lab).update(customer_id="")
        assert customers.customer_of(lab, now=now) != first

    def test_replaces_one_that_stripe_never_heard_of(self, lab: Lab, sandbox: Sandbox, now: datetime) -> None:
        Entitlement.objects.create(lab=lab, customer_id="cus_of_another_account")
        assert customers.customer_of(lab, now=now).startswith("cus_")
        assert len(_all()) == 1

    def test_carries_a_changed_address(self, lab: Lab, sandbox: Sandbox, now: datetime) -> None:
        customer = customers.customer_of(lab, now=now)
        Lab.objects.filter(pk=lab.pk).update(email="new@lab.example")
        assert customers.customer_of(lab, now=now) == customer
        assert stripe.Customer.retrieve(customer).email == "new@lab.example"


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_one_lab_is_one_customer(self, lab: Lab, sandbox: Sandbox, now: datetime) -> None:
        def ask(_: int) -> str:
            try:
                return customers.customer_of(lab, now=now)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(ask, range(4)))
        assert found == [_all()[0].id] * 4
        assert len(_all()) == 1


class TestCarryAddresses:
    def test_tells_what_has_changed_and_nothing_else(
        self, lab: Lab, sandbox: Sandbox, now: datetime, stranger: User
    ) -> None:
        other = Lab.objects.of(stranger)[0]
        first, second = (customers.customer_of(one, now=now) for one in (lab, other))
        assert customers.carry_addresses() == 0
        Lab.objects.filter(pk=lab.pk).update(email="new@lab.example")
        assert customers.carry_addresses() == 1
        assert customers.carry_addresses() == 0
        assert [stripe.Customer.retrieve(one).email for one in (first, second)] == ["new@lab.example", other.email]

    def test_tells_a_customer_that_the_mirror_does_not_know(self, lab: Lab, sandbox: Sandbox, now: datetime) -> None:
        customer = stripe.Customer.create(email="old@lab.example")
        Entitlement.objects.create(lab=lab, customer_id=customer.id)
        assert customers.carry_addresses() == 1
        assert stripe.Customer.retrieve(customer.id).email == lab.email

    def test_waits_while_stripe_is_away(self, lab: Lab, sandbox: Sandbox, now: datetime) -> None:
        customer = customers.customer_of(lab, now=now)
        Lab.objects.filter(pk=lab.pk).update(email="new@lab.example")
        sandbox.set_chaos(error_share=1)
        assert customers.carry_addresses() == 0
        sandbox.set_chaos(error_share=0)
        assert customers.carry_addresses() == 1
        assert stripe.Customer.retrieve(customer).email == "new@lab.example"

    def test_has_nothing_to_do_where_nothing_is_sold(
        self, lab: Lab, sandbox: Sandbox, now: datetime, settings: Any
    ) -> None:
        Entitlement.objects.create(lab=lab, customer_id="cus_1")
        settings.BILLING_MODE = "off"
        assert customers.carry_addresses() == 0
        assert sandbox.calls == []

    def test_leaves_out_who_is_gone(self, lab: Lab, sandbox: Sandbox, now: datetime) -> None:
        stripe.Customer.delete(customers.customer_of(lab, now=now))
        Lab.objects.filter(pk=lab.pk).update(email="new@lab.example")
        assert customers.carry_addresses() == 0
