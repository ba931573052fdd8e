from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from genomics.aws.errors import StorageUnavailableError
from genomics.users.models import Lab, Membership, Role, User
from jobs import results, storage
from jobs.models import Job, JobEvent, Kind, ResultFile, Status
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]

READ = ["jobs:detail", "jobs:status", "jobs:status-json", "jobs:log", "jobs:preview"]
WRITE = ["jobs:cancel", "jobs:retry", "jobs:delete"]


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
        for _ in range(5):
            make_job(free_user, now=now)
        with django_assert_max_num_queries(16):  # type: ignore[attr-defined]
            client.get(reverse("jobs:list"), {"q": "vcf", "sort": "name", "page": "2"})

    def test_names_who_submitted_in_a_lab_of_several_members(
        self, client_of: SignIn, free_user: User, stranger: User, job: Job
    ) -> None:
        client, said = client_of(free_user), f"by {free_user.email}"
        assert said not in client.get(reverse("jobs:list")).content.decode()
        Membership.objects.create(lab=job.lab, user=stranger)
        assert said in client.get(reverse("jobs:list")).content.decode()

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


class TestFileThatRests:
    @pytest.fixture(params=[Status.ARCHIVED, Status.RESTORING])
    def resting(self, request: pytest.FixtureRequest, free_user: User, now: datetime) -> Job:
        job = make_job(free_user, now=now, status=request.param)
        for kind in (Kind.VCF, Kind.INDEX, Kind.TABLE, Kind.PREVIEW):
            ResultFile.objects.create(job=job, kind=kind, name=f"a<b.{kind}", key=kind, size_bytes=3, sha256="0" * 64)
        return job

    def test_is_explained_to_people(self, client_of: SignIn, free_user: User, resting: Job) -> None:
        url = reverse("jobs:file", args=[resting.pk, "VCF"])
        accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        answer = client_of(free_user).get(url, headers={"Accept": accept})
        page = answer.content.decode()
        assert answer.status_code == 409
        assert reverse("jobs:detail", args=[resting.pk]) in page
        assert "a&lt;b.VCF" in page
        assert "archive" in page

    @pytest.mark.parametrize(
        ("accept", "kind"),
        [
            ("*/*", "text/plain"),
            (None, "text/plain"),
            ("text/plain", "text/plain"),
            ("image/png", "text/plain"),
            ("application/json", "application/json"),
        ],
    )
    def test_is_explained_to_programs(
        self, client_of: SignIn, free_user: User, resting: Job, accept: str | None, kind: str
    ) -> None:
        headers = {"Accept": accept} if accept else None
        answer = client_of(free_user).get(reverse("jobs:file", args=[resting.pk, "TABLE"]), headers=headers)
        assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (409, kind)
        assert "a<b.TABLE" in answer.content.decode()
        assert "Location" not in answer

    def test_is_none_for_a_stranger(self, client_of: SignIn, stranger: User, resting: Job) -> None:
        assert client_of(stranger).get(reverse("jobs:file", args=[resting.pk, "VCF"])).status_code == 404

    def test_leaves_the_others_where_they_are(self, client_of: SignIn, free_user: User, resting: Job) -> None:
        assert client_of(free_user).get(reverse("jobs:file", args=[resting.pk, "INDEX"])).status_code == 302

    def test_has_no_address_in_json(self, client_of: SignIn, free_user: User, resting: Job) -> None:
        answer = client_of(free_user).get(reverse("jobs:status-json", args=[resting.pk])).json()
        files = {file["kind"]: (file["is_here"], file["url"] is not None) for file in answer["files"]}
        away, here = (False, False), (True, True)
        assert files == {"VCF": away, "INDEX": here, "TABLE": away, "PREVIEW": here}
        assert (answer["status"], answer["archive_due_at"]) == (resting.status, None)

    def test_is_marked_on_the_page_which_keeps_all_else(self, client_of: SignIn, free_user: User, resting: Job) -> None:
        Job.objects.update(summary={"variants": 228, "variants_by_impact": {"LOW": 1}})
        page = client_of(free_user).get(reverse("jobs:detail", args=[resting.pk])).content.decode()
        for text in (
            "Every record accounted for",
            "What was found",
            "228",
            "Impact",
            reverse("jobs:preview", args=[resting.pk]),
        ):
            assert text in page
        assert page.count("files-away") == 2
        for kind, is_linked in (("VCF", False), ("TABLE", False), ("INDEX", True)):
            assert (reverse("jobs:file", args=[resting.pk, kind]) in page) is is_linked
        assert "Download the annotated VCF" not in page

    @pytest.mark.usefixtures("aws")
    def test_is_not_offered_beside_the_first_rows(
        self, client_of: SignIn, free_user: User, resting: Job, tmp_path: Path
    ) -> None:
        resting.files.filter(kind=Kind.PREVIEW).delete()
        source = tmp_path / "preview.json"
        source.write_text('{"columns": ["chrom"], "rows": [["chrM"]]}')
        results.store(resting, kind=Kind.PREVIEW, source=source, name="a.preview.json").save()
        page = client_of(free_user).get(reverse("jobs:preview", args=[resting.pk])).content.decode()
        assert "chrM" in page
        assert reverse("jobs:file", args=[resting.pk, "TABLE"]) not in page
        assert "The whole table" in page


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


