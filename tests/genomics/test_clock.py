from datetime import UTC, timedelta

import pytest
from django.utils import timezone

from genomics import clock


@pytest.mark.django_db
class TestNow:
    def test_goes_on_within_a_transaction_and_knows_its_zone(self) -> None:
        first, second = clock.now(), clock.now()
        assert first < second
        assert first.utcoffset() == UTC.utcoffset(None)
        assert abs(first - timezone.now()) < timedelta(minutes=1)
