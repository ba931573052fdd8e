import pytest

from annotator import journal


class TestPercent:
    @pytest.mark.parametrize(
        ("count", "total", "said"),
        [
            (0, 0, ""),
            (0, 9, "0.0%"),
            (9, 9, "100.0%"),
            (1, 3, "33.3%"),
            (1, 1_000_000, "0.1%"),
            (999_999, 1_000_000, "99.9%"),
        ],
    )
    def test_is_nothing_or_all_only_when_it_is(self, count: int, total: int, said: str) -> None:
        assert journal._percent(count, total) == said
