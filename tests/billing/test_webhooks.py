"""Whatever Stripe did not sign for us, just now, is refused and leaves nothing behind; all else is heard once."""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from djstripe.models import Event, Subscription, WebhookEndpoint, WebhookEventTrigger
from djstripe.signals import WEBHOOK_SIGNALS

from billing import inbox, receivers
from billing.events import EVENTS
from billing.models import EntitlementChange, News
from billing.sandbox.courier import sign
from genomics.users.limits import Plan
from tests.billing.world import DAY, World


@pytest.fixture
def listening(world: World) -> World:
    world.listen()
    return world


def event(world: World, kind: str = "customer.subscription.created") -> dict[str, Any]:
    """This function will give an event that Stripe has about the lab."""
    return next(one for one in world.sandbox.events if one["type"] == kind)


def post(
    world: World,
    body: dict[str, Any] | bytes,
    *,
    secret: str | None = None,
    age: int = 0,
    endpoint: uuid.UUID | None = None,
    signature: str | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """This function will send an event, signed as Stripe signs unless told otherwise."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    if signature is None:
        signature = sign(content, secret or world.secret, int(time.time()) - age)
    sent = {"Stripe-Signature": signature, **(headers or {})}
    client = Client(raise_request_exception=False)
    url = f"/billing/webhooks/{endpoint or world.endpoint}/"
    response: HttpResponse = client.post(url, content, content_type="application/json", headers=sent)  # type: ignore[assignment]
    return response


def traces() -> int:
    """This function will count whatever a webhook may leave behind."""
    count: int = WebhookEventTrigger.objects.count() + Event.objects.count() + News.objects.count()
    return count


class TestReceive:
    def test_hears_of_the_customer_and_mirrors_the_object(self, listening: World) -> None:
        subscription = listening.subscribe()
        response = post(listening, event(listening))
        assert (response.status_code, response.content) == (200, b"")
        assert not response.cookies
        assert News.objects.get().pk == listening.customer
        assert Subscription.objects.get().id == subscription.id
        trigger = WebhookEventTrigger.objects.get()
        assert (trigger.valid, trigger.processed, trigger.remote_ip) == (True, True, "127.0.0.1")

    def test_takes_all_that_a_checkout_causes(self, listening: World) -> None:
        listening.subscribe(trial_days=3)
        listening.advance(5 * DAY)
        listening.sandbox.refund(listening.customer)
        told = listening.deliver()
        assert len(told) > 5
        assert {status for _, status in told} == {200}
        listening.work()
        assert listening.plan == Plan.PREMIUM

    def test_answers_a_replay_and_writes_nothing(self, listening: World) -> None:
        listening.subscribe()
        post(listening, event(listening))
        before, heard = traces(), News.objects.get().heard
        assert post(listening, event(listening)).status_code == 200
        assert (traces(), News.objects.get().heard) == (before, heard)

    def test_ignores_what_it_did_not_ask_for(self, listening: World) -> None:
        listening.subscribe()
        other = event(listening) | {"type": "customer.created"}
        assert post(listening, other).status_code == 200
        assert traces() == 0

    def test_hears_nobody_of_an_object_without_a_customer(self, listening: World) -> None:
        session = {**listening.shop.checkout().to_dict(), "customer": None}
        kept = json.loads(json.dumps(session, default=str))
        about = event_about(kept, "checkout.session.async_payment_failed")
        assert post(listening, about).status_code == 200
        assert not News.objects.exists()


def event_about(data: dict[str, Any], kind: str) -> dict[str, Any]:
    return {
        "id": "evt_made",
        "object": "event",
        "api_version": "2026-05-27.dahlia",
        "created": int(time.time()),
        "data": {"object": data},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


class TestRefusals:
    @pytest.fixture
    def sent(self, listening: World) -> dict[str, Any]:
        listening.subscribe()
        return event(listening)

    def _refused(self, response: HttpResponse, *, status: int = 400) -> None:
        assert response.status_code == status
        assert traces() == 0

    def test_no_signature(self, listening: World, sent: dict[str, Any]) -> None:
        self._refused(post(listening, sent, signature=""))

    @pytest.mark.parametrize("signature", ["nonsense", "t=,v1=", "t=1,v1=0", "v1=" + "0" * 64, "t=x,v1=é"])
    def test_nonsense_for_a_signature(self, listening: World, sent: dict[str, Any], signature: str) -> None:
        self._refused(post(listening, sent, signature=signature))

    def test_forged(self, listening: World, sent: dict[str, Any]) -> None:
        self._refused(post(listening, sent, secret="whsec_guessed"))

    def test_tampered(self, listening: World, sent: dict[str, Any]) -> None:
        signature = sign(json.dumps(sent).encode(), listening.secret, int(time.time()))
        changed = json.dumps(sent).replace(listening.customer, "cus_somebody").encode()
        self._refused(post(listening, changed, signature=signature))

    def test_stale(self, listening: World, sent: dict[str, Any]) -> None:
        self._refused(post(listening, sent, age=301))
        assert post(listening, sent, age=290).status_code == 200

    def test_stale_however_patient_the_endpoint_is(self, listening: World, sent: dict[str, Any]) -> None:
        WebhookEndpoint.objects.update(djstripe_tolerance=32_000)
        self._refused(post(listening, sent, age=400))

    def test_signed_for_another_endpoint(self, listening: World, sent: dict[str, Any]) -> None:
        other = WebhookEndpoint.objects.create(
            id="we_2", secret="whsec_other", url="https://x.example", enabled_events=[], livemode=False
        )
        self._refused(post(listening, sent, endpoint=other.djstripe_uuid))

    def test_an_endpoint_without_a_secret(self, listening: World, sent: dict[str, Any]) -> None:
        WebhookEndpoint.objects.update(secret="")
        body = json.dumps(sent).encode()
        self._refused(post(listening, body, signature=sign(body, "", int(time.time()))))

    def test_no_endpoint(self, listening: World, sent: dict[str, Any]) -> None:
        self._refused(post(listening, sent, endpoint=uuid.uuid4()), status=404)

    def test_an_endpoint_of_the_other_mode(self, listening: World, sent: dict[str, Any]) -> None:
        WebhookEndpoint.objects.update(livemode=True)
        self._refused(post(listening, sent), status=404)

    def test_while_billing_is_off(self, listening: World, sent: dict[str, Any], settings: Any) -> None:
        settings.BILLING_MODE = "off"
        self._refused(post(listening, sent), status=404)

    @pytest.mark.parametrize(
        "changes",
        [
            {"livemode": True},
            {"livemode": None},
            {"api_version": "2019-01-01"},
            {"api_version": None},
            {"account": "acct_stranger"},
            {"object": "charge"},
            {"data": {}},
            {"data": None},
            {"id": None},
            {"type": 7},
        ],
    )
    def test_signed_and_not_for_us(self, listening: World, sent: dict[str, Any], changes: dict[str, Any]) -> None:
        self._refused(post(listening, sent | changes))

    @pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"object": "event"}', b"7"])
    def test_signed_and_no_event(self, listening: World, body: bytes) -> None:
        self._refused(post(listening, body))

    def test_longer_than_any_event(self, listening: World, sent: dict[str, Any]) -> None:
        self._refused(post(listening, sent | {"more": "x" * 1024**2}), status=413)

    @pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch"])
    def test_any_other_method(self, listening: World, method: str) -> None:
        response = getattr(Client(), method)(f"/billing/webhooks/{listening.endpoint}/")
        self._refused(response, status=405)


class TestWhatDjStripeSees:
    def test_no_secret_of_the_senders_even_with_debug(self, listening: World, settings: Any) -> None:
        listening.subscribe()
        settings.DEBUG = True
        headers = {"X-Djstripe-Webhook-Secret": "whsec_guessed"}
        assert post(listening, event(listening), secret="whsec_guessed", headers=headers).status_code == 400
        assert traces() == 0
        assert post(listening, event(listening), headers=headers).status_code == 200
        assert WebhookEventTrigger.objects.get().valid

    @pytest.mark.parametrize("junk", ["junk", "", ",,,", "999.1.1.1", "'; --", "1.2.3.4\x00", "é"])
    def test_no_address_that_is_none(self, listening: World, junk: str) -> None:
        listening.subscribe()
        assert post(listening, event(listening), headers={"X-Forwarded-For": junk}).status_code == 200
        assert WebhookEventTrigger.objects.get().remote_ip == "127.0.0.1"

    @pytest.mark.parametrize(
        ("told", "kept"),
        [
            ("6.6.6.6, 54.187.174.169", "54.187.174.169"),
            ("54.187.174.169, junk", "0.0.0.0"),
            ("2001:db8::1", "2001:db8::1"),
        ],
    )
    def test_the_address_that_our_own_proxy_tells(self, listening: World, settings: Any, told: str, kept: str) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        listening.subscribe()
        post(listening, event(listening), headers={"X-Forwarded-For": told})
        assert WebhookEventTrigger.objects.get().remote_ip == kept

    def test_no_header_but_the_signature(self, listening: World) -> None:
        listening.subscribe()
        post(listening, event(listening), headers={"Cookie": "sessionid=1", "Authorization": "Bearer 1"})
        kept = {name.lower() for name in WebhookEventTrigger.objects.get().headers}
        assert kept == {"stripe-signature", "content-type", "content-length"}


class TestFaults:
    def test_a_receiver_that_crashes_lets_stripe_tell_it_again(
        self, listening: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listening.subscribe()
        with monkeypatch.context() as patch:
            patch.setattr(inbox, "hear", _crash)
            assert post(listening, event(listening)).status_code == 500
        assert (Event.objects.count(), News.objects.count()) == (0, 0)
        assert post(listening, event(listening)).status_code == 200
        assert (Event.objects.count(), News.objects.count()) == (1, 1)

    def test_what_a_lab_may_use_does_not_wait_for_the_mirror(self, listening: World) -> None:
        listening.subscribe()
        signal = WEBHOOK_SIGNALS["customer.subscription.created"]
        signal.connect(_crash)
        try:
            assert post(listening, event(listening)).status_code == 500
        finally:
            signal.disconnect(_crash)
        assert not Event.objects.exists()
        listening.work()
        assert listening.plan == Plan.PREMIUM

    def test_what_is_gone_by_now_is_heard_and_not_told_again(self, listening: World) -> None:
        listening.subscribe(metadata={"lab": str(listening.lab.pk)})
        stripe.Customer.modify(listening.customer, email="new@lab.example")
        listening.sandbox.delete_customer(listening.customer)
        told = listening.deliver()
        assert {"checkout.session.completed", "customer.updated"} < {kind for kind, _ in told}
        assert {status for _, status in told} == {200}
        assert News.objects.get().pk == listening.customer
        assert listening.settle() == Plan.GRACE

    def test_stripe_being_away_meanwhile_is_told_again(self, listening: World) -> None:
        listening.subscribe()
        listening.sandbox.set_chaos(error_share=1)
        assert {status for _, status in listening.deliver()} == {500}
        listening.sandbox.set_chaos(error_share=0)
        assert {status for _, status in listening.deliver()} == {200}
        assert listening.settle() == Plan.PREMIUM


def _crash(*_args: object, **_fields: object) -> None:
    raise RuntimeError("crashed")


class TestListen:
    def test_hears_of_each_event_once(self) -> None:
        receivers.listen()
        receivers.listen()
        for name in EVENTS:
            ours = [one for one in WEBHOOK_SIGNALS[name].receivers if one[0][0] == "billing.inbox"]
            assert len(ours) == 1

    def test_names_as_many_events_as_dj_stripe_may_bear(self) -> None:
        assert len(set(EVENTS)) == len(EVENTS) <= 20


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_the_same_event_many_times_is_kept_once_and_read_once(self, listening: World) -> None:
        listening.subscribe()

        def deliver(_number: int) -> int:
            try:
                return post(listening, event(listening)).status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(deliver, range(4))) == {200}
        assert Event.objects.count() == 1
        listening.work()
        assert (listening.plan, EntitlementChange.objects.count()) == (Plan.PREMIUM, 1)
        assert not News.objects.unread().exists()
