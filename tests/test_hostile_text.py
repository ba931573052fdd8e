"""Text that people do not mean well with, on its way through uploads, workers, pages, mails, links and logs."""

import email
import json
import logging
import re
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from django.conf import settings
from django.core import mail as sent
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from genomics.aws import s3
from genomics.labs import invitations
from genomics.logs import JsonFormatter, LineFormatter
from genomics.mail import outbox
from genomics.mail.models import Mail
from genomics.queues.models import DeadLetter
from genomics.users.models import Lab, Membership, Role, User
from jobs import annotation, notices, results, storage, transitions, uploads
from jobs.errors import UploadRefusedError
from jobs.models import Job, JobEvent, Kind, Status
from tests import hostile
from tests.jobs import upload_client
from tests.jobs.factory import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aws")]

SignIn = Callable[[User], Client]
COUNTS = {"records_read": 1, "records_annotated": 1, "records_passed": 0, "records_rejected": 0}
# What comes back to its sender, or is shown to admins as it was received, may hold what only a terminal obeys.
SEEN_BY_BROWSERS = [text for text in hostile.ALL.values() if text != hostile.ESCAPES]
PAGES_OF_A_JOB = ["jobs:detail", "jobs:status", "jobs:log"]


@pytest.fixture
def run(free_user: User, tmp_path: Path) -> Callable[..., Job]:
    """This function will give a function that sends a file through a worker, as a job of the free lab."""

    def run(content: bytes, *, name: str = "sample.vcf") -> Job:
        job = make_job(free_user, now=timezone.now(), name=name, input_size_bytes=len(content))
        source = tmp_path / str(job.pk)
        source.write_bytes(content)
        s3.store(storage.bucket(storage.INPUTS), key=job.input_key, source=source, content_type="text/plain")
        annotation.annotate_next(annotation.Worker(name="host:1", clock=timezone.now, renew_message=lambda: None))
        job.refresh_from_db()
        return job

    return run


def _wrong(client: Client, *urls: str) -> list[str]:
    """This function will give what must not be in the pages, each with its address."""
    found = []
    for url in urls:
        answer = client.get(url)
        assert answer.status_code == 200, f"{url}: {answer.status_code}"
        content = answer.content.decode()
        found += [f"{url}: {wrong}" for wrong in hostile.Page(content).wrong]
        if "7*7" in content and re.search(r">49\b", content):
            found.append(f"{url}: a template was run")
    return found


def _admin_pages(*rows: Any) -> list[str]:
    urls = []
    for row in rows:
        model = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        urls += [reverse(f"{model}_changelist"), reverse(f"{model}_change", args=[row.pk])]
        urls += [reverse(f"{model}_history", args=[row.pk])]
    return urls


def _check_status(answer: Any) -> None:
    assert answer["Content-Type"] == "application/json"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert json.loads(answer.content)["status"] == "FAILED"


def _check_mail(message: EmailMessage, *, recipient: str) -> None:
    assert set(message.keys()) == {"Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID"}
    assert message["To"] == recipient
    html = message.get_body(("html",))
    assert html is not None
    assert hostile.Page(html.get_content()).wrong == []


def _deliver(mail: Mail) -> EmailMessage:
    """This function will give a mail as it goes over the wire."""
    assert outbox.deliver(mail.pk, now=timezone.now())
    message = email.message_from_bytes(sent.outbox[-1].message().as_bytes(), policy=modern)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.django_db(transaction=True)
class TestTextInAFile:
    def test_of_a_good_file_does_no_harm(self, run: Callable[..., Job], client_of: SignIn, admin_user: User) -> None:
        job = run(hostile.vcf(*hostile.ALL.values()))
        assert (job.status, job.records_read) == (Status.COMPLETED, 2 * len(hostile.ALL)), job.failure_message
        urls = [reverse(name, args=[job.pk]) for name in (*PAGES_OF_A_JOB, "jobs:preview")]
        assert _wrong(client_of(job.owner), *urls, reverse("jobs:list")) == []
        assert _wrong(client_of(admin_user), *_admin_pages(job)) == []

    @pytest.mark.parametrize("text", hostile.ALL.values(), ids=hostile.ALL.keys())
    def test_that_is_refused_does_no_harm(
        self, run: Callable[..., Job], client_of: SignIn, admin_user: User, text: str
    ) -> None:
        job = run(hostile.vcf(text, damage="".join(text.split())))
        assert job.status == Status.FAILED
        assert all(character.isprintable() for character in job.failure_message + job.failure_advice)
        urls = [reverse(name, args=[job.pk]) for name in PAGES_OF_A_JOB]
        assert _wrong(client_of(job.owner), *urls, reverse("jobs:list")) == []
        assert _wrong(client_of(admin_user), *_admin_pages(job)) == []
        _check_status(client_of(job.owner).get(reverse("jobs:status-json", args=[job.pk])))
        notices.tell(JobEvent.objects.get(job=job, status=Status.FAILED))
        _check_mail(_deliver(Mail.objects.get()), recipient=job.owner.email)


