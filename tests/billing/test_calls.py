from datetime import datetime
from typing import Any

import pytest
from django.urls import reverse

from archive import upgrading
from billing import calls
from genomics.users.models import Membership, Role, User
from jobs.models import Job

pytestmark = pytest.mark.django_db


class TestWay:
    def test_leads_owners_to_the_upgrade(self, job: Job, free_user: User) -> None:
        way = calls.way(job, free_user)
        assert way is not None
        assert way.url == reverse("billing:upgrade", args=[job.lab_id])
        assert upgrading.way(job, user=free_user) == way

    def test_tells_members_whom_to_ask(self, job: Job, stranger: User, now: datetime) -> None:
        Membership.objects.create(lab=job.lab, user=stranger, role=Role.MEMBER)
        way = calls.way(job, stranger)
        assert way is not None
        assert (way.url, "ask one of them" in way.words) == ("", True)

    def test_leaves_it_to_an_admin_where_nothing_is_sold(self, job: Job, free_user: User, settings: Any) -> None:
        settings.BILLING_MODE = "off"
        assert calls.way(job, free_user) is None
