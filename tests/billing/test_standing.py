from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import RequestFactory

from billing import standing
from billing.models import Basis, Entitlement, Payment
from billing.standing import State
from genomics.users.limits import Plan
from genomics.users.models import Lab, Membership, Role, User


class TestStateOf:
    @pytest.mark.parametrize(
        ("plan", "basis", "payment", "state"),
        [
            (Plan.FREE, Basis.NOTHING, Payment.NOTHING, State.FREE),
            (Plan.PREMIUM, Basis.SUBSCRIPTION, Payment.NOTHING, State.PAID),
            (Plan.PREMIUM, Basis.TRIAL, Payment.NOTHING, State.TRIAL),
            (Plan.PREMIUM, Basis.GRANT, Payment.NOTHING, State.GRANTED),
            (Plan.PREMIUM, Basis.NOTHING, Payment.NOTHING, State.GRANTED),
            (Plan.GRACE, Basis.SUBSCRIPTION, Payment.NOTHING, State.ENDED),
            (Plan.GRACE, Basis.SUBSCRIPTION, Payment.FAILED, State.FAILED),
            (Plan.FREE, Basis.NOTHING, Payment.FAILED, State.FAILED),
            (Plan.GRACE, Basis.SUBSCRIPTION, Payment.ACTION_REQUIRED, State.ACTION),
        ],
    )
    def test_has_a_word_for_each(self, plan: Plan, basis: Basis, payment: Payment, state: State) -> None:
        assert standing.state_of(plan, Entitlement(plan=plan, basis=basis, payment=payment)) == state

    def test_knows_plans_that_came_without_billing(self) -> None:
        found = [standing.state_of(plan, None) for plan in (Plan.FREE, Plan.GRACE, Plan.PREMIUM)]
        assert found == [State.FREE, State.ENDED, State.GRANTED]


@pytest.mark.django_db
class TestBanner:
    def test_is_silent_when_all_is_well(self, free_user: User, django_assert_num_queries: Any) -> None:
        lab = Lab.objects.of(free_user)[0]
        with django_assert_num_queries(1):
            assert standing.banner(lab, free_user) is None

    def test_says_until_when_and_to_whom(self, free_user: User, stranger: User, now: datetime) -> None:
        lab = Lab.objects.of(free_user)[0]
        Membership.objects.create(lab=lab, user=stranger, role=Role.MEMBER)
        Lab.objects.filter(pk=lab.pk).update(plan=Plan.GRACE)
        lab.refresh_from_db()
        Entitlement.objects.create(
            lab=lab, plan=Plan.GRACE, basis=Basis.SUBSCRIPTION, grace_until=now + timedelta(days=3)
        )
        for user, is_owner in ((free_user, True), (stranger, False)):
            banner = standing.banner(lab, user)
            assert banner is not None
            assert (banner.state, banner.until, banner.is_owner) == (State.ENDED, now + timedelta(days=3), is_owner)

    def test_asks_nothing_for_somebody_who_has_not_signed_in(self, django_assert_num_queries: Any) -> None:
        request = RequestFactory().get("/")
        request.user = None  # type: ignore[assignment]
        with django_assert_num_queries(0):
            assert not standing.for_pages(request)["billing_banner"]
