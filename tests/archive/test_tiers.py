from typing import Any

import pytest

from archive import tiers
from archive.models import Tier
from genomics.users.limits import Plan


class TestChoose:
    def test_asks_for_the_newest_results_of_a_premium_lab_first(self, settings: Any) -> None:
        settings.RECALL_NEWEST = 2
        assert tiers.choose(plan=Plan.PREMIUM, count=4) == [Tier.EXPEDITED, Tier.EXPEDITED, Tier.BULK, Tier.BULK]

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_needs_no_more_than_there_are(self, settings: Any, count: int) -> None:
        settings.RECALL_NEWEST = 2
        assert tiers.choose(plan=Plan.PREMIUM, count=count) == [Tier.EXPEDITED] * count

    @pytest.mark.parametrize("plan", Plan)
    def test_knows_every_plan(self, plan: Plan) -> None:
        assert len(tiers.choose(plan=plan, count=30)) == 30

    def test_pays_for_expedited_on_premium_only(self) -> None:
        assert [plan for plan in Plan if Tier.EXPEDITED in tiers.choose(plan=plan, count=1)] == [Plan.PREMIUM]


class TestOffered:
    @pytest.mark.parametrize(
        ("storage_class", "expected"),
        [
            ("GLACIER", [Tier.EXPEDITED, Tier.STANDARD, Tier.BULK]),
            ("", [Tier.EXPEDITED, Tier.STANDARD, Tier.BULK]),
            ("DEEP_ARCHIVE", [Tier.STANDARD, Tier.BULK]),
            ("GLACIER_IR", [Tier.STANDARD]),
        ],
    )
    def test_depends_on_the_class(self, storage_class: str, expected: list[Tier]) -> None:
        assert tiers.offered(storage_class) == expected


class TestNearest:
    @pytest.mark.parametrize(
        ("tier", "storage_class", "expected"),
        [
            (Tier.EXPEDITED, "GLACIER", Tier.EXPEDITED),
            (Tier.EXPEDITED, "DEEP_ARCHIVE", Tier.STANDARD),
            (Tier.BULK, "DEEP_ARCHIVE", Tier.BULK),
            (Tier.BULK, "GLACIER_IR", Tier.STANDARD),
        ],
    )
    def test_is_one_that_the_class_knows(self, tier: Tier, storage_class: str, expected: Tier) -> None:
        assert tiers.nearest(tier, storage_class=storage_class) == expected
