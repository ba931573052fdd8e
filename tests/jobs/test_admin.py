from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from genomics.users.models import User
from jobs.models import Job, Status
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


class TestJobAdmin:
    def test_shows_a_job_with_its_events(
        self, client_of: SignIn, admin_user: User, free_user: User, now: datetime
    ) -> None:
        failed = make_job(free_user, now=now, status=Status.FAILED)
        client = client_of(admin_user)
        assert failed.name in client.get(reverse("admin:jobs_job_changelist")).content.decode()
        page = client.get(reverse("admin:jobs_job_change", args=[failed.pk])).content.decode()
        assert "FAILED" in page
        assert f"user:{free_user.pk}" in page

    def test_changes_nothing(self, client_of: SignIn, admin_user: User, job: Job) -> None:
        client = client_of(admin_user)
        assert client.get(reverse("admin:jobs_job_add")).status_code == 403
        assert client.post(reverse("admin:jobs_job_delete", args=[job.pk])).status_code == 403
        answer = client.post(reverse("admin:jobs_job_change", args=[job.pk]), {"status": "COMPLETED"})
        assert answer.status_code == 403
        assert Job.objects.get().status == Status.PENDING

    def test_is_for_admins_only(self, client_of: SignIn, free_user: User) -> None:
        assert client_of(free_user).get(reverse("admin:jobs_job_changelist")).status_code in {302, 403}
