"""What an earlier system of this kind got wrong, row by row of its inventory: none of it may come back.

Each test carries its row's number; the parts of the product have their own, fuller tests beside their code.
"""

import gzip
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from celery import current_app
from django.conf import settings
from django.core.management import get_commands
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from genomics.aws import s3
from genomics.aws.errors import StorageUnavailableError
from genomics.mail.models import Mail
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs import annotation, dispatch, notices, results, storage, transitions
from jobs.models import Job, JobEvent, Kind, ResultFile, Status
from tests.genomics.localaws.fixtures import client as aws_client
from tests.jobs import files, upload_client
from tests.jobs.factory import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aws")]

SignIn = Callable[[User], Client]
CODE = ("annotator", "genomics", "jobs", "billing", "archive", "docker", "templates")
WORKER = annotation.Worker(name="host:1", clock=timezone.now, renew_message=lambda: None)


@pytest.fixture
def me(client_of: SignIn, free_user: User) -> Client:
    return client_of(free_user)


@pytest.fixture
def submitted(free_user: User) -> Callable[..., Job]:
    """This function will give a function that makes a waiting job with its input in S3."""

    def submit(content: bytes, *, name: str = "sample.vcf") -> Job:
        job = make_job(free_user, now=timezone.now(), name=name, input_size_bytes=len(content))
        aws_client("s3").put_object(Bucket=storage.bucket(storage.INPUTS), Key=job.input_key, Body=content)
        return job

    return submit


