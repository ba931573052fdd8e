"""What a lab is entitled to is what Stripe says when it is asked, whatever came before."""

import uuid

import pytest
import stripe

from billing import effects, inbox
from billing.errors import StripeUnavailableError
from billing.models import Basis, Effect, EntitlementChange, Grant, Payment
from billing.reconcile import APPLY
from genomics.users.limits import Plan
from genomics.users.models import Lab
from tests.billing.world import ASKS_ALWAYS, DAY, World


def history(world: World) -> list[tuple[str, str]]:
    """This function will give the changes so far, as from plan to plan."""
    changes = EntitlementChange.objects.filter(lab=world.lab).order_by("version")
    return list(changes.values_list("plan_before", "plan"))


class TestReconcile:
    def test_writes_entitlement_history_and_effect_together(self, world: World) -> None:
        subscription = world.subscribe()
        entitlement = world.reconcile(actor="billing:evt_1")
        assert (entitlement.plan, entitlement.basis) == (Plan.PREMIUM, Basis.SUBSCRIPTION)
        assert (entitlement.subscription_id, entitlement.subscription_status) == (subscription.id, "active")
        assert (entitlement.lookup_key, entitlement.version) == ("premium_monthly", 1)
        assert entitlement.period_end_at is not None
        assert entitlement.period_end_at > world.now + 27 * DAY
        change = EntitlementChange.objects.get()
        assert (change.version, change.actor, change.reason) == (1, "billing:evt_1", "A subscription is paid for.")
        effect = Effect.objects.get()
        assert (effect.version, effect.plan, effect.actor) == (1, Plan.PREMIUM, "billing:evt_1")
        assert world.hints == [(APPLY, {"lab_id": str(world.lab.pk)})]

    def test_does_nothing_when_nothing_has_changed(self, world: World) -> None:
        world.subscribe()
        for _ in range(3):
            world.reconcile()
        assert (EntitlementChange.objects.count(), Effect.objects.count(), len(world.hints)) == (1, 1, 1)

    def test_leaves_a_lab_without_anything_as_it_is(self, world: World) -> None:
        entitlement = world.reconcile()
        assert (entitlement.plan, entitlement.version, entitlement.customer_id) == (Plan.FREE, 0, world.customer)
        assert not Effect.objects.exists()

    def test_of_an_unknown_lab_is_refused(self, world: World) -> None:
        world.lab.pk = uuid.uuid4()
        with pytest.raises(Lab.DoesNotExist):
            world.reconcile()

    def test_changes_nothing_while_stripe_is_away(self, world: World) -> None:
        world.subscribe()
        world.sandbox.set_chaos(error_share=1)
        with pytest.raises(StripeUnavailableError):
            world.reconcile()
        assert world.entitlement.reconciled_at is None
        assert not EntitlementChange.objects.exists()

    def test_never_goes_back_in_time(self, world: World) -> None:
        subscription = world.subscribe()
        world.sandbox.cancel(subscription.id)
        world.reconcile(now=world.now + 20 * DAY)
        assert world.reconcile(now=world.now).plan == Plan.FREE

    def test_says_when_a_plan_ends_and_that_it_goes_on_after_all(self, world: World) -> None:
        subscription = world.subscribe()
        stripe.Subscription.modify(subscription.id, cancel_at_period_end=True)
        entitlement = world.reconcile()
        assert entitlement.ends_at == entitlement.period_end_at
        stripe.Subscription.modify(subscription.id, cancel_at_period_end=False)
        assert world.reconcile().ends_at is None
        assert history(world) == [("FREE", "PREMIUM")]

    def test_follows_a_cancellation_through_grace_to_free(self, world: World) -> None:
        subscription = world.subscribe()
        stripe.Subscription.modify(subscription.id, cancel_at_period_end=True)
        end = world.reconcile().ends_at
        assert end is not None
        world.advance(32 * DAY)
        entitlement = world.reconcile()
        assert (entitlement.plan, entitlement.grace_until) == (Plan.GRACE, end + 14 * DAY)
        assert world.reconcile(now=end + 14 * DAY).plan == Plan.FREE
        assert history(world) == [("FREE", "PREMIUM"), ("PREMIUM", "GRACE"), ("GRACE", "FREE")]
        reasons = EntitlementChange.objects.order_by("version").values_list("reason", flat=True)
        assert list(reasons)[1:] == ["The subscription has ended.", "The time of grace is over."]

    def test_gives_no_grace_after_a_trial_that_was_cancelled(self, world: World) -> None:
        subscription = world.subscribe(trial_days=14)
        assert world.reconcile().basis == Basis.TRIAL
        world.sandbox.cancel(subscription.id)
        assert world.reconcile().plan == Plan.FREE
        assert EntitlementChange.objects.latest("version").reason == "The trial has ended."

    def test_knows_for_ever_that_a_lab_has_had_its_trial(self, world: World) -> None:
        subscription = world.subscribe(trial_days=14)
        used_at = world.reconcile().trial_used_at
        assert used_at is not None
        world.sandbox.cancel(subscription.id)
        world.sandbox.delete_customer(world.customer)
        world.reconcile()
        assert world.reconcile(now=world.now + 60 * DAY).trial_used_at == used_at

    def test_a_trial_that_is_paid_in_the_end_changes_only_the_basis(self, world: World) -> None:
        world.subscribe(trial_days=14)
        world.reconcile()
        world.advance(15 * DAY)
        entitlement = world.reconcile()
        assert (entitlement.plan, entitlement.basis, entitlement.version) == (Plan.PREMIUM, Basis.SUBSCRIPTION, 2)
        assert history(world) == [("FREE", "PREMIUM"), ("PREMIUM", "PREMIUM")]

    def test_a_refund_alone_takes_nothing_away(self, world: World) -> None:
        world.subscribe()
        world.reconcile()
        world.sandbox.refund(world.customer)
        assert world.reconcile().plan == Plan.PREMIUM

    def test_brings_back_a_lab_that_has_another_plan_than_it_should(self, world: World) -> None:
        Lab.objects.filter(pk=world.lab.pk).update(plan=Plan.PREMIUM)
        assert world.reconcile().version == 1
        world.work()
        assert world.plan == Plan.FREE
        assert "another plan" in EntitlementChange.objects.get().reason

    def test_waits_for_an_effect_that_is_on_its_way(self, world: World) -> None:
        world.subscribe()
        world.reconcile()
        assert world.plan == Plan.FREE
        assert world.reconcile().version == 1


