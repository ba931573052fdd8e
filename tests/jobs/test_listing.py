from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from genomics.users.models import Lab, User
from jobs import listing
from jobs.models import Job, Status
from tests.jobs.factory import make_job

OWN, OTHER = Lab(name="own"), Lab(name="other")


def _asked(**query: str) -> listing.Request:
    return listing.Request.of(query, labs=[OWN, OTHER], chosen=OWN)


class TestRequest:
    def test_is_the_chosen_lab_by_latest_submission_when_nothing_is_asked(self) -> None:
        asked = _asked()
        assert (asked.labs, asked.sort, asked.status, asked.is_narrowed) == ((OWN,), "-submitted", None, False)

    def test_names_one_lab_or_all(self) -> None:
        assert _asked(lab=str(OTHER.pk)).labs == (OTHER,)
        assert _asked(lab="all").labs == (OWN, OTHER)

    def test_takes_what_makes_no_sense_as_not_asked(self) -> None:
        assert _asked(lab="x", sort="password", status="DRAFT", q=" \0 ") == _asked()

    def test_keeps_what_was_asked_in_every_address_and_starts_anew_when_it_changes(self) -> None:
        asked = _asked(q="ä&b", status="FAILED", sort="name", page="7")
        assert asked.address(page="8") == "/jobs/?q=%C3%A4%26b&status=FAILED&sort=name&page=8"
        assert asked.address(sort="-name") == "/jobs/?q=%C3%A4%26b&status=FAILED&sort=-name"
        assert asked.reset == "/jobs/?sort=name"

    def test_narrows_to_each_status_that_the_list_can_show(self) -> None:
        assert set(listing.STATUSES) == set(Status) - {Status.DRAFT}
        assert [_asked(status=status).status for status in listing.STATUSES] == list(listing.STATUSES)


class TestColumns:
    def test_turn_round_when_they_are_asked_for_again(self) -> None:
        heads = {column.name: column for column in listing.columns(_asked(sort="name"))}
        assert (heads["name"].order, heads["name"].address) == ("ascending", "/jobs/?sort=-name")
        assert (heads["size"].order, heads["size"].address) == ("", "/jobs/?sort=-size")
        heads = {column.name: column for column in listing.columns(_asked(sort="-name"))}
        assert (heads["name"].order, heads["name"].address) == ("descending", "/jobs/?sort=name")


class TestSorts:
    def test_offer_every_column_both_ways_the_usual_first(self) -> None:
        values = [sort.value for sort in listing.sorts()]
        assert values[0] == _asked().sort
        assert len(set(values)) == 2 * len(listing.columns(_asked()))


@pytest.mark.django_db
class TestPage:
    def test_reads_two_queries_and_a_count(
        self, free_user: User, now: datetime, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        lab = Lab.objects.of(free_user)[0]
        for _ in range(30):
            make_job(free_user, now=now)
        asked = listing.Request.of({"page": "2"}, labs=[lab], chosen=lab)
        with django_assert_num_queries(3):
            page = listing.page(asked, user=free_user)
            assert [job.lab.name for job in page] == [lab.name] * 5

    def test_shows_nobody_the_jobs_of_a_lab_that_is_not_his(self, free_user: User, stranger: User, job: Job) -> None:
        asked = listing.Request.of({}, labs=[job.lab], chosen=job.lab)
        assert len(listing.page(asked, user=free_user)) == 1
        assert len(listing.page(asked, user=stranger)) == 0

    def test_leaves_drafts_and_deleted_jobs_out(self, free_user: User, now: datetime) -> None:
        make_job(free_user, now=now, status=Status.DRAFT)
        gone = make_job(free_user, now=now, status=Status.FAILED)
        Job.objects.filter(pk=gone.pk).update(deleted_at=now)
        asked = listing.Request.of({}, labs=[gone.lab], chosen=gone.lab)
        assert len(listing.page(asked, user=free_user)) == 0
