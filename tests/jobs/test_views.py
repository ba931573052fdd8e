from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from genomics.users.models import User
from jobs.models import Job, JobEvent, Kind, ResultFile, Status
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]

READ = ["jobs:detail", "jobs:status", "jobs:status-json", "jobs:log"]
WRITE = ["jobs:cancel", "jobs:retry"]


class TestEveryPageOfAJob:
    @pytest.mark.parametrize("view", READ)
    def test_does_not_exist_for_a_stranger(self, client_of: SignIn, stranger: User, job: Job, view: str) -> None:
        assert client_of(stranger).get(reverse(view, args=[job.pk])).status_code == 404

    @pytest.mark.parametrize("view", READ)
    def test_asks_an_unknown_person_to_sign_in(self, client: Client, job: Job, view: str) -> None:
        url = reverse(view, args=[job.pk])
        assert client.get(url)["Location"] == f"{reverse('account_login')}?next={url}"

    @pytest.mark.parametrize("view", READ)
    def test_cannot_be_posted_to(self, client_of: SignIn, free_user: User, job: Job, view: str) -> None:
        assert client_of(free_user).post(reverse(view, args=[job.pk])).status_code == 405

    @pytest.mark.parametrize("view", READ)
    def test_does_not_exist_while_the_file_is_uploaded(
        self, client_of: SignIn, free_user: User, now: datetime, view: str
    ) -> None:
        draft = make_job(free_user, now=now, status=Status.DRAFT)
        assert client_of(free_user).get(reverse(view, args=[draft.pk])).status_code == 404

    @pytest.mark.parametrize("view", WRITE)
    def test_that_changes_something_is_not_for_strangers_nor_for_get(
        self, client_of: SignIn, free_user: User, stranger: User, job: Job, view: str
    ) -> None:
        url = reverse(view, args=[job.pk])
        assert client_of(stranger).post(url).status_code == 404
        assert client_of(free_user).get(url).status_code == 405
        assert Job.objects.get().status == Status.PENDING

    @pytest.mark.parametrize("kind", Kind.values)
    def test_with_a_file_is_not_for_strangers(self, client_of: SignIn, stranger: User, job: Job, kind: str) -> None:
        assert client_of(stranger).get(reverse("jobs:file", args=[job.pk, kind])).status_code == 404


class TestJobList:
    def test_shows_the_jobs_of_the_own_labs_newest_first(
        self, client_of: SignIn, free_user: User, stranger: User, now: datetime
    ) -> None:
        make_job(free_user, now=now - timedelta(hours=1), name="old.vcf")
        make_job(free_user, now=now, name="new.vcf")
        make_job(stranger, now=now, name="foreign.vcf")
        page = client_of(free_user).get(reverse("jobs:list")).content.decode()
        assert page.index("new.vcf") < page.index("old.vcf")
        assert "foreign.vcf" not in page

    def test_needs_no_more_queries_for_more_jobs(
        self, client_of: SignIn, free_user: User, now: datetime, django_assert_max_num_queries: Callable[..., object]
    ) -> None:
        client = client_of(free_user)
        for number in range(30):
            make_job(free_user, now=now, name=f"{number}.vcf", status=Status.COMPLETED)
        with django_assert_max_num_queries(7):  # type: ignore[attr-defined]
            client.get(reverse("jobs:list"))

    def test_gives_htmx_the_fragment_alone(self, client_of: SignIn, job: Job, free_user: User) -> None:
        page = client_of(free_user).get(reverse("jobs:list"), headers={"HX-Request": "true"}).content.decode()
        assert job.name in page
        assert "<html" not in page

    def test_escapes_hostile_file_names(self, client_of: SignIn, free_user: User, now: datetime) -> None:
        make_job(free_user, now=now, name="<script>alert(1)</script>.vcf")
        page = client_of(free_user).get(reverse("jobs:list")).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


class TestStatusJson:
    def test_tells_where_a_failed_job_stands(self, client_of: SignIn, free_user: User, now: datetime) -> None:
        failed = make_job(free_user, now=now, status=Status.FAILED)
        answer = client_of(free_user).get(reverse("jobs:status-json", args=[failed.pk])).json()
        assert answer["status"] == "FAILED"
        assert answer["failure"]["message"] == "It does not fit."

    def test_lists_the_files_with_digests(self, client_of: SignIn, free_user: User, now: datetime) -> None:
        done = make_job(free_user, now=now, status=Status.COMPLETED)
        ResultFile.objects.create(job=done, kind=Kind.LOG, name="a.log", key="k", size_bytes=3, sha256="0" * 64)
        answer = client_of(free_user).get(reverse("jobs:status-json", args=[done.pk])).json()
        assert answer["files"][0]["sha256"] == "0" * 64
        assert answer["records"] == {"read": 10, "annotated": 6, "passed": 3, "rejected": 1}


class TestFile:
    def test_redirects_to_a_short_signed_link_with_the_proper_name(
        self, client_of: SignIn, free_user: User, now: datetime
    ) -> None:
        done = make_job(free_user, now=now, status=Status.COMPLETED)
        ResultFile.objects.create(
            job=done, kind=Kind.VCF, name="ä.annot.vcf.gz", key="lab/job/1/x", size_bytes=3, sha256="0" * 64
        )
        link = client_of(free_user).get(reverse("jobs:file", args=[done.pk, "VCF"]))["Location"]
        assert "X-Amz-Expires=60" in link
        assert "%C3%A4.annot.vcf.gz" in link.replace("%25C3%25A4", "%C3%A4")

    @pytest.mark.parametrize("kind", ["VCF", "NONSENSE", "vcf"])
    def test_that_there_is_not_is_404(self, client_of: SignIn, free_user: User, job: Job, kind: str) -> None:
        assert client_of(free_user).get(reverse("jobs:file", args=[job.pk, kind])).status_code == 404


class TestCancel:
    def test_records_who_did_it(self, client_of: SignIn, free_user: User, job: Job) -> None:
        answer = client_of(free_user).post(reverse("jobs:cancel", args=[job.pk]))
        assert answer["Location"] == reverse("jobs:detail", args=[job.pk])
        assert JobEvent.objects.get(job=job, status=Status.CANCELLED).actor == f"user:{free_user.pk}"

    def test_says_when_it_is_too_late(self, client_of: SignIn, free_user: User, now: datetime) -> None:
        done = make_job(free_user, now=now, status=Status.CANCELLED)
        page = client_of(free_user).post(reverse("jobs:cancel", args=[done.pk]), follow=True)
        assert "cannot be done now" in page.content.decode()


class TestRetry:
    def test_lets_a_failed_job_wait_again(self, client_of: SignIn, free_user: User, now: datetime) -> None:
        failed = make_job(free_user, now=now, status=Status.FAILED)
        client_of(free_user).post(reverse("jobs:retry", args=[failed.pk]))
        assert Job.objects.get().status == Status.PENDING
