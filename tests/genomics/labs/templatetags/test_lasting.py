from datetime import datetime, timedelta

import pytest

from genomics.labs.templatetags.lasting import lasting


class TestLasting:
    @pytest.mark.parametrize(
        ("left", "said"),
        [
            (timedelta(days=7), "7 days"),
            (timedelta(days=7, seconds=-5), "7 days"),
            (timedelta(days=6, hours=23, minutes=10), "6 days, 23 hours"),
            (timedelta(days=1, hours=1), "1 day, 1 hour"),
            (timedelta(hours=2, minutes=-10), "2 hours"),
            (timedelta(minutes=59), "less than an hour"),
        ],
    )
    def test_rounds_to_the_hour(self, now: datetime, left: timedelta, said: str) -> None:
        assert lasting(now + left, now) == said