class TestJobListNarrowed:
    @pytest.fixture
    def listed(self, client_of: SignIn, free_user: User) -> Callable[..., str]:
        client = client_of(free_user)

        def listed(**query: str) -> str:
            return client.get(reverse("jobs:list"), query).content.decode()

        return listed

    def test_finds_jobs_by_name_and_status(self, listed: Callable[..., str], free_user: User, now: datetime) -> None:
        make_job(free_user, now=now, name="Liver 100%.vcf", status=Status.FAILED)
        make_job(free_user, now=now, name="liver 1000.vcf")
        make_job(free_user, now=now, name="kidney.vcf", status=Status.FAILED)
        found = listed(q="LIVER 100%", status="FAILED")
        assert "Liver 100%.vcf" in found
        assert "liver 1000.vcf" not in found
        assert "kidney.vcf" not in found

    def test_says_so_when_nothing_matches_and_leads_back(self, listed: Callable[..., str], job: Job) -> None:
        found = listed(q="nothing", sort="name")
        assert "No job matches" in found
        assert 'href="/jobs/?sort=name"' in found

    @pytest.mark.parametrize(
        ("sort", "first"), [("name", "a.vcf"), ("-name", "B.vcf"), ("size", "B.vcf"), ("-size", "a.vcf")]
    )
    def test_sorts_by_the_column_asked_for(
        self, listed: Callable[..., str], free_user: User, now: datetime, sort: str, first: str
    ) -> None:
        make_job(free_user, now=now, name="a.vcf", input_size_bytes=9)
        make_job(free_user, now=now, name="B.vcf", input_size_bytes=3)
        found = listed(sort=sort)
        other = {"a.vcf": "B.vcf", "B.vcf": "a.vcf"}[first]
        assert found.index(first) < found.index(other)

    @pytest.mark.parametrize(
        "query",
        [
            {"sort": "password"}, {"sort": "--name"}, {"status": "DRAFT"}, {"status": "x"}, {"page": "-7"},
            {"page": "x"}, {"page": "99999999999999999999"}, {"lab": "x"}, {"q": "\0"},
            *({"sort": sort} for sort in ("reference", "-status", "status", "records", "-records", "submitted")),
        ],
    )  # fmt: skip
    def test_takes_any_address(self, listed: Callable[..., str], job: Job, query: dict[str, str]) -> None:
        assert job.name in listed(**query)

    def test_j14_keeps_what_was_asked_on_every_further_page(
        self, listed: Callable[..., str], free_user: User, now: datetime
    ) -> None:
        for number in range(60):
            make_job(free_user, now=now + timedelta(seconds=number), name=f"liver{number:02}.vcf")
        second = listed(q="liver", sort="name", page="2")
        assert "liver25.vcf" in second
        assert "liver49.vcf" in second
        assert "liver50.vcf" not in second
        assert "/jobs/?q=liver&amp;sort=name&amp;page=3" in second

    def test_shows_the_chosen_lab_and_others_when_asked(
        self, listed: Callable[..., str], free_user: User, stranger: User, now: datetime
    ) -> None:
        other = Lab.objects.of(stranger)[0]
        make_job(free_user, now=now, name="own.vcf")
        make_job(stranger, now=now, name="other.vcf")
        assert "other.vcf" not in listed(lab=str(other.pk))
        Membership.objects.create(lab=other, user=free_user)
        assert "other.vcf" not in listed()
        assert "own.vcf" not in listed(lab=str(other.pk))
        both = listed(lab="all")
        assert "own.vcf" in both
        assert "other.vcf" in both

    def test_tells_waiting_jobs_their_places(self, listed: Callable[..., str], free_user: User) -> None:
        make_job(free_user, now=timezone.now() - timedelta(seconds=9))
        make_job(free_user, now=timezone.now() - timedelta(seconds=8))
        found = listed()
        assert "Next in the queue" in found
        assert "2nd in the queue" in found


