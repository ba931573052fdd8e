import json
import threading
from datetime import timedelta
from typing import Any

import pytest
import stripe

from billing.sandbox.messages import Answer, Request
from billing.sandbox.sandbox import Sandbox
from tests.billing.sandbox.fixtures import KEY, Shop


def ask(sandbox: Sandbox, method: str, path: str, body: str = "", **headers: str) -> tuple[Answer, dict[str, Any]]:
    sent = {"authorization": f"Bearer {KEY}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    answer = sandbox.answer(Request(method=method, path=path, body=body.encode(), headers=sent))
    return answer, json.loads(answer.body)


class TestAuthenticate:
    @pytest.mark.parametrize("header", ["", "Bearer ", "Basic abc", "Bearer sk_test_other", "Bearer pk_test_x"])
    def test_refuses_what_is_not_the_key(self, sandbox: Sandbox, header: str) -> None:
        answer, body = ask(sandbox, "GET", "/v1/customers", authorization=header)
        assert (answer.status, body["error"]["type"]) == (401, "invalid_request_error")

    def test_refuses_a_live_key_in_clear_words_without_repeating_it(self, sandbox: Sandbox) -> None:
        answer, body = ask(sandbox, "GET", "/v1/customers", authorization="Bearer sk_live_secret")
        assert (answer.status, body["error"]["code"]) == (401, "api_key_live")
        assert "it was not used" in body["error"]["message"]
        assert b"secret" not in answer.body

    def test_takes_any_test_key_where_none_is_set(self) -> None:
        sandbox = Sandbox()
        assert ask(sandbox, "GET", "/v1/customers", authorization="Bearer sk_test_any")[0].status == 200

    def test_refuses_another_version(self, sandbox: Sandbox) -> None:
        answer, body = ask(sandbox, "GET", "/v1/customers", stripe_version="2020-08-27")
        assert (answer.status, "2026-05-27.dahlia" in body["error"]["message"]) == (400, True)


class TestCheck:
    @pytest.mark.parametrize(
        ("body", "code", "param"),
        [
            ("nmae=x", "parameter_unknown", "nmae"),
            (
                "currency=usd&unit_amount=1&product=p&recurring[intervall]=month",
                "parameter_unknown",
                "recurring[intervall]",
            ),
            ("unit_amount=1", "parameter_missing", "currency"),
            ("currency=usd&recurring[interval]=moon", None, "recurring[interval]"),
        ],
    )
    def test_refuses_what_breaks_the_contract(self, sandbox: Sandbox, body: str, code: str | None, param: str) -> None:
        answer, told = ask(sandbox, "POST", "/v1/prices", body)
        error = told["error"]
        assert (answer.status, error["type"], error.get("code"), error["param"]) == (
            400,
            "invalid_request_error",
            code,
            param,
        )
        assert sandbox.calls[-1].problems

    def test_refuses_what_is_legal_but_unknown_here(self, shop: Shop) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="does not support `validate`") as refused:
            stripe.Customer.create(validate=True)
        assert refused.value.code == "sandbox_unsupported"
        assert len(shop.sandbox.objects("customer")) == 1

    def test_tells_of_an_unknown_address(self, sandbox: Sandbox) -> None:
        assert ask(sandbox, "GET", "/v1/moon")[0].status == 404

    def test_tells_of_an_unknown_object(self, sandbox: Sandbox) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="No such customer: 'cus_x'") as refused:
            stripe.Customer.retrieve("cus_x")
        assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


