from datetime import datetime

import pytest
import stripe

from billing import bootstrap, customers, portal
from billing.errors import BillingRefusedError
from billing.models import Entitlement
from billing.portal import Flow
from billing.reconcile import reconcile
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from tests.billing import books
from tests.billing.sandbox.fixtures import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab(free_user: User, shop: Shop, now: datetime) -> Lab:
    """This function will give a lab that pays, where the portal is set up."""
    list(bootstrap.run(dry=False, rotate_secret=False))
    lab = Lab.objects.of(free_user)[0]
    customers.customer_of(lab, now=now)
    stripe.Subscription.create(customer=books.give_card(lab), items=[{"price": shop.monthly}])
    reconcile(lab.pk, actor="sweep", now=now)
    return lab


def _session(shop: Shop) -> dict[str, object]:
    (session,) = shop.sandbox.objects("billing_portal.session")
    return session


class TestVisit:
    def test_opens_ours_for_the_labs_customer(self, lab: Lab, shop: Shop, now: datetime) -> None:
        url = portal.visit(lab, now=now)
        session = _session(shop)
        assert (session["url"], session["customer"], session["flow"]) == (url, books.customer(lab), None)
        assert str(session["return_url"]).endswith(f"/billing/{lab.pk}/back/")
        ours = portal.ours(stripe.billing_portal.Configuration.list().to_dict()["data"])
        assert ours is not None
        assert session["configuration"] == ours["id"]

    @pytest.mark.parametrize(
        ("flow", "kind"), [(Flow.CARD, "payment_method_update"), (Flow.CANCEL, "subscription_cancel")]
    )
    def test_opens_where_it_is_asked_to(self, lab: Lab, shop: Shop, now: datetime, flow: Flow, kind: str) -> None:
        portal.visit(lab, now=now, flow=flow)
        opened = _session(shop)["flow"]
        assert isinstance(opened, dict)
        assert opened["type"] == kind

    @pytest.mark.parametrize("is_over", [True, False])
    def test_opens_at_its_start_where_nothing_is_left_to_cancel(
        self, lab: Lab, shop: Shop, now: datetime, is_over: bool
    ) -> None:
        (subscription,) = books.subscriptions(lab)
        if is_over:
            stripe.Subscription.cancel(subscription.id)
        else:
            stripe.Subscription.modify(subscription.id, cancel_at_period_end=True)
        portal.visit(lab, now=now, flow=Flow.CANCEL)
        assert _session(shop)["flow"] is None

    def test_cancels_the_subscription_that_there_is_and_not_one_of_before(
        self, lab: Lab, shop: Shop, now: datetime
    ) -> None:
        stripe.Subscription.cancel(books.subscriptions(lab)[0].id)
        new = stripe.Subscription.create(customer=books.customer(lab), items=[{"price": shop.monthly}])
        portal.visit(lab, now=now, flow=Flow.CANCEL)
        opened = _session(shop)["flow"]
        assert isinstance(opened, dict)
        assert opened["subscription_cancel"]["subscription"] == new.id

    def test_is_refused_to_a_lab_that_never_paid(self, shop: Shop, stranger: User, now: datetime) -> None:
        with pytest.raises(BillingRefusedError, match="no subscription yet"):
            portal.visit(Lab.objects.of(stranger)[0], now=now)

    def test_is_refused_before_it_is_set_up(self, lab: Lab, now: datetime) -> None:
        for configuration in stripe.billing_portal.Configuration.list().data:
            stripe.billing_portal.Configuration.modify(configuration.id, active=False)
        with pytest.raises(BillingRefusedError, match="not set up"):
            portal.visit(lab, now=now)


class TestKeep:
    def test_lets_a_cancelled_subscription_go_on(self, lab: Lab, now: datetime) -> None:
        (subscription,) = books.subscriptions(lab)
        for _ in range(2):  # whoever cancels again may undo it again
            stripe.Subscription.modify(subscription.id, cancel_at_period_end=True)
            assert reconcile(lab.pk, actor="sweep", now=now).ends_at is not None
            portal.keep(lab, actor="user:1", now=now)
            assert stripe.Subscription.retrieve(subscription.id).cancel_at is None
            assert Entitlement.objects.get(lab=lab).ends_at is None

    def test_undoes_an_end_on_a_day_of_its_own(self, lab: Lab, now: datetime) -> None:
        (subscription,) = books.subscriptions(lab)
        end = subscription["items"].data[0].current_period_end - 3600
        stripe.Subscription.modify(subscription.id, cancel_at=end)
        portal.keep(lab, actor="user:1", now=now)
        assert stripe.Subscription.retrieve(subscription.id).cancel_at is None

    def test_is_refused_where_nothing_is_to_end(self, lab: Lab, now: datetime, stranger: User) -> None:
        for one in (lab, Lab.objects.of(stranger)[0]):
            with pytest.raises(BillingRefusedError):
                portal.keep(one, actor="user:1", now=now)

    def test_is_refused_after_the_end(self, lab: Lab, now: datetime) -> None:
        stripe.Subscription.cancel(books.subscriptions(lab)[0].id)
        with pytest.raises(BillingRefusedError):
            portal.keep(lab, actor="user:1", now=now)


class TestLook:
    def test_sees_what_was_done_there(self, lab: Lab, now: datetime) -> None:
        stripe.Subscription.cancel(books.subscriptions(lab)[0].id)
        portal.look(lab, actor="user:1", now=now)
        lab.refresh_from_db()
        assert lab.plan == Plan.GRACE
