from datetime import datetime, timedelta

import pytest

from archive import progress
from archive.models import RetrievalState
from genomics.users.models import Lab, User
from jobs.models import Job, Kind, Status
from tests.archive.factory import make_archived_file, make_recall, make_retrieval
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab(free_user: User) -> Lab:
    return Lab.objects.of(free_user)[0]


def _restored(user: User, *, now: datetime) -> Job:
    job = make_job(user, now=now, status=Status.COMPLETED)
    recall = make_recall(job, now=now)
    for kind in (Kind.VCF, Kind.TABLE):
        archived = make_archived_file(job, now=now, kind=kind)
        make_retrieval(archived, now=now, recall=recall, state=RetrievalState.RESTORED)
    return job


class TestOf:
    def test_counts_results_that_are_back_and_those_to_come(self, lab: Lab, free_user: User, now: datetime) -> None:
        _restored(free_user, now=now)
        make_job(free_user, now=now, status=Status.ARCHIVED)
        coming = make_job(free_user, now=now, status=Status.RESTORING)
        make_retrieval(make_archived_file(coming, now=now), now=now, state=RetrievalState.REQUESTED)
        make_job(free_user, now=now, status=Status.COMPLETED)
        found = progress.of(lab, since=now, now=now)
        assert (found.back, found.coming, found.total, found.is_done) == (1, 2, 3, False)
        assert found.expected is not None
        assert found.expected.latest == now + timedelta(minutes=5)

    def test_is_done_when_nothing_rests(self, lab: Lab, free_user: User, now: datetime) -> None:
        _restored(free_user, now=now)
        found = progress.of(lab, since=now, now=now)
        assert (found.back, found.is_done, found.expected) == (1, True, None)

    def test_leaves_out_what_came_back_before_what_was_deleted_and_what_is_not_the_labs(
        self, lab: Lab, free_user: User, stranger: User, now: datetime
    ) -> None:
        _restored(free_user, now=now - timedelta(days=1))
        _restored(stranger, now=now)
        Job.objects.filter(pk=_restored(free_user, now=now).pk).update(deleted_at=now)
        make_job(stranger, now=now, status=Status.ARCHIVED)
        assert progress.of(lab, since=now, now=now).total == 0