class TestDetail:
    def test_needs_no_more_queries_for_a_longer_queue(
        self, client_of: SignIn, free_user: User, django_assert_max_num_queries: Any
    ) -> None:
        client = client_of(free_user)
        jobs = [make_job(free_user, now=timezone.now(), input_checksum="abc-1") for _ in range(20)]
        with django_assert_max_num_queries(17):  # two of them around the panel of the archive, one for the banner
            client.get(reverse("jobs:detail", args=[jobs[0].pk]))

    def test_names_the_latest_job_with_the_same_file(
        self, client_of: SignIn, free_user: User, stranger: User, now: datetime
    ) -> None:
        client = client_of(free_user)
        job = make_job(free_user, now=now, input_checksum="abc-1", name="again.vcf")
        assert "The same file as" not in client.get(reverse("jobs:detail", args=[job.pk])).content.decode()
        for name, fields in (
            ("older.vcf", {"now": now - timedelta(days=2)}),
            ("latest.vcf", {"now": now - timedelta(days=1)}),
            ("larger.vcf", {"now": now, "input_size_bytes": 1001}),
        ):
            make_job(free_user, name=name, input_checksum="abc-1", **fields)
        make_job(stranger, now=now, name="foreign.vcf", input_checksum="abc-1")
        page = client.get(reverse("jobs:detail", args=[job.pk])).content.decode()
        assert "latest.vcf</a>" in page
        for name in ("older.vcf", "larger.vcf", "foreign.vcf"):
            assert name not in page

    def test_j15_shows_times_in_the_users_zone_and_names_it(self, client_of: SignIn, free_user: User, job: Job) -> None:
        User.objects.filter(pk=free_user.pk).update(time_zone="Asia/Kolkata")
        page = client_of(free_user).get(reverse("jobs:detail", args=[job.pk])).content.decode()
        assert "17:30:00 IST" in page

    @pytest.mark.parametrize("status", [status for status in Status if status != Status.DRAFT])
    def test_j23_says_where_a_job_in_any_state_stands(
        self, client_of: SignIn, free_user: User, now: datetime, status: Status
    ) -> None:
        job = make_job(free_user, now=now, status=status)
        page = client_of(free_user).get(reverse("jobs:detail", args=[job.pk])).content.decode()
        assert f'<span class="pill pill-{status.lower()}">{status.label}</span>' in page


class TestJ20Log:
    @pytest.mark.usefixtures("aws")
    @pytest.mark.parametrize("status", [Status.FAILED, Status.PENDING, Status.RUNNING, Status.COMPLETED])
    def test_is_there_as_long_as_the_file_is_whatever_the_status(
        self, client_of: SignIn, free_user: User, now: datetime, tmp_path: Path, status: Status
    ) -> None:
        job = make_job(free_user, now=now, status=status)
        source = tmp_path / "log.txt"
        source.write_text("what happened")
        results.store(job, kind=Kind.LOG, source=source, name="sample.log.txt").save()
        assert "what happened" in client_of(free_user).get(reverse("jobs:log", args=[job.pk])).content.decode()


