from datetime import datetime, timedelta

import pytest
from django.core import signing
from django.test import Client

from genomics.users.models import Lab, User
from jobs import live, transitions
from jobs.models import Job, Status
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db


class TestLivePollMiddleware:
    def test_says_204_until_something_changes(self, client: Client, job: Job, now: datetime) -> None:
        page = live.for_job(job)
        assert client.get(page.url, {"t": page.token, "v": page.version}).status_code == 204
        transitions.move(job, Status.CANCELLED, actor="user:1", now=now + timedelta(seconds=1))
        answer = client.get(page.url, {"t": page.token, "v": page.version})
        assert answer.status_code == 200
        assert answer.json() == {"version": live.for_job(job).version, "active": False}

    def test_costs_one_query_and_no_session(self, client: Client, job: Job, django_assert_num_queries: object) -> None:
        page = live.for_labs([job.lab_id])
        with django_assert_num_queries(1):  # type: ignore[operator]
            answer = client.get(page.url, {"t": page.token, "v": page.version})
        assert not answer.cookies

    def test_sees_a_new_job_of_the_lab_and_none_of_another(
        self, client: Client, free_user: User, stranger: User, now: datetime
    ) -> None:
        page = live.for_labs(Lab.objects.of(free_user).values_list("pk", flat=True))
        make_job(stranger, now=now)
        assert client.get(page.url, {"t": page.token, "v": page.version}).status_code == 204
        make_job(free_user, now=now)
        assert client.get(page.url, {"t": page.token, "v": page.version}).json()["active"] is True

    @pytest.mark.parametrize("token", ["", "junk", signing.dumps({"labs": []}, salt="other")])
    def test_refuses_a_token_that_is_not_ours(self, client: Client, token: str) -> None:
        assert client.get(live.PATH, {"t": token}).status_code == 403

    def test_answers_get_only(self, client: Client) -> None:
        assert client.post(live.PATH).status_code == 405
