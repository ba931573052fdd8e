from decimal import Decimal

import pytest

from archive import costs
from archive.models import Tier

GB = 10**9


class TestOf:
    @pytest.mark.parametrize(
        ("tier", "storage_class", "dollars"),
        [
            (Tier.EXPEDITED, "GLACIER", "0.08"),  # 2 GB at 0.03, 2 requests at 0.01
            (Tier.STANDARD, "", "0.0201"),
            (Tier.BULK, "GLACIER", "0"),
            (Tier.STANDARD, "DEEP_ARCHIVE", "0.0402"),
            (Tier.STANDARD, "GLACIER_IR", "0.06"),
        ],
    )
    def test_counts_bytes_and_requests(self, tier: Tier, storage_class: str, dollars: str) -> None:
        cost = costs.of(tier, sizes=[GB, GB], storage_class=storage_class)
        assert (cost.dollars, cost.requests, cost.size_bytes) == (Decimal(dollars), 2, 2 * GB)

    def test_refuses_a_tier_that_the_class_does_not_know(self) -> None:
        with pytest.raises(KeyError):
            costs.of(Tier.EXPEDITED, sizes=[1], storage_class="DEEP_ARCHIVE")

    @pytest.mark.parametrize(
        ("tier", "sizes", "shown"),
        [(Tier.EXPEDITED, [1], "$0.02"), (Tier.BULK, [GB], "$0.00"), (Tier.STANDARD, [], "$0.00")],
    )
    def test_is_shown_in_whole_cents_never_too_low(self, tier: Tier, sizes: list[int], shown: str) -> None:
        assert costs.of(tier, sizes=sizes, storage_class="GLACIER").shown == shown


class TestByTier:
    def test_gives_each_tier_of_the_class(self) -> None:
        assert [cost.tier for cost in costs.by_tier(sizes=[GB], storage_class="DEEP_ARCHIVE")] == [
            Tier.STANDARD,
            Tier.BULK,
        ]
