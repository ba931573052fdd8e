"""Owners are told what happens to what they pay for: once, in time, and of nothing that is over."""

from datetime import timedelta

import pytest
import stripe
from django.conf import settings
from django.utils import timezone

from billing import notices
from billing.models import Grant, Reminder, Told
from genomics.mail import letters
from genomics.mail.models import Mail
from genomics.users.models import Lab, Membership, Role, User
from tests.billing.world import ASKS_ALWAYS, DAY, World

MINUTE = timedelta(minutes=1)


def subjects() -> list[str]:
    return [subject.partition(":")[0] for subject in Mail.objects.order_by("pk").values_list("subject", flat=True)]


def tell(world: World, *, after: timedelta = MINUTE) -> list[str]:
    """This function will sweep some time after now, as often as it takes, and give the subjects of all mails so far."""
    for _ in range(2):
        notices.sweep(now=world.now + after)
    return subjects()


def cancelled(world: World) -> None:
    subscription = world.subscribe()
    world.sandbox.cancel(subscription.id)
    world.reconcile()


class TestStarted:
    def test_tells_each_owner_once(self, world: World, stranger: User, admin_user: User) -> None:
        Membership.objects.create(lab=world.lab, user=stranger, role=Role.OWNER)
        Membership.objects.create(lab=world.lab, user=admin_user, role=Role.MEMBER)
        world.subscribe()
        world.reconcile()
        assert tell(world) == ["Premium has begun"] * 2
        assert {*Mail.objects.values_list("recipient", flat=True)} == {"free@lab.example", "stranger@elsewhere.example"}
        mail = Mail.objects.earliest("pk")
        for form in (mail.text, mail.html):
            assert "It renews on" in form
            assert f"{settings.WEB_ORIGIN}/billing/{world.lab.pk}/" in form
            assert "because you own the lab" in form
            assert "cannot be switched off" in " ".join(form.replace("switched\noff", "switched off").split())

    def test_says_what_a_trial_costs_and_when(self, world: World) -> None:
        world.subscribe(trial_days=14)
        ends_at = world.reconcile().period_end_at
        assert ends_at is not None
        tell(world)
        assert f"The trial ends on {ends_at:%-d %B %Y}, and the first payment is due then" in Mail.objects.get().text

    def test_says_that_it_was_granted(self, world: World) -> None:
        Grant.objects.create(lab=world.lab, plan="PREMIUM", starts_at=world.now, reason="Pilot", actor="admin:1")
        world.reconcile()
        tell(world)
        assert "granted by us" in Mail.objects.get().text
        assert "It stays until we tell you otherwise" in Mail.objects.get().text

    def test_is_silent_about_a_beginning_of_long_ago(self, world: World) -> None:
        world.subscribe()
        world.reconcile()
        assert tell(world, after=2 * DAY) == []

    def test_is_silent_about_a_trial_that_is_paid_for(self, world: World) -> None:
        world.subscribe(trial_days=14)
        world.reconcile()
        tell(world)
        world.advance(15 * DAY)
        world.reconcile()
        assert tell(world) == ["Premium has begun"]


class TestTrial:
    def test_warns_three_days_before_its_end(self, world: World) -> None:
        world.subscribe(trial_days=14)
        world.reconcile()
        assert tell(world, after=11 * DAY - MINUTE) == []
        assert tell(world, after=11 * DAY + MINUTE) == ["Your trial ends soon"]
        assert "charged for the first time then" in Mail.objects.get().text
        assert tell(world, after=12 * DAY) == ["Your trial ends soon"]

    def test_says_that_nothing_is_charged_where_it_was_cancelled(self, world: World) -> None:
        subscription = world.subscribe(trial_days=14)
        stripe.Subscription.modify(subscription.id, cancel_at_period_end=True)
        world.reconcile()
        tell(world, after=12 * DAY)
        assert "nothing is charged, and the lab is on plan Free from then on" in Mail.objects.get().text

    def test_is_silent_when_it_is_over(self, world: World) -> None:
        world.subscribe(trial_days=14)
        world.reconcile()
        assert tell(world, after=15 * DAY) == []


