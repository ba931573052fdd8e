from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from archive import promises
from archive.models import Tier
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs.models import Job, Kind, Status
from tests.archive.factory import make_archived_file
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db

GB = 10**9


def _sleeping(user: User, *, now: datetime, size_bytes: int = GB, **fields: Any) -> Job:
    job = make_job(user, now=now, status=Status.ARCHIVED)
    for kind in (Kind.VCF, Kind.TABLE):
        make_archived_file(job, now=now, kind=kind, size_bytes=size_bytes, hot_deleted_at=now, **fields)
    return job


class TestForLab:
    def test_counts_what_sleeps_with_time_and_cost_of_each_tier(self, free_user: User, now: datetime) -> None:
        for _ in range(2):
            _sleeping(free_user, now=now)
        make_job(free_user, now=now, status=Status.COMPLETED)
        promise = promises.for_lab(Lab.objects.of(free_user)[0], plan=Plan.PREMIUM)
        assert (promise.results, promise.files, promise.size_bytes) == (2, 4, 4 * GB)
        found = [(offer.tier, str(offer.expected), offer.dollars, offer.cost) for offer in promise.offers]
        assert found == [
            (None, "1 to 5 minutes", Decimal("0.16"), "$0.16"),
            (Tier.EXPEDITED, "1 to 5 minutes", Decimal("0.16"), "$0.16"),
            (Tier.STANDARD, "3 to 5 hours", Decimal("0.0402"), "$0.05"),
            (Tier.BULK, "5 to 12 hours", Decimal(0), "$0.00"),
        ]

    def test_takes_the_newest_faster_than_the_rest(self, free_user: User, now: datetime, settings: Any) -> None:
        settings.RECALL_NEWEST = 1
        _sleeping(free_user, now=now, size_bytes=100 * GB)
        newest = _sleeping(free_user, now=now)
        Job.objects.filter(pk=newest.pk).update(finished_at=now + timedelta(days=1))
        usual = promises.for_lab(Lab.objects.of(free_user)[0], plan=Plan.PREMIUM).usual
        assert usual is not None
        assert usual.label == "Expedited for the 1 newest, Bulk for the rest"
        assert (str(usual.expected), usual.dollars) == ("5 to 12 hours", Decimal("0.08"))

    def test_promises_nothing_where_nothing_sleeps(self, free_user: User, stranger: User, now: datetime) -> None:
        _sleeping(stranger, now=now)
        promise = promises.for_lab(Lab.objects.of(free_user)[0], plan=Plan.PREMIUM)
        assert (promise.results, promise.usual, promise.offers) == (0, None, ())

    def test_takes_the_nearest_tier_of_a_class_that_lacks_one(self, free_user: User, now: datetime) -> None:
        _sleeping(free_user, now=now, storage_class="DEEP_ARCHIVE")
        promise = promises.for_lab(Lab.objects.of(free_user)[0], plan=Plan.PREMIUM)
        assert [offer.tier for offer in promise.offers] == [None, Tier.STANDARD, Tier.BULK]
        assert promise.usual is not None
        assert str(promise.usual.expected) == "less than 12 hours"
        assert promise.usual.dollars == promise.offers[1].dollars


class TestOf:
    def test_leaves_out_what_is_coming_back_or_deleted(self, free_user: User, now: datetime) -> None:
        coming, deleted = _sleeping(free_user, now=now), _sleeping(free_user, now=now)
        Job.objects.filter(pk=coming.pk).update(status=Status.RESTORING)
        Job.objects.filter(pk=deleted.pk).update(deleted_at=now)
        assert promises.of(Job.objects.all(), plan=Plan.FREE).results == 0
