from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from djstripe import models as djstripe

from billing.models import Comparison, EntitlementChange, Grant, News, Subscriber, Told
from genomics import clock
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from tests.admin_pages import act, only_looks, queries_with
from tests.billing.world import DAY, World

SignIn = Callable[[User], Client]
LABS, GRANTS = "admin:billing_subscriber_changelist", "admin:billing_grant_changelist"


@pytest.fixture
def here_and_now(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """This function will let the admin's clock be that of the world."""
    monkeypatch.setattr(clock, "now", lambda: world.now)
    return world


class TestSubscriber:
    def test_shows_what_a_lab_is_entitled_to_and_why(self, world: World, client_of: SignIn, admin_user: User) -> None:
        subscription = world.subscribe()
        world.reconcile(actor="billing:evt_1")
        Told.objects.create(lab=world.lab, reminder="STARTED", about="version 1", told_at=world.now)
        url = reverse("admin:billing_subscriber_change", args=[world.lab.pk])
        page = client_of(admin_user).get(url).content.decode()
        for words in (
            *(subscription.id, "billing:evt_1", "A subscription is paid for.", world.customer, "version 1"),
            *("Premium has begun", "Nothing of this lab sleeps."),
        ):
            assert words in page

    def test_lists_labs_with_and_without_an_entitlement(
        self, world: World, client_of: SignIn, admin_user: User, stranger: User
    ) -> None:
        world.subscribe()
        world.reconcile()
        page = client_of(admin_user).get(reverse(LABS)).content.decode()
        assert "Subscription" in page
        assert stranger.email in page

    def test_needs_as_many_queries_for_many_as_for_few(self, world: World, client_of: SignIn, admin_user: User) -> None:
        world.reconcile()

        def add() -> None:
            for number in range(6):
                Lab.objects.create(name=f"Lab {number}", email="lab@lab.example")

        few, many = queries_with(client_of(admin_user), LABS, add=add)
        assert few == many

    def test_asks_stripe_again(self, here_and_now: World, client_of: SignIn, admin_user: User) -> None:
        here_and_now.subscribe()
        labs = Subscriber.objects.filter(pk=here_and_now.lab.pk)
        assert "Stripe was asked again (1)" in act(client_of(admin_user), LABS, "ask_stripe", labs)
        assert EntitlementChange.objects.get().actor == f"admin:{admin_user.pk}"
        assert LogEntry.objects.get().change_message == "Stripe was asked again"

    def test_says_that_stripe_does_not_tell(self, here_and_now: World, client_of: SignIn, admin_user: User) -> None:
        here_and_now.sandbox.set_chaos(error_share=1)
        labs = Subscriber.objects.filter(pk=here_and_now.lab.pk)
        assert "Stripe does not tell. Try again later." in act(client_of(admin_user), LABS, "ask_stripe", labs)

    def test_asks_nobody_for_who_only_looks(self, here_and_now: World, client_of: SignIn, stranger: User) -> None:
        here_and_now.subscribe()
        labs = Subscriber.objects.filter(pk=here_and_now.lab.pk)
        act(client_of(only_looks(stranger, "billing.subscriber")), LABS, "ask_stripe", labs)
        assert not EntitlementChange.objects.exists()

    @pytest.mark.parametrize("model", ["subscriber", "news", "comparison"])
    def test_is_changed_by_nobody_by_hand(self, world: World, client_of: SignIn, admin_user: User, model: str) -> None:
        rows = {
            "subscriber": Subscriber.objects.get(pk=world.lab.pk),
            "news": News.objects.create(pk="cus_1", heard_at=world.now),
            "comparison": Comparison.objects.create(begun_at=world.now, drift=[{"lab": "<b>1</b>"}]),
        }
        client, key = client_of(admin_user), rows[model].pk
        assert client.get(reverse(f"admin:billing_{model}_change", args=[key])).status_code == 200
        assert client.get(reverse(f"admin:billing_{model}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:billing_{model}_add")).status_code == 403
        assert client.post(reverse(f"admin:billing_{model}_change", args=[key]), {}).status_code == 403
        assert client.post(reverse(f"admin:billing_{model}_delete", args=[key])).status_code == 403


class TestGrant:
    def _give(self, client: Client, lab: Lab, *, plan: str = "PREMIUM", ends_in: timedelta | None = 10 * DAY) -> int:
        ends_at = timezone.now() + ends_in if ends_in else None
        form = {
            "lab": str(lab.pk),
            "plan": plan,
            "reason": "Pilot project",
            "ends_at_0": f"{ends_at:%Y-%m-%d}" if ends_at else "",
            "ends_at_1": f"{ends_at:%H:%M:%S}" if ends_at else "",
        }
        return client.post(reverse("admin:billing_grant_add"), form).status_code

    def test_gives_a_plan_with_all_that_follows(self, here_and_now: World, client_of: SignIn, admin_user: User) -> None:
        assert self._give(client_of(admin_user), here_and_now.lab) == 302
        here_and_now.work()
        assert here_and_now.plan == Plan.PREMIUM
        grant = Grant.objects.get()
        assert (grant.actor, grant.reason) == (f"admin:{admin_user.pk}", "Pilot project")
        assert LogEntry.objects.get().object_id == str(grant.pk)

    @pytest.mark.parametrize(("plan", "ends_in"), [("FREE", None), ("GOLD", None), ("PREMIUM", -DAY)])
    def test_gives_no_plan_that_there_is_not_and_none_that_is_over(
        self, here_and_now: World, client_of: SignIn, admin_user: User, plan: str, ends_in: timedelta | None
    ) -> None:
        assert self._give(client_of(admin_user), here_and_now.lab, plan=plan, ends_in=ends_in) == 200
        assert not Grant.objects.exists()

    def test_is_revoked_once(self, here_and_now: World, client_of: SignIn, admin_user: User) -> None:
        client = client_of(admin_user)
        self._give(client, here_and_now.lab, ends_in=None)
        here_and_now.advance(DAY)
        assert "Revoked (1)" in act(client, GRANTS, "revoke", Grant.objects.all())
        here_and_now.work()
        assert here_and_now.plan == Plan.GRACE
        assert "Not done: 1 were over already." in act(client, GRANTS, "revoke", Grant.objects.all())

    def test_is_neither_changed_nor_deleted(self, here_and_now: World, client_of: SignIn, admin_user: User) -> None:
        client = client_of(admin_user)
        self._give(client, here_and_now.lab)
        key = Grant.objects.get().pk
        assert client.get(reverse("admin:billing_grant_change", args=[key])).status_code == 200
        assert client.post(reverse("admin:billing_grant_change", args=[key]), {}).status_code == 403
        assert client.post(reverse("admin:billing_grant_delete", args=[key])).status_code == 403

    def test_is_nothing_for_who_only_looks(self, here_and_now: World, client_of: SignIn, stranger: User) -> None:
        client = client_of(only_looks(stranger, "billing.grant"))
        assert self._give(client, here_and_now.lab) == 403
        assert client.get(reverse(GRANTS)).status_code == 200


class TestMirror:
    def test_shows_what_was_copied_and_changes_nothing(self, world: World, client_of: SignIn, admin_user: User) -> None:
        world.listen()
        world.subscribe()
        world.deliver()
        client = client_of(admin_user)
        for name, model in (("subscription", djstripe.Subscription), ("event", djstripe.Event)):
            row = model.objects.first()
            url = reverse(f"admin:djstripe_{name}_change", args=[row.pk])
            assert row.id in client.get(url).content.decode()
            assert client.post(url, {}).status_code == 403
            assert client.get(reverse(f"admin:djstripe_{name}_changelist")).status_code == 200

    def test_shows_no_key_and_no_secret(self, world: World, client_of: SignIn, admin_user: User) -> None:
        for model in (djstripe.APIKey, djstripe.WebhookEndpoint, djstripe.WebhookEventTrigger):
            assert not admin.site.is_registered(model)
        world.listen()
        world.subscribe()
        world.deliver()
        client = client_of(admin_user)
        for model in admin.site._registry:
            if model._meta.app_label != "djstripe":
                continue
            for row in model._default_manager.all()[:3]:
                url = reverse(f"admin:djstripe_{model._meta.model_name}_change", args=[row.pk])
                page = client.get(url).content.decode()
                assert project.STRIPE_SECRET_KEY not in page
                assert world.secret not in page
