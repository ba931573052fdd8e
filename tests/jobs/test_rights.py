from datetime import datetime

import pytest

from genomics.users.models import Lab, Membership, Role, User
from jobs import rights
from jobs.models import Job
from tests.jobs.factory import make_job


@pytest.mark.django_db
class TestDecides:
    def test_is_true_for_who_submitted_it_and_for_the_owner_of_the_lab(
        self, free_user: User, stranger: User, premium_user: User, now: datetime
    ) -> None:
        lab = Lab.objects.of(free_user)[0]
        Membership.objects.create(lab=lab, user=stranger, role=Role.MEMBER)
        Membership.objects.create(lab=lab, user=premium_user, role=Role.MEMBER)
        job = make_job(free_user, now=now)
        Job.objects.update(owner=stranger)
        job.refresh_from_db()
        decide = [rights.decides(job, user=user) for user in (free_user, stranger, premium_user)]
        assert decide == [True, True, False]