class TestPayment:
    def test_asks_to_pay_and_names_the_end_of_grace(self, world: World) -> None:
        world.subscribe()
        world.sandbox.fail_card(world.customer)
        world.sandbox.renew(world.customer)
        entitlement = world.reconcile()
        assert tell(world) == ["Your payment failed"]
        mail = Mail.objects.get()
        assert entitlement.grace_until is not None
        for form in (mail.text, mail.html):
            assert entitlement.payment_url in form
            assert f"{entitlement.grace_until:%-d %B %Y}" in form
        assert tell(world, after=entitlement.grace_until - 7 * DAY - world.now + MINUTE) == [
            "Your payment failed",
            "Results are archived in a week",
        ]
        assert entitlement.payment_url in Mail.objects.latest("pk").text

    def test_asks_to_confirm_it(self, world: World) -> None:
        world.subscribe(card=ASKS_ALWAYS)
        world.sandbox.renew(world.customer)
        world.reconcile()
        assert tell(world) == ["Please confirm your payment"]

    def test_is_silent_once_it_is_paid(self, world: World) -> None:
        world.subscribe()
        world.sandbox.fail_card(world.customer)
        world.sandbox.renew(world.customer)
        world.reconcile()
        world.sandbox.mend_card(world.customer)
        world.sandbox.person.pay_invoice(world.entitlement.invoice_id)
        world.reconcile()
        assert tell(world) == ["Premium has begun"]


class TestGrace:
    def test_tells_that_it_has_begun_then_a_week_then_a_day_before_its_end(self, world: World) -> None:
        cancelled(world)
        began = ["Premium has ended"]
        assert tell(world) == began
        until = world.entitlement.grace_until
        assert until is not None
        assert f"{until:%-d %B %Y}" in Mail.objects.get().text
        assert tell(world, after=6 * DAY) == began
        assert tell(world, after=7 * DAY + MINUTE) == [*began, "Results are archived in a week"]
        assert tell(world, after=12 * DAY) == [*began, "Results are archived in a week"]
        last = [*began, "Results are archived in a week", "Results are archived tomorrow"]
        assert tell(world, after=13 * DAY + MINUTE) == last
        assert tell(world, after=14 * DAY) == last

    def test_tells_only_the_latest_after_a_silence(self, world: World) -> None:
        cancelled(world)
        tell(world)
        assert tell(world, after=13 * DAY + MINUTE) == ["Premium has ended", "Results are archived tomorrow"]

    def test_tells_that_it_has_begun_however_short_it_is(self, world: World, settings: object) -> None:
        settings.BILLING_GRACE = timedelta(minutes=10)  # type: ignore[attr-defined]
        cancelled(world)
        assert tell(world) == ["Premium has ended"]
        assert Told.objects.count() == 3

    def test_is_silent_when_it_is_over(self, world: World) -> None:
        cancelled(world)
        assert tell(world, after=15 * DAY) == []

    def test_tells_of_another_grace_anew(self, world: World) -> None:
        cancelled(world)
        tell(world)
        world.subscribe()
        world.reconcile()
        world.advance(20 * DAY)
        world.sandbox.cancel(world.shop.subscription().id)
        world.reconcile()
        assert tell(world) == ["Premium has ended"] * 2


class TestEnded:
    def test_tells_that_results_are_archived_again(self, world: World) -> None:
        cancelled(world)
        until = world.entitlement.grace_until
        assert until is not None
        world.reconcile(now=until)
        assert tell(world, after=until - world.now + MINUTE) == ["Results are archived again"]
        assert tell(world, after=until - world.now + 3 * DAY) == ["Results are archived again"]

    def test_is_silent_about_an_end_of_long_ago(self, world: World) -> None:
        cancelled(world)
        until = world.entitlement.grace_until
        assert until is not None
        world.reconcile(now=until)
        assert tell(world, after=until - world.now + 2 * DAY) == []


class TestTell:
    def test_names_no_lab_that_adds_a_line(self, world: World) -> None:
        Lab.objects.update(name="<b>A</b>\r\nBcc: all@evil.example")
        cancelled(world)
        tell(world)
        mail = Mail.objects.get()
        assert mail.subject == "Premium has ended: <b>A</b> Bcc: all@evil.example"
        assert "<b>A" not in mail.html
        assert "\nBcc" not in mail.text

    def test_tells_times_in_the_zone_of_the_owner(self, world: World) -> None:
        User.objects.update(time_zone="Asia/Tokyo")
        cancelled(world)
        tell(world)
        assert "JST" in Mail.objects.get().text
        assert timezone.get_current_timezone_name() == "UTC"

    def test_tells_nobody_who_is_no_longer_there(self, world: World) -> None:
        User.objects.update(is_active=False)
        cancelled(world)
        assert tell(world) == []

    def test_notes_and_writes_together(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        cancelled(world)

        def fail(*_args: object, **_fields: object) -> None:
            raise RuntimeError

        with monkeypatch.context() as patch:
            patch.setattr(letters, "post", fail)
            with pytest.raises(RuntimeError):
                notices.sweep(now=world.now)
        assert not Told.objects.exists()
        assert tell(world) == ["Premium has ended"]

    def test_every_reminder_has_its_words(self) -> None:
        assert set(notices._SUBJECTS) == set(Reminder)