@pytest.mark.usefixtures("aws")
class TestPreview:
    @pytest.fixture
    def shown(self, client_of: SignIn, free_user: User, now: datetime, tmp_path: Path) -> Callable[[str], str]:
        """This function will give a function that puts a preview into the storage and gives its page."""

        def shown(content: str) -> str:
            job = make_job(free_user, now=now, status=Status.COMPLETED)
            source = tmp_path / "preview.json"
            source.write_text(content)
            results.store(job, kind=Kind.PREVIEW, source=source, name="sample.preview.json").save()
            return client_of(free_user).get(reverse("jobs:preview", args=[job.pk])).content.decode()

        return shown

    def test_shows_the_rows(self, shown: Callable[[str], str]) -> None:
        page = shown('{"columns": ["chrom", "pos", "dbsnp"], "rows": [["chrM", 3460, null], ["chrM", 3461, null]]}')
        assert "The first 2 rows of the table" in page
        assert "<bdi>3460</bdi>" in page
        assert "No value in these rows: dbSNP." in page

    def test_escapes_what_is_in_them(self, shown: Callable[[str], str]) -> None:
        page = shown('{"columns": ["<script>x"], "rows": [["<script>alert(1)</script>"]]}')
        assert "<script>alert" not in page
        assert "<script>x" not in page

    def test_says_that_there_are_none(self, shown: Callable[[str], str]) -> None:
        assert "No rows" in shown('{"columns": ["chrom"], "rows": []}')

    def test_says_that_they_are_too_long(self, shown: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(results, "PREVIEW_BYTES_SHOWN", 4)
        assert "Too long to show" in shown('{"columns": ["chrom"], "rows": []}')

    def test_offers_the_whole_table_where_there_is_one(
        self, shown: Callable[[str], str], client_of: SignIn, free_user: User
    ) -> None:
        assert "Whole table" not in shown('{"columns": [], "rows": []}')
        job = Job.objects.get()
        ResultFile.objects.create(job=job, kind=Kind.TABLE, name="t", key="t", size_bytes=3, sha256="0" * 64)
        page = client_of(free_user).get(reverse("jobs:preview", args=[job.pk])).content.decode()
        assert reverse("jobs:file", args=[job.pk, "TABLE"]) in page

    def test_leads_back_to_the_job_while_the_storage_is_away(
        self, shown: Callable[[str], str], client_of: SignIn, free_user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*args: Any, **options: Any) -> bytes:
            raise StorageUnavailableError("S3 is away")

        shown('{"columns": [], "rows": []}')
        monkeypatch.setattr(storage, "read_result", fail)
        page = client_of(free_user).get(reverse("jobs:preview", args=[Job.objects.get().pk]), follow=True)
        assert "The preview cannot be read right now" in page.content.decode()


class TestDelete:
    @pytest.mark.parametrize("status", [status for status in Status if status != Status.DRAFT])
    def test_takes_a_job_in_any_state_off_every_page(
        self, client_of: SignIn, free_user: User, now: datetime, status: Status
    ) -> None:
        client, job = client_of(free_user), make_job(free_user, now=now, status=status)
        ResultFile.objects.create(job=job, kind=Kind.LOG, name="a.log", key="k", size_bytes=3, sha256="0" * 64)
        assert "delete-dialog" in client.get(reverse("jobs:detail", args=[job.pk])).content.decode()
        page = client.post(reverse("jobs:delete", args=[job.pk]), follow=True)
        assert page.redirect_chain[-1][0] == reverse("jobs:list")
        assert "sample.vcf is deleted." in page.content.decode()
        for view in READ:
            assert client.get(reverse(view, args=[job.pk])).status_code == 404
        for kind in ("LOG", "INPUT"):
            assert client.get(reverse("jobs:file", args=[job.pk, kind])).status_code == 404
        for view in WRITE:
            assert client.post(reverse(view, args=[job.pk])).status_code == 404

    def test_is_for_who_submitted_it_and_for_owners_of_the_lab(
        self, client_of: SignIn, free_user: User, stranger: User, job: Job
    ) -> None:
        Membership.objects.create(lab=job.lab, user=stranger, role=Role.MEMBER)
        client = client_of(stranger)
        assert "delete-dialog" not in client.get(reverse("jobs:detail", args=[job.pk])).content.decode()
        assert client.post(reverse("jobs:delete", args=[job.pk])).status_code == 403
        assert Job.objects.get().deleted_at is None
        Membership.objects.filter(user=stranger).update(role=Role.OWNER)
        client.post(reverse("jobs:delete", args=[job.pk]))
        assert Job.objects.get().deleted_at is not None