class TestIdempotency:
    def test_answers_the_same_request_with_the_same_answer(self, sandbox: Sandbox) -> None:
        first = stripe.Customer.create(email="a@example.org", idempotency_key="k")
        again = stripe.Customer.create(email="a@example.org", idempotency_key="k")
        assert first.id == again.id
        assert len(sandbox.objects("customer")) == 1
        assert [call.replayed for call in sandbox.calls] == [False, True]
        assert again.last_response is not None
        assert again.last_response.headers["Idempotent-Replayed"] == "true"

    def test_refuses_the_key_for_another_request(self, sandbox: Sandbox) -> None:
        stripe.Customer.create(email="a@example.org", idempotency_key="k")
        with pytest.raises(stripe.IdempotencyError):
            stripe.Customer.create(email="b@example.org", idempotency_key="k")
        assert stripe.Customer.create(email="a@example.org", idempotency_key="k").email == "a@example.org"

    def test_repeats_a_refusal_too(self, shop: Shop) -> None:
        for _ in range(2):
            with pytest.raises(stripe.CardError) as refused:
                stripe.PaymentMethod.attach(
                    "pm_card_visa_chargeDeclined", customer=shop.customer, idempotency_key="card"
                )
            assert (refused.value.http_status, refused.value.code) == (402, "card_declined")
        assert shop.sandbox.calls[-1].replayed

    def test_lets_a_key_be_used_anew_after_what_broke_the_contract(self, sandbox: Sandbox) -> None:
        assert ask(sandbox, "POST", "/v1/products", "nmae=x", idempotency_key="k")[0].status == 400
        assert ask(sandbox, "POST", "/v1/products", "name=x", idempotency_key="k")[0].status == 200

    def test_forgets_a_key_after_a_day(self, sandbox: Sandbox) -> None:
        first = stripe.Customer.create(idempotency_key="k")
        sandbox.advance(by=timedelta(hours=23, minutes=59))
        assert stripe.Customer.create(idempotency_key="k").id == first.id
        sandbox.advance(by=timedelta(minutes=1))
        assert stripe.Customer.create(idempotency_key="k").id != first.id

    def test_does_one_thing_when_asked_at_the_same_time(self, sandbox: Sandbox) -> None:
        found: list[str] = []

        def create() -> None:
            found.append(ask(sandbox, "POST", "/v1/customers", "email=a%40b.c", idempotency_key="k")[1]["id"])

        threads = [threading.Thread(target=create) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(found), len(set(found)), len(sandbox.objects("customer"))) == (8, 1, 1)


class TestCalls:
    def test_remember_each_request(self, sandbox: Sandbox) -> None:
        stripe.Customer.create(email="a@example.org", idempotency_key="k")
        call = sandbox.calls[-1]
        assert (call.method, call.path, call.params, call.idempotency_key, call.status, call.writes) == (
            "POST",
            "/v1/customers",
            {"email": "a@example.org"},
            "k",
            200,
            True,
        )
        assert call.api_version == "2026-05-27.dahlia"
        assert (call.problems, call.answer_problems) == ((), ())


class TestExpand:
    def test_gives_whole_objects_at_any_depth(self, shop: Shop) -> None:
        shop.subscribe()
        listed = stripe.Subscription.list(
            customer=shop.customer,
            expand=["data.latest_invoice.payments", "data.customer", "data.default_payment_method"],
        )
        subscription = listed.data[0].to_dict()
        assert subscription["customer"]["email"] == "lab@example.org"
        assert subscription["default_payment_method"]["card"]["last4"] == "4242"
        payment = subscription["latest_invoice"]["payments"]["data"][0]
        assert payment["status"] == "paid"

    def test_gives_a_deleted_customer(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        stripe.Customer.delete(shop.customer)
        found = stripe.Subscription.retrieve(subscription.id, expand=["customer"]).to_dict()
        assert found["customer"] == {"id": shop.customer, "object": "customer", "deleted": True}

    @pytest.mark.parametrize("path", ["status", "moon", "latest_invoice.payments.data.payment.payment_intent"])
    def test_refuses_what_is_no_object_or_too_deep(self, shop: Shop, path: str) -> None:
        subscription = shop.subscribe()
        with pytest.raises(stripe.InvalidRequestError, match="expand"):
            stripe.Subscription.retrieve(subscription.id, expand=[path])


class TestLists:
    def test_come_newest_first_in_pages(self, sandbox: Sandbox) -> None:
        made = [stripe.Customer.create(email=f"{n}@example.org").id for n in range(5)]
        page = stripe.Customer.list(limit=2)
        assert ([c.id for c in page.data], page.has_more) == (made[:2:-1], True)
        assert [c.id for c in page.auto_paging_iter()] == made[::-1]
        back = stripe.Customer.list(limit=2, ending_before=made[0])
        assert [c.id for c in back.data] == [made[2], made[1]]

    def test_can_be_limited_to_a_time(self, sandbox: Sandbox) -> None:
        early = stripe.Customer.create()
        sandbox.advance(by=timedelta(hours=1))
        late = stripe.Customer.create()
        assert [c.id for c in stripe.Customer.list(created={"gt": early.created}).data] == [late.id]
        assert [c.id for c in stripe.Customer.list(created={"lte": early.created}).data] == [early.id]
        assert [c.id for c in stripe.Customer.list(created=late.created).data] == [late.id]

    def test_refuse_an_odd_limit_or_cursor(self, sandbox: Sandbox) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="limit"):
            stripe.Customer.list(limit=101)
        with pytest.raises(stripe.InvalidRequestError, match="No such"):
            stripe.Customer.list(starting_after="cus_x")
