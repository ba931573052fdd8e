from datetime import timedelta

import pytest

from billing.templatetags.lengths import in_words


class TestInWords:
    @pytest.mark.parametrize(
        ("length", "words"),
        [
            (timedelta(days=14), "14 days"),
            (timedelta(days=2), "2 days"),
            (timedelta(hours=24), "24 hours"),
            (timedelta(hours=1), "1 hour"),
            (timedelta(minutes=3), "3 minutes"),
            (timedelta(seconds=90), "2 minutes"),
            (timedelta(seconds=45), "45 seconds"),
            (timedelta(0), "0 seconds"),
        ],
    )
    def test_takes_the_largest_unit_that_is_used_for_it(self, length: timedelta, words: str) -> None:
        assert in_words(length) == words