class TestPayment:
    def _fall_behind(self, world: World) -> None:
        world.sandbox.fail_card(world.customer)
        world.sandbox.renew(world.customer)

    def test_says_that_the_card_was_declined_and_where_to_pay(self, world: World) -> None:
        world.subscribe()
        assert world.reconcile().payment == Payment.NOTHING
        self._fall_behind(world)
        entitlement = world.reconcile()
        assert (entitlement.plan, entitlement.payment) == (Plan.GRACE, Payment.FAILED)
        invoice = stripe.Invoice.list(customer=world.customer, status="open").data[0]
        assert (entitlement.payment_url, entitlement.invoice_id) == (invoice.hosted_invoice_url, invoice.id)
        assert EntitlementChange.objects.latest("version").reason == "A payment failed."

    def test_says_that_the_bank_wants_to_be_asked(self, world: World) -> None:
        world.subscribe(card=ASKS_ALWAYS)
        world.sandbox.renew(world.customer)
        assert world.reconcile().payment == Payment.ACTION_REQUIRED

    def test_forgets_it_when_it_is_paid(self, world: World) -> None:
        world.subscribe()
        self._fall_behind(world)
        invoice_id = world.reconcile().invoice_id
        world.sandbox.mend_card(world.customer)
        world.sandbox.person.pay_invoice(invoice_id)
        entitlement = world.reconcile()
        assert (entitlement.plan, entitlement.payment) == (Plan.PREMIUM, Payment.NOTHING)
        assert (entitlement.payment_url, entitlement.invoice_id) == ("", "")

    def test_counts_grace_from_the_period_that_is_not_paid(self, world: World) -> None:
        world.subscribe()
        self._fall_behind(world)
        entitlement = world.reconcile()
        subscription = world.shop.subscription()
        start = subscription["items"].data[0].current_period_start
        assert entitlement.grace_until is not None
        assert entitlement.grace_until.timestamp() == start + (14 * DAY).total_seconds()

    def test_is_still_owed_when_grace_is_over(self, world: World) -> None:
        world.subscribe()
        self._fall_behind(world)
        entitlement = world.reconcile(now=world.now + 15 * DAY)
        assert (entitlement.plan, entitlement.payment) == (Plan.FREE, Payment.FAILED)

    def test_asks_stripe_for_no_invoice_of_a_lab_that_pays(self, world: World) -> None:
        world.subscribe()
        before = len(world.sandbox.calls)
        world.reconcile()
        asked = [call.path for call in world.sandbox.calls[before:] if "test_clocks" not in call.path]
        assert asked == ["/v1/subscriptions"]


