from datetime import datetime

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from genomics.users.models import Lab, User
from jobs import needs
from jobs.models import Job, JobEvent
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db


class TestFreeOfUpperFloors:
    def test_leaves_out_rows_that_others_hold(self, free_user: User, premium_user: User, now: datetime) -> None:
        held, free = (Lab.objects.of(user)[0] for user in (free_user, premium_user))
        make_job(free_user, now=now)
        found = needs.free_of_upper_floors(Lab.objects.all())
        assert (held in found, free in found) == (False, True)

    @pytest.mark.parametrize("hold", [models.PROTECT, models.RESTRICT])
    def test_leaves_out_rows_with_which_would_go_what_others_hold(
        self, free_user: User, now: datetime, monkeypatch: pytest.MonkeyPatch, hold: object
    ) -> None:
        make_job(free_user, now=now)
        lab = Lab.objects.of(free_user)
        monkeypatch.setattr(Job._meta.get_field("lab").remote_field, "on_delete", models.CASCADE)
        assert needs.free_of_upper_floors(lab).exists()
        monkeypatch.setattr(JobEvent._meta.get_field("job").remote_field, "on_delete", hold)
        assert not needs.free_of_upper_floors(lab).exists()

    def test_only_reads_and_only_once(self, free_user: User, now: datetime) -> None:
        make_job(free_user, now=now)
        with CaptureQueriesContext(connection) as queries:
            assert list(needs.free_of_upper_floors(Job.objects.all()))
        assert [query["sql"].split()[0] for query in queries] == ["SELECT"]
