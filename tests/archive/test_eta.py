from datetime import datetime, timedelta

import pytest

from archive import eta
from archive.models import Retrieval, RetrievalState, Tier
from jobs.models import Job
from tests.archive.factory import make_archived_file, make_retrieval

MINUTE = timedelta(minutes=1)


class TestExpected:
    @pytest.mark.parametrize(
        ("tier", "storage_class", "shown"),
        [
            (Tier.EXPEDITED, "GLACIER", "1 to 5 minutes"),
            (Tier.STANDARD, "", "3 to 5 hours"),
            (Tier.BULK, "GLACIER", "5 to 12 hours"),
            (Tier.STANDARD, "DEEP_ARCHIVE", "less than 12 hours"),
        ],
    )
    def test_is_what_aws_says_as_long_as_little_was_measured(self, tier: Tier, storage_class: str, shown: str) -> None:
        assert str(eta.expected(tier, storage_class=storage_class, measured=[MINUTE] * 4)) == shown

    def test_is_what_was_measured_later(self) -> None:
        span = eta.expected(Tier.EXPEDITED, storage_class="GLACIER", measured=[2 * MINUTE] * 5)
        assert (span.low, span.high) == (120, 120)

    def test_is_not_led_astray_by_single_ones(self) -> None:
        measured = [2 * MINUTE] * 30 + [timedelta(hours=9), timedelta(seconds=1)]
        span = eta.expected(Tier.EXPEDITED, storage_class="GLACIER", measured=measured)
        assert (span.low, span.high) == (120, 120)

    def test_grows_with_what_differs(self) -> None:
        span = eta.expected(Tier.BULK, storage_class="GLACIER", measured=[n * MINUTE for n in range(11)])
        assert (span.low, span.high) == (60, 540)


@pytest.mark.django_db
class TestOfKind:
    def test_reads_the_retrievals_so_far(self, job: Job, now: datetime) -> None:
        archived = make_archived_file(job, now=now)
        for _ in range(5):
            make_retrieval(archived, now=now, state=RetrievalState.RESTORED)
        Retrieval.objects.update(ready_at=now + 2 * MINUTE)
        span = eta.of_kind(vault="S3", storage_class="GLACIER", tier=Tier.EXPEDITED)
        assert str(span) == "about 2 minutes"