class TestGrants:
    def _grant(self, world: World, *, days: int | None, plan: Plan = Plan.PREMIUM) -> Grant:
        ends_at = None if days is None else world.now + days * DAY
        return Grant.objects.create(
            lab=world.lab, plan=plan, starts_at=world.now, ends_at=ends_at, reason="Pilot", actor="admin:1"
        )

    def test_entitle_and_end_with_grace(self, world: World) -> None:
        self._grant(world, days=10)
        entitlement = world.reconcile(actor="admin:1")
        assert (entitlement.plan, entitlement.basis) == (Plan.PREMIUM, Basis.GRANT)
        assert entitlement.ends_at == world.now + 10 * DAY
        now = world.now
        assert world.reconcile(now=now + 10 * DAY).grace_until == now + 24 * DAY
        assert world.reconcile(now=now + 24 * DAY).plan == Plan.FREE
        reasons = list(EntitlementChange.objects.order_by("version").values_list("reason", flat=True))
        assert reasons[0] == "The lab has a granted plan."
        assert reasons[1] == "The granted plan is over."

    def test_count_less_than_a_subscription_and_take_over_when_it_ends(self, world: World) -> None:
        subscription = world.subscribe()
        self._grant(world, days=None)
        assert world.reconcile().basis == Basis.SUBSCRIPTION
        world.sandbox.cancel(subscription.id)
        entitlement = world.reconcile()
        assert (entitlement.plan, entitlement.basis, entitlement.subscription_id) == (Plan.PREMIUM, Basis.GRANT, "")

    def test_are_all_that_counts_where_billing_is_off(self, world: World, settings: object) -> None:
        world.subscribe()
        settings.BILLING_MODE = "off"  # type: ignore[attr-defined]
        before = len(world.sandbox.calls)
        assert world.reconcile().plan == Plan.FREE
        self._grant(world, days=1)
        assert world.reconcile().basis == Basis.GRANT
        assert len(world.sandbox.calls) == before


class TestMovedTime:
    def test_counts_for_the_customer_whose_clock_it_is(self, world: World) -> None:
        here = world.now
        world.subscribe()
        stripe.Subscription.cancel(world.shop.subscription().id)
        assert world.reconcile(now=here).plan == Plan.GRACE
        world.advance(15 * DAY)
        assert world.reconcile(now=here).plan == Plan.FREE

    def test_does_not_hide_from_the_sweep_what_follows(self, world: World) -> None:
        here = world.now
        world.advance(15 * DAY)
        world.subscribe()
        world.reconcile(now=here)
        world.hints.clear()
        assert effects.sweep(now=here + DAY) == 1

    def test_is_told_by_stripe_though_nothing_of_the_customer_has_changed(self, world: World) -> None:
        here = world.now
        world.listen()
        world.subscribe()
        stripe.Subscription.cancel(world.shop.subscription().id)
        world.settle()
        assert world.plan == Plan.GRACE
        world.advance(15 * DAY)
        assert [kind for kind, _ in world.deliver()] == ["test_helpers.test_clock.ready"]
        assert world.hints
        for _ in range(2):
            task, ids = world.hints.pop(0)
            if task == APPLY:
                effects.apply(world.lab.pk, now=here)
            else:
                inbox.read(ids["customer_id"], now=here)
        assert world.plan == Plan.FREE
