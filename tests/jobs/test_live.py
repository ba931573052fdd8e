from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from genomics.users.models import Lab, User
from jobs import live, transitions, waiting
from jobs.models import Job, Status
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db


class TestLivePollMiddleware:
    def test_says_204_until_something_changes(self, client: Client, job: Job, now: datetime) -> None:
        page = live.for_job(job, now=now)
        assert client.get(page.url, {"t": page.token, "v": page.version}).status_code == 204
        transitions.move(job, Status.CANCELLED, actor="user:1", now=now + timedelta(seconds=1))
        answer = client.get(page.url, {"t": page.token, "v": page.version})
        assert answer.status_code == 200
        assert answer.json() == {"version": live.for_job(job, now=now).version, "active": False}

    def test_costs_one_query_and_no_session(
        self, client: Client, free_user: User, now: datetime, settings: Any, django_assert_num_queries: Any
    ) -> None:
        settings.FORECAST_LIFETIME = timedelta(minutes=1)
        waiting._latest.clear()
        job = make_job(free_user, now=timezone.now())
        for page in (live.for_labs([job.lab_id], now=timezone.now()), live.for_job(job, now=timezone.now())):
            with django_assert_num_queries(1):
                answer = client.get(page.url, {"t": page.token, "v": page.version})
            assert answer.status_code == 204
            assert not answer.cookies
        waiting._latest.clear()

    def test_tells_a_waiting_page_that_its_place_has_changed(
        self, client: Client, free_user: User, premium_user: User
    ) -> None:
        now = timezone.now()
        before, job = make_job(premium_user, now=now - timedelta(seconds=9)), make_job(free_user, now=now)
        pages = [live.for_job(job, now=now), live.for_labs([job.lab_id], now=now)]
        assert [client.get(page.url, {"t": page.token, "v": page.version}).status_code for page in pages] == [204, 204]
        transitions.move(before, Status.CANCELLED, actor="user:1", now=now)
        assert [client.get(page.url, {"t": page.token, "v": page.version}).status_code for page in pages] == [200, 200]

    def test_sees_a_new_job_of_the_lab_and_none_of_another(
        self, client: Client, free_user: User, stranger: User, now: datetime
    ) -> None:
        page = live.for_labs(Lab.objects.of(free_user).values_list("pk", flat=True), now=now)
        make_job(stranger, now=now)
        assert client.get(page.url, {"t": page.token, "v": page.version}).status_code == 204
        make_job(free_user, now=now)
        assert client.get(page.url, {"t": page.token, "v": page.version}).json()["active"] is True

    @pytest.mark.parametrize(
        ("status", "due_in", "moves"),
        [
            (Status.ARCHIVING, None, True),
            (Status.RESTORING, None, True),
            (Status.ARCHIVED, None, False),
            (Status.COMPLETED, None, False),
            (Status.COMPLETED, timedelta(minutes=3), True),
            (Status.COMPLETED, timedelta(hours=20), False),
        ],
    )
    def test_goes_on_while_a_result_is_about_to_move(
        self, client: Client, free_user: User, status: Status, due_in: timedelta | None, moves: bool
    ) -> None:
        now = timezone.now()
        job = make_job(free_user, now=now, status=status)
        Job.objects.filter(pk=job.pk).update(archive_due_at=due_in and now + due_in)
        pages = [live.for_job(job, now=now), live.for_labs([job.lab_id], now=now)]
        assert [page.active for page in pages] == [moves, moves]
        for page in pages:
            assert client.get(page.url, {"t": page.token, "v": "other"}).json()["active"] is moves

    def test_of_a_list_stops_for_a_deleted_job(self, free_user: User, now: datetime) -> None:
        job = make_job(free_user, now=now, status=Status.ARCHIVING)
        transitions.hide(job, actor="user:1", now=now, note="")
        assert not live.for_labs([job.lab_id], now=now).active

    @pytest.mark.parametrize(
        "token", ["", "junk", signing.dumps({"labs": []}, salt="other")], ids=["empty", "junk", "other"]
    )
    def test_refuses_a_token_that_is_not_ours(self, client: Client, token: str) -> None:
        assert client.get(live.PATH, {"t": token}).status_code == 403

    def test_answers_get_only(self, client: Client) -> None:
        assert client.post(live.PATH).status_code == 405
