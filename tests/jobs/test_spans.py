import pytest

from jobs.spans import Span


class TestSpan:
    @pytest.mark.parametrize(
        ("low", "high", "words"),
        [
            (0, 0, "less than 10 seconds"),
            (0.4, 4, "less than 10 seconds"),
            (12, 18, "10 to 20 seconds"),
            (20, 20, "about 20 seconds"),
            (25, 58, "20 to 60 seconds"),
            (25, 61, "less than 2 minutes"),
            (61, 119, "1 to 2 minutes"),
            (120, 120, "about 2 minutes"),
            (300, 1000, "5 to 20 minutes"),
            (3600, 7000, "1 to 2 hours"),
            (3600, 3600, "about 60 minutes"),
        ],
    )
    def test_says_its_bounds_in_the_unit_of_the_upper_one(self, low: float, high: float, words: str) -> None:
        assert str(Span(low=low, high=high)) == words
