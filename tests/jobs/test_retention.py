from datetime import datetime, timedelta

import pytest

from genomics.users.limits import Plan, limits_of
from jobs import retention

FREE = limits_of(Plan.FREE)


class TestDueAt:
    def test_is_three_minutes_later_on_free(self, now: datetime) -> None:
        assert retention.due_at(FREE, completed_at=now) == now + timedelta(minutes=3)

    @pytest.mark.parametrize("plan", [Plan.GRACE, Plan.PREMIUM])
    def test_is_never_on_plans_that_keep_results_hot(self, now: datetime, plan: Plan) -> None:
        assert retention.due_at(limits_of(plan), completed_at=now) is None
        assert retention.latest_due_at(limits_of(plan), completed_at=now) is None


class TestPostponed:
    @pytest.mark.parametrize(
        ("hours_wanted", "expected"),
        [(2, timedelta(hours=2)), (24, timedelta(hours=24)), (25, timedelta(hours=24)), (-1, timedelta(minutes=3))],
    )
    def test_stays_within_the_limits(self, now: datetime, hours_wanted: int, expected: timedelta) -> None:
        wanted_at = now + timedelta(hours=hours_wanted)
        assert retention.postponed(FREE, completed_at=now, wanted_at=wanted_at) == now + expected

    def test_is_not_needed_where_results_stay_hot(self, now: datetime) -> None:
        assert retention.postponed(limits_of(Plan.PREMIUM), completed_at=now, wanted_at=now) is None