def _repository(*suffixes: str, folders: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """This function will give the name and the text of each file that the repository holds or would hold."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders]
    listed = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        path = settings.BASE_DIR / name
        if path.is_file() and path.stat().st_size < 2_000_000 and (not suffixes or path.suffix in suffixes):
            yield name, path.read_text(errors="replace")


class TestWeb:
    def test_w04_the_plan_is_read_from_the_database_not_from_the_session(self, me: Client, free_user: User) -> None:
        size_bytes = settings.PLAN_LIMITS["FREE"]["max_upload_bytes"] + 1
        assert upload_client.begin(me, name="a.vcf", size_bytes=size_bytes).status_code == 413
        Lab.objects.of(free_user).update(plan=Plan.PREMIUM)
        assert upload_client.begin(me, name="a.vcf", size_bytes=size_bytes).status_code == 200

    def test_w04_a_first_sign_in_leads_to_a_page_that_works(self, client: Client, free_user: User) -> None:
        sent = {"login": free_user.email, "password": "correct horse battery", "next": reverse("jobs:new")}
        answer = client.post(reverse("account_login"), sent, follow=True)
        assert (answer.redirect_chain[-1][0], answer.status_code) == (reverse("jobs:new"), 200)

    def test_w06_another_email_counts_only_when_it_is_verified(self, client: Client, free_user: User) -> None:
        client.post(reverse("account_login"), {"login": free_user.email, "password": "correct horse battery"})
        client.post(reverse("account_email"), {"action_add": "", "email": "victim@lab.example"})
        free_user.refresh_from_db()
        assert free_user.email == "free@lab.example"
        assert not EmailAddress.objects.filter(email="victim@lab.example", verified=True).exists()

    @pytest.mark.parametrize(
        "target",
        ["https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "javascript:alert(1)"],
    )
    def test_w09_the_sign_in_sends_nobody_to_another_site(self, client: Client, free_user: User, target: str) -> None:
        sent = {"login": free_user.email, "password": "correct horse battery", "next": target}
        assert client.post(reverse("account_login"), sent)["Location"] == reverse("jobs:list")

    def test_w19_no_account_id_and_no_arn_stands_in_the_code(self) -> None:
        arn = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(?!123456789012|000000000000)\d{12}")
        found = [name for name, text in _repository(folders=CODE) if arn.search(text) or "127134666975" in text]
        assert found == []


class TestSubmitting:
    def test_j02_no_page_and_no_answer_carries_the_secret_key(self, me: Client, free_user: User, job: Job) -> None:
        begun = upload_client.begin(me, name="a.vcf", size_bytes=9)
        signed = upload_client.sign(me, begun.json()["job"], {1: upload_client.sha256(b"123456789")})
        pages = [me.get(reverse(name)) for name in ("jobs:new", "jobs:list", "users:profile", "labs:list")]
        pages += [me.get(reverse(name, args=[job.pk])) for name in ("jobs:detail", "jobs:status-json")]
        pages += [Client().get(reverse(name)) for name in ("home", "account_login", "account_signup")]
        for answer in (begun, signed, *pages):
            sent = answer.content.decode() + str(answer.headers) + str(answer.cookies)
            assert answer.status_code == 200
            assert settings.SECRET_KEY not in sent

    def test_j02_no_file_of_the_repository_holds_a_secret(self) -> None:
        secrets = {
            "AWS access key": r"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
            "Stripe key": r"\b([sr]k_live_|[sr]k_test_(?!GenomicsCloudSandbox)|whsec_)[A-Za-z0-9]{10}",
            "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
            "GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{30}|\bgithub_pat_",
            "Slack token": r"\bxox[abprs]-[0-9A-Za-z-]{10}",
            "own key": rf"{re.escape(settings.SECRET_KEY)}",
        }
        pattern = re.compile("|".join(f"(?:{each})" for each in secrets.values()))
        found = [name for name, text in _repository() if pattern.search(text)]
        assert found == []

    def test_j03_the_server_refuses_a_file_that_is_too_large(self, me: Client, free_user: User) -> None:
        limit = settings.PLAN_LIMITS["FREE"]["max_upload_bytes"]
        assert upload_client.begin(me, name="a.vcf", size_bytes=limit + 1).status_code == 413
        assert not Job.objects.exists()

    def test_j03_the_storage_refuses_more_bytes_than_were_announced(self, me: Client) -> None:
        job = upload_client.begin(me, name="a.vcf", size_bytes=9).json()["job"]
        content = b"x" * 200_000
        url = upload_client.sign(me, job, {1: upload_client.sha256(content)}).json()["urls"]["1"]
        assert upload_client.put(url, content).status_code == 403
        assert upload_client.finish(me, job).status_code == 409

    def test_j05_a_slow_upload_asks_for_fresh_addresses(self, me: Client) -> None:
        content = files.VCF
        begun = upload_client.begin(me, name="a.vcf", size_bytes=len(content)).json()
        digest = {1: upload_client.sha256(content)}
        first = upload_client.sign(me, begun["job"], digest).json()["urls"]["1"]
        again = upload_client.sign(me, begun["job"], digest).json()["urls"]["1"]
        assert "X-Amz-Expires=900" in first
        assert upload_client.put(again, content).status_code == 200
        assert upload_client.finish(me, begun["job"]).status_code == 200

    def test_j07_nobody_submits_what_another_has_uploaded(
        self, me: Client, client_of: SignIn, stranger: User, free_user: User
    ) -> None:
        job = upload_client.begin(me, name="a.vcf", size_bytes=9).json()["job"]
        for step in (upload_client.finish, upload_client.abandon, upload_client.look):
            assert step(client_of(stranger), job).status_code == 404
        assert upload_client.sign(client_of(stranger), job, {1: upload_client.sha256(b"")}).status_code == 404
        assert Job.objects.get(pk=job).status == Status.DRAFT

    def test_j08_submitting_twice_makes_one_job_and_reading_makes_none(self, me: Client) -> None:
        job = upload_client.upload(me, name="a.vcf", content=files.VCF).json()["job"]
        again = upload_client.finish(me, job)
        assert (again.status_code, again.json()["job"]) == (200, job)
        assert me.get(reverse("jobs:upload-finish", args=[job])).status_code == 405
        assert JobEvent.objects.filter(status=Status.PENDING).count() == Job.objects.count() == 1

    def test_j09_a_tilde_in_the_file_name_is_a_letter_like_others(self, me: Client) -> None:
        answer = upload_client.upload(me, name="~my~file~.vcf", content=files.VCF)
        assert answer.status_code == 200
        assert Job.objects.get().name == "~my~file~.vcf"

    def test_j11_a_job_whose_message_is_lost_is_hinted_again(
        self, free_user: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        job, sent = make_job(free_user, now=timezone.now()), []
        monkeypatch.setattr(current_app, "send_task", lambda name, **_: sent.append(name))
        with django_capture_on_commit_callbacks(execute=True):
            dispatch.sweep(now=timezone.now() + settings.HINT_TIMEOUT + timedelta(seconds=1))
        assert sent == ["jobs.annotate"]
        assert Job.objects.get(pk=job.pk).status == Status.PENDING

    def test_j11_a_queue_that_is_away_loses_no_job(
        self, me: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        def refuse(*_: Any, **__: Any) -> None:
            raise ConnectionRefusedError("no queue here")

        monkeypatch.setattr(current_app, "send_task", refuse)
        with django_capture_on_commit_callbacks(execute=True):
            answer = upload_client.upload(me, name="a.vcf", content=files.VCF)
        assert answer.status_code == 200
        assert Job.objects.get().status == Status.PENDING


class TestPages:
    def test_j14_the_list_has_pages_and_leaves_nothing_out(self, me: Client, free_user: User, now: datetime) -> None:
        for number in range(30):
            make_job(free_user, now=now + timedelta(seconds=number), name=f"file-{number:02}.vcf")
        pages = [me.get(reverse("jobs:list"), {"page": page}).content.decode() for page in (1, 2)]
        shown = [set(re.findall(r"file-\d\d", page)) for page in pages]
        assert (len(shown[0]), len(shown[1]), len(shown[0] | shown[1])) == (25, 5, 30)
        assert "file-29" in shown[0], "newest first"

    def test_j15_times_are_shown_in_the_zone_of_the_reader_and_say_so(
        self, client_of: SignIn, free_user: User, now: datetime
    ) -> None:
        job = make_job(free_user, now=now)  # at 12:00 UTC, when Kathmandu has 17:45
        User.objects.filter(pk=free_user.pk).update(time_zone="Asia/Kathmandu")
        free_user.refresh_from_db()
        page = client_of(free_user).get(reverse("jobs:detail", args=[job.pk])).content.decode()
        assert "17:45" in page
        assert re.search(r"\+0545|\+05:45|Kathmandu", page)

    @pytest.mark.parametrize("name", ["detail", "status", "status-json", "log"])
    def test_j16_who_is_not_signed_in_is_asked_to(self, client: Client, job: Job, name: str) -> None:
        url = reverse(f"jobs:{name}", args=[job.pk])
        assert client.get(url)["Location"] == f"{reverse('account_login')}?next={url}"

    def test_j18_a_result_is_there_as_long_as_the_status_says_so(self, me: Client, free_user: User) -> None:
        job = make_job(free_user, now=timezone.now() - timedelta(days=3), status=Status.COMPLETED)
        ResultFile.objects.create(job=job, kind=Kind.VCF, name="a.gz", key="a/b/1/c", size_bytes=1, sha256="0" * 64)
        link = reverse("jobs:file", args=[job.pk, Kind.VCF])
        assert link in me.get(reverse("jobs:detail", args=[job.pk])).content.decode()
        assert "X-Amz-Expires=60" in me.get(link)["Location"]

    @pytest.mark.parametrize("status", [Status.FAILED, Status.COMPLETED])
    def test_j20_the_log_can_be_read_whatever_the_status(self, me: Client, free_user: User, status: Status) -> None:
        job = make_job(free_user, now=timezone.now(), status=status)
        key = storage.attempt_prefix(job) + "log.txt"
        aws_client("s3").put_object(Bucket=storage.bucket(storage.RESULTS), Key=key, Body=b"What happened.")
        ResultFile.objects.create(job=job, kind=Kind.LOG, name="a.log", key=key, size_bytes=14, sha256="0" * 64)
        assert reverse("jobs:log", args=[job.pk]) in me.get(reverse("jobs:detail", args=[job.pk])).content.decode()
        assert "What happened." in me.get(reverse("jobs:log", args=[job.pk])).content.decode()

    def test_j22_a_file_that_is_not_there_has_a_page_of_ours(self, me: Client, job: Job) -> None:
        answer = me.get(reverse("jobs:file", args=[job.pk, Kind.VCF]))
        assert answer.status_code == 404
        assert "There is nothing here" in answer.content.decode()

    def test_j23_a_job_that_failed_or_was_cancelled_says_so(self, me: Client, free_user: User, now: datetime) -> None:
        for status, word in ((Status.FAILED, "Failed"), (Status.CANCELLED, "Cancelled")):
            job = make_job(free_user, now=now, status=status)
            assert word in me.get(reverse("jobs:detail", args=[job.pk])).content.decode()


class TestAnnotator:
    def test_a02_sender_and_worker_read_one_table_of_queues(self) -> None:
        queues: Any = settings.CELERY_BROKER_TRANSPORT_OPTIONS["predefined_queues"]
        for name, row in settings.TASKS.items():
            assert settings.CELERY_TASK_ROUTES[name] == {"queue": row.queue}
            assert queues[row.queue]["url"] == settings.STACK.queue_urls[row.queue]

    def test_a04_a_message_is_deleted_after_the_work(self) -> None:
        assert settings.CELERY_TASK_ACKS_LATE
        assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
        assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1

    def test_a04_the_job_of_a_dead_worker_runs_again(self, job: Job, now: datetime) -> None:
        assert dispatch.claim("host:1", now=now) == job
        dispatch.sweep(now=now + settings.LEASE_DURATION + timedelta(seconds=1))
        job.refresh_from_db()
        assert job.status == Status.PENDING

    def test_a05_a_job_is_claimed_once_and_before_the_work(self, job: Job, now: datetime) -> None:
        assert [dispatch.claim(f"host:{number}", now=now) for number in range(3)] == [job, None, None]

    @pytest.mark.django_db(transaction=True)
    def test_a06_a_worker_outlives_a_storage_that_fails(
        self, submitted: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise StorageUnavailableError("no credentials")

        job = submitted(files.VCF)
        monkeypatch.setattr(s3, "fetch", fail)
        annotation.annotate_next(WORKER)
        job.refresh_from_db()
        assert job.status == Status.PENDING

    @pytest.mark.django_db(transaction=True)
    def test_a08_a_result_that_cannot_be_stored_is_no_result(
        self, submitted: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise StorageUnavailableError("away")

        job = submitted(files.VCF)
        monkeypatch.setattr(results, "store", fail)
        annotation.annotate_next(WORKER)
        job.refresh_from_db()
        assert (job.status, job.files.count()) == (Status.PENDING, 0)

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize(
        ("name", "content"),
        [("x.vcf.gz", files.GZIPPED), ("x.VCF", files.VCF), ("my.vcf.vcf", files.VCF)],
        ids=["gz", "capitals", "twice"],
    )
    def test_a09_the_result_is_named_for_what_it_is_and_the_input_stays(
        self, submitted: Callable[..., Job], name: str, content: bytes, tmp_path: Path
    ) -> None:
        job = submitted(content, name=name)
        annotation.annotate_next(WORKER)
        result = job.files.get(kind=Kind.VCF)
        assert result.name.endswith(".annot.vcf.gz")
        assert gzip.decompress(storage.read_result(result.key, limit=10**7)).startswith(b"##fileformat=VCF")
        s3.fetch(storage.bucket(storage.INPUTS), key=job.input_key, target=tmp_path / "input")
        assert (tmp_path / "input").read_bytes() == content

    def test_a13_no_statement_is_put_together_from_text(self) -> None:
        built = re.compile(  # constants of ours may stand in a statement
            r"""\.(?:execute|executemany|raw|extra)\(\s*"""
            r"""(?:f["'][^"']*\{(?![A-Z_]+\})|["'][^"']*["']\s*(?:%|\+|\.format))|RawSQL\("""
        )
        found = [name for name, text in _repository(".py", folders=CODE[:5]) if built.search(text)]
        assert found == []


class TestTheRest:
    @pytest.mark.parametrize(("status", "subject"), [(Status.COMPLETED, "Done: "), (Status.FAILED, "Failed: ")])
    def test_n01_the_owner_gets_a_mail_when_a_job_ends(
        self, job: Job, now: datetime, status: Status, subject: str
    ) -> None:
        counts: Any = {"records_read": 0, "records_annotated": 0, "records_passed": 0, "records_rejected": 0}
        transitions.move(job, Status.RUNNING, actor="worker:host", now=now, lease_expires_at=now)
        notices.tell(transitions.move(job, status, actor="worker:host", now=now, **counts))
        mail = Mail.objects.get()
        assert (mail.recipient, mail.subject) == (job.owner.email, subject + job.name)

    def test_l01_there_is_a_load_test(self) -> None:
        assert get_commands()["loadtest"] == "jobs"