@pytest.mark.parametrize("text", hostile.ALL.values(), ids=hostile.ALL.keys())
class TestTextInAResult:
    def test_does_no_harm_in_its_preview(
        self, client_of: SignIn, free_user: User, now: datetime, tmp_path: Path, text: str
    ) -> None:
        job = make_job(free_user, now=now, status=Status.COMPLETED)
        source = tmp_path / "preview.json"
        source.write_text(json.dumps({"columns": [text, "pos", "empty"], "rows": [[text, [text], None]]}))
        results.store(job, kind=Kind.PREVIEW, source=source, name="preview.json").save()
        assert _wrong(client_of(free_user), reverse("jobs:preview", args=[job.pk])) == []

    def test_does_no_harm_in_its_summary(self, client_of: SignIn, free_user: User, now: datetime, text: str) -> None:
        job = make_job(free_user, now=now, status=Status.COMPLETED)
        said = "".join(
            character if character.isprintable() else "?" for character in text
        )  # as the annotator writes it
        summary = {
            "reference": dict.fromkeys(("name", "version", "build"), said),
            "sources": [dict.fromkeys(("name", "version", "date", "licence"), said)],
            "warnings": [said],
            "variants_by_consequence": {said: 1},
            "variants_by_impact": {said: 1},
        }
        Job.objects.filter(pk=job.pk).update(summary=summary)
        assert _wrong(client_of(free_user), reverse("jobs:detail", args=[job.pk])) == []


@pytest.mark.parametrize("name", hostile.FILE_NAMES.values(), ids=hostile.FILE_NAMES.keys())
class TestAFileName:
    def test_does_no_harm_on_any_page(
        self, client_of: SignIn, free_user: User, admin_user: User, now: datetime, name: str
    ) -> None:
        for status in (Status.PENDING, Status.RUNNING, Status.COMPLETED, Status.FAILED, Status.CANCELLED):
            job = make_job(free_user, now=now, status=status, name=name)
            pages = [reverse("jobs:list"), reverse("jobs:new")]
            pages += [reverse(each, args=[job.pk]) for each in ("jobs:detail", "jobs:status")]
            assert _wrong(client_of(free_user), *pages) == []
            assert _wrong(client_of(admin_user), *_admin_pages(job)) == []

    def test_comes_back_as_it_was(self, client_of: SignIn, free_user: User, name: str) -> None:
        client = client_of(free_user)
        answer = upload_client.upload(client, name=name, content=hostile.vcf("fine"))
        assert answer.status_code == 200, answer.content
        link = client.get(reverse("jobs:file", args=[answer.json()["job"], Kind.INPUT]))["Location"]
        answer = requests.get(link, timeout=10)
        message = EmailMessage()
        message["Content-Disposition"] = answer.headers["Content-Disposition"]
        assert message.get_filename() == name
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert "Set-Cookie" not in answer.headers

    def test_adds_no_header_to_a_mail(self, free_user: User, now: datetime, name: str) -> None:
        job = make_job(free_user, now=now, name=name)
        for status in (Status.RUNNING, Status.COMPLETED):
            columns = {"lease_expires_at": now} if status == Status.RUNNING else COUNTS
            event = transitions.move(job, status, actor="worker:host", now=now, **columns)
        notices.tell(event)
        message = _deliver(Mail.objects.get())
        _check_mail(message, recipient=free_user.email)
        assert message["Subject"].strip().startswith("Done: ")
        text = message.get_body(("plain",))
        assert text is not None
        assert name in " ".join(text.get_content().split())


IMPOSSIBLE = ["../../a.vcf", "a\\b.vcf", "a\x00.vcf", "a\r\nX: y.vcf", "a\x1b[2J.vcf", "\u202efcv.vcf", "a\u200b.vcf"]
IMPOSSIBLE += ["a\u2028.vcf", "ä" * 101 + ".vcf", ".vcf/", "a.vcf.exe", ""]


class TestAnImpossibleFileName:
    @pytest.mark.parametrize("name", IMPOSSIBLE)
    def test_is_refused_before_anything_is_made(self, free_user: User, now: datetime, name: str) -> None:
        with pytest.raises(UploadRefusedError) as refusal:
            uploads.begin(free_user, lab=Lab.objects.of(free_user)[0], name=name, size_bytes=9, now=now)
        assert refusal.value.message.isprintable()
        assert not Job.objects.exists()


