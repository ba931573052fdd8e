"""A lab that is deleted pays nothing any more, is seen by nobody, and leaves nothing."""

import re
from datetime import datetime
from typing import Any

import pytest
import stripe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing import checkout, closing
from billing.errors import BillingRefusedError, StripeUnavailableError
from billing.models import Checkout, Entitlement
from genomics.labs import invitations
from genomics.labs.models import Invitation
from genomics.users import memberships
from genomics.users.models import Lab, Role, User
from jobs import deletion
from jobs.models import Job, Status
from tests.archive.factory import make_archived_file
from tests.billing.world import World
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db


def _close(world: World) -> None:
    closing.close(world.lab.pk, actor="user:1", now=world.now)


@pytest.fixture(autouse=True)
def hints(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent: list[str] = []
    monkeypatch.setattr(closing, "send", sent.append)
    return sent


class TestClose:
    def test_ends_the_subscription_before_anything_else(self, world: World, free_user: User, hints: list[str]) -> None:
        subscription = world.subscribe()
        world.reconcile()
        _close(world)
        assert stripe.Subscription.retrieve(subscription.id).status == "canceled"
        assert not Lab.objects.of(free_user).filter(pk=world.lab.pk).exists()
        assert hints == [closing.CLOSE]

    def test_leaves_the_lab_as_it_is_while_stripe_is_away(self, world: World, free_user: User) -> None:
        world.subscribe()
        world.sandbox.set_chaos(error_share=1)
        with pytest.raises(StripeUnavailableError):
            _close(world)
        assert Lab.objects.of(free_user).filter(pk=world.lab.pk).exists()
        assert not Lab.objects.closed().exists()

    def test_closes_the_checkout_that_is_open_and_lets_none_begin(self, world: World, free_user: User) -> None:
        checkout.begin(world.lab, "premium_monthly", user=free_user, now=timezone.now())
        session_id = Checkout.objects.get().session_id
        _close(world)
        assert stripe.checkout.Session.retrieve(session_id).status == "expired"
        with pytest.raises(BillingRefusedError, match="deleted"):
            checkout.begin(world.lab, "premium_monthly", user=free_user, now=timezone.now())

    def test_takes_its_invitations_back(self, world: World, free_user: User, stranger: User) -> None:
        invitations.invite(world.lab, email=stranger.email, role=Role.MEMBER, by=free_user, now=timezone.now())
        _close(world)
        assert not Invitation.objects.exists()

    def test_twice_is_as_once(self, world: World) -> None:
        world.subscribe()
        _close(world)
        _close(world)
        assert Lab.objects.closed().count() == 1

    def test_asks_nobody_where_billing_is_off(self, world: World, settings: Any) -> None:
        settings.BILLING_MODE = "off"
        before = len(world.sandbox.calls)
        _close(world)
        assert len(world.sandbox.calls) == before
        assert Lab.objects.closed().exists()


class TestSweep:
    def test_deletes_the_jobs_and_then_the_lab(self, world: World, free_user: User, now: datetime) -> None:
        for status in (Status.DRAFT, Status.PENDING, Status.COMPLETED):
            make_job(free_user, now=now, status=status)
        _close(world)
        assert closing.sweep(now=world.now) == 0
        assert not Job.objects.filter(lab=world.lab, deleted_at=None).exists()
        Job.objects.filter(lab=world.lab).delete()
        assert closing.sweep(now=world.now) == 1
        assert not Lab.objects.filter(pk=world.lab.pk).exists()
        assert not Entitlement.objects.filter(pk=world.lab.pk).exists()

    def test_waits_for_what_rests_in_the_vault(self, world: World, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.ARCHIVED)
        make_archived_file(job, now=now)
        _close(world)
        for _ in range(2):
            assert closing.sweep(now=world.now) == 0
        assert Lab.objects.filter(pk=world.lab.pk).exists()

    def test_leaves_open_labs_alone(self, world: World, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.COMPLETED)
        assert closing.sweep(now=world.now) == 0
        job.refresh_from_db()
        assert job.deleted_at is None

    def test_ends_what_was_subscribed_after_all(self, world: World) -> None:
        _close(world)
        subscription = world.subscribe()
        assert closing.sweep(now=world.now) == 1
        assert stripe.Subscription.retrieve(subscription.id).status == "canceled"

    def test_keeps_the_lab_while_stripe_is_away(self, world: World) -> None:
        _close(world)
        world.sandbox.set_chaos(error_share=1)
        assert closing.sweep(now=world.now) == 0
        assert Lab.objects.closed().exists()

    def test_goes_on_with_others_when_one_fails(
        self, world: World, stranger: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_job(stranger, now=now, status=Status.COMPLETED)
        other = Lab.objects.of(stranger)[0]
        closing.close(other.pk, actor="user:2", now=now)
        _close(world)

        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("bug")

        monkeypatch.setattr(deletion, "delete", fail)
        assert closing.sweep(now=world.now) == 1
        assert list(Lab.objects.closed()) == [other]


class TestDeleteLab:
    @pytest.fixture
    def url(self, world: World) -> str:
        return reverse("billing:delete-lab", args=[world.lab.pk])

    @pytest.fixture
    def owner(self, free_user: User, client_of: Any) -> Client:
        client: Client = client_of(free_user)
        return client

    def test_says_what_goes(self, world: World, url: str, owner: Client, free_user: User, now: datetime) -> None:
        world.subscribe()
        world.reconcile()
        make_job(free_user, now=now, status=Status.COMPLETED)
        page = owner.get(url).content.decode()
        assert "1 job with all results" in page
        assert "its subscription: it ends at once" in page

    def test_is_a_page_of_labs_and_not_of_billing(self, world: World, url: str, owner: Client, settings: Any) -> None:
        settings.BILLING_MODE = "sandbox"
        page = owner.get(url).content.decode()
        assert re.findall(r'aria-current="page">.*?</svg>\s*(\w+)', page, re.DOTALL) == ["Labs"]
        assert "no real money" not in page

    def test_wants_the_name(self, world: World, url: str, owner: Client) -> None:
        answer = owner.post(url, {"name": "another"})
        assert "This is not the name of the lab." in answer.content.decode()
        assert not Lab.objects.closed().exists()

    def test_deletes_and_says_so(self, world: World, url: str, owner: Client) -> None:
        answer = owner.post(url, {"name": f" {world.lab.name} "}, follow=True)
        assert f"{world.lab.name} is deleted." in answer.content.decode()
        assert Lab.objects.closed().count() == 1
        assert owner.get(url).status_code == 404

    def test_says_when_stripe_is_away(self, world: World, url: str, owner: Client) -> None:
        world.subscribe()
        world.sandbox.set_chaos(error_share=1)
        answer = owner.post(url, {"name": world.lab.name})
        assert "Nothing was deleted" in answer.content.decode()
        assert not Lab.objects.closed().exists()

    def test_is_for_owners(self, world: World, url: str, client_of: Any, stranger: User, premium_user: User) -> None:
        memberships.join(world.lab, user=premium_user, role=Role.MEMBER, actor="admin:1", now=world.now)
        assert client_of(stranger).get(url).status_code == 404
        assert client_of(premium_user).get(url).status_code == 403
        assert client_of(premium_user).post(url, {"name": world.lab.name}).status_code == 403
        assert Client().get(url)["Location"].startswith(reverse(settings.LOGIN_URL))
        assert client_of(stranger).delete(url).status_code == 405
        assert not Lab.objects.closed().exists()