@pytest.mark.parametrize("text", SEEN_BY_BROWSERS)
class TestAnAddress:
    def test_of_a_list_is_shown_as_text(self, client_of: SignIn, free_user: User, now: datetime, text: str) -> None:
        make_job(free_user, now=now)
        asked = urlencode({"q": text, "status": text, "sort": text, "lab": text, "page": text})
        url = f"{reverse('jobs:list')}?{asked}"
        assert _wrong(client_of(free_user), url) == []

    def test_that_leads_on_after_the_sign_in_is_shown_as_text(self, client: Client, text: str) -> None:
        assert _wrong(client, f"{reverse('account_login')}?{urlencode({'next': text})}") == []


@pytest.mark.parametrize("text", SEEN_BY_BROWSERS)
class TestADeadLetter:
    def test_does_no_harm_in_the_admin(self, client_of: SignIn, admin_user: User, now: datetime, text: str) -> None:
        letter = DeadLetter.objects.create(
            message_id="1", queue="mail", task=text, body=text, group=text[:100], attributes={"a": text},
            receive_count=1, sent_at=now, first_received_at=now, collected_at=now,
        )  # fmt: skip
        pages = _admin_pages(letter)
        assert _wrong(client_of(admin_user), pages[0], pages[1], reverse("admin:queues_queue_changelist")) == []


@pytest.mark.parametrize("text", hostile.ALL.values(), ids=hostile.ALL.keys())
class TestANameOfAPersonOrALab:
    def test_does_no_harm_on_any_page(
        self, client_of: SignIn, free_user: User, stranger: User, admin_user: User, now: datetime, text: str
    ) -> None:
        client, lab = client_of(free_user), Lab.objects.of(free_user)[0]
        Membership.objects.create(lab=lab, user=stranger, role=Role.MEMBER)
        job = make_job(free_user, now=now, status=Status.COMPLETED)
        assert client.post(reverse("users:profile"), {"name": text[:150], "institution": text}).status_code in {
            200,
            302,
        }
        client.post(reverse("labs:edit", args=[lab.pk]), {"name": text, "email": "lab@lab.example"})
        invitation = invitations.invite(
            lab, email="new@lab.example", role=Role.MEMBER, by=free_user, now=timezone.now()
        )
        pages = [reverse(name) for name in ("users:profile", "jobs:list", "jobs:new", "labs:list", "account_email")]
        pages += [reverse("labs:detail", args=[lab.pk]), reverse("jobs:detail", args=[job.pk])]
        assert _wrong(client, *pages) == []
        assert _wrong(client_of(stranger), *pages) == []
        assert _wrong(client_of(admin_user), *_admin_pages(free_user, lab, job, invitation)) == []

    def test_adds_no_header_to_an_invitation(self, free_user: User, text: str) -> None:
        lab = Lab.objects.of(free_user)[0]
        Lab.objects.filter(pk=lab.pk).update(name=text)
        lab.refresh_from_db()
        invitations.invite(lab, email="new@lab.example", role=Role.MEMBER, by=free_user, now=timezone.now())
        _check_mail(_deliver(Mail.objects.get()), recipient="new@lab.example")


@pytest.mark.parametrize("text", hostile.ALL.values(), ids=hostile.ALL.keys())
@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()])
class TestALogLine:
    def test_obeys_nothing(self, formatter: logging.Formatter, text: str) -> None:
        record = logging.LogRecord("jobs", logging.ERROR, __file__, 1, "The job of %s", (text,), None)
        line = formatter.format(record)
        assert line.isprintable()
        assert "\n" not in line


@pytest.mark.django_db(transaction=True)
class TestTheLogsOfTheWorker:
    def test_quote_nothing_that_a_terminal_obeys(
        self, run: Callable[..., Job], caplog: pytest.LogCaptureFixture
    ) -> None:
        run(hostile.vcf(hostile.ESCAPES, damage=hostile.ESCAPES), name=hostile.FILE_NAMES["markup"])
        for record in caplog.records:
            assert all(character.isprintable() or character == "\n" for character in LineFormatter().format(record))


class TestAnErrorPage:
    @pytest.mark.parametrize(
        "path", [f"/{hostile.SCRIPT}/", "/jobs/%3Cscript%3E/", "/%0d%0aSet-Cookie:a=b/", "/\u202e/"]
    )
    def test_repeats_nothing_of_the_address(self, client: Client, path: str) -> None:
        answer = client.get(path)
        assert answer.status_code == 404
        assert hostile.Page(answer.content.decode()).wrong == []
        assert "Set-Cookie:a" not in answer.content.decode()

    def test_shows_no_setting(self, client: Client) -> None:
        client.raise_request_exception = False
        for path in ("/nothing/", "/admin/", "/jobs/x/"):
            page = client.get(path).content.decode()
            assert settings.SECRET_KEY not in page
            assert "Traceback" not in page
            assert "urlpatterns" not in page
