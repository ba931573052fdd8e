from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from genomics.mail import outbox
from genomics.mail.models import Mail
from genomics.users.models import Lab, Membership, User
from jobs import notices, submission, transitions
from jobs.models import Job, JobEvent, Status
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db

ENDS = [Status.COMPLETED, Status.FAILED]
HOSTILE = "<img src=x onerror=alert(1)>\r\nBcc: all@evil.example\n\u202e.vcf"


def _ended(user: User, status: Status = Status.COMPLETED, **fields: Any) -> JobEvent:
    """This function will give the latest event of a job that has gone to `status`."""
    job = make_job(user, now=timezone.now(), status=status, **fields)
    return job.events.latest("sequence")


def _mail_of(event: JobEvent) -> Mail:
    notices.tell(event)
    return Mail.objects.get()


class TestTell:
    def test_mails_the_counts_and_the_page_of_a_job_that_is_done(self, free_user: User) -> None:
        event = _ended(free_user)
        Job.objects.filter(pk=event.job_id).update(
            records_read=12345, records_annotated=12000, records_passed=344, records_rejected=1
        )
        mail = _mail_of(event)
        assert (mail.recipient, mail.subject) == (free_user.email, "Done: sample.vcf")
        for form in (mail.text, mail.html):
            for words in ("sample.vcf", "12,345", "12,000", "344", reverse("jobs:detail", args=[event.job_id])):
                assert words in form

    def test_mails_why_and_where_a_job_has_failed_and_what_to_do(self, free_user: User) -> None:
        event = _ended(free_user, Status.FAILED)
        Job.objects.filter(pk=event.job_id).update(failure_line=1040, failure_column="CHROM")
        mail = _mail_of(event)
        assert mail.subject == "Failed: sample.vcf"
        for form in (mail.text, mail.html):
            for words in ("It does not fit.", "line 1,040, column CHROM", "Look.", "your upload is kept"):
                assert words in form

    @pytest.mark.parametrize("status", ENDS)
    def test_leads_to_the_job_and_to_the_preferences(self, free_user: User, status: Status) -> None:
        event = _ended(free_user, status)
        mail = _mail_of(event)
        for form in (mail.text, mail.html):
            assert settings.WEB_ORIGIN + reverse("jobs:detail", args=[event.job_id]) in form
            assert settings.WEB_ORIGIN + reverse("users:profile") in form

    @pytest.mark.parametrize("status", ENDS)
    def test_makes_one_mail_however_often_it_is_told(self, free_user: User, status: Status) -> None:
        event = _ended(free_user, status)
        notices.tell(event)
        outbox.deliver(Mail.objects.get().pk, now=timezone.now())
        notices.tell(event)
        assert Mail.objects.count() == 1

    def test_makes_a_mail_for_each_end_of_a_job(self, free_user: User) -> None:
        event = _ended(free_user, Status.FAILED)
        notices.tell(event)
        submission.retry(event.job, actor="user:1", now=timezone.now())
        again = _again(event.job, Status.FAILED)
        notices.tell(again)
        assert Mail.objects.count() == 2

    @pytest.mark.parametrize("status", ENDS)
    def test_costs_the_same_however_much_there_is(
        self, free_user: User, status: Status, django_assert_num_queries: Any
    ) -> None:
        for number in range(3):
            lab = Lab.objects.create(name=f"Lab {number}", email="lab@lab.example")
            Membership.objects.create(lab=lab, user=free_user)
        event = _ended(free_user, status)
        with django_assert_num_queries(5):  # the job; look for the mail, savepoint, insert, release
            notices.tell(event)

    @pytest.mark.parametrize("status", [status for status in Status if status not in ENDS])
    def test_says_nothing_on_the_way_and_asks_nothing(
        self, free_user: User, status: Status, django_assert_num_queries: Any
    ) -> None:
        job = make_job(free_user, now=timezone.now())
        event = JobEvent(job=job, sequence=2, status=status, attempt=1, actor="sweep", created_at=timezone.now())
        with django_assert_num_queries(0):
            notices.tell(event)
        assert not Mail.objects.exists()

    @pytest.mark.parametrize("status", [Status.ARCHIVING, Status.RESTORING])
    def test_says_nothing_when_a_result_has_come_back_or_stayed(self, free_user: User, status: Status) -> None:
        away = _ended(free_user, status)
        notices.tell(away)
        notices.tell(transitions.move(away.job, Status.COMPLETED, actor="worker:a", now=timezone.now()))
        assert not Mail.objects.exists()

    def test_says_nothing_when_a_result_is_kept_for_longer(self, free_user: User) -> None:
        done = _ended(free_user)
        notices.tell(transitions.remark(done.job, actor="user:1", now=timezone.now(), note="Kept."))
        assert not Mail.objects.exists()

    def test_says_nothing_of_a_failure_whose_job_is_on_its_way_again(self, free_user: User) -> None:
        event = _ended(free_user, Status.FAILED)
        submission.retry(event.job, actor="user:1", now=timezone.now())
        notices.tell(event)
        assert not Mail.objects.exists()


class TestWanted:
    @pytest.mark.parametrize("status", ENDS)
    def test_is_what_the_owner_has_chosen(self, free_user: User, status: Status) -> None:
        other = {Status.COMPLETED: "mail_when_failed", Status.FAILED: "mail_when_done"}[status]
        mine = {Status.COMPLETED: "mail_when_done", Status.FAILED: "mail_when_failed"}[status]
        User.objects.update(**{mine: False, other: True})
        event = _ended(free_user, status)
        notices.tell(event)
        assert not Mail.objects.exists()
        User.objects.update(**{mine: True, other: False})
        notices.tell(event)
        assert Mail.objects.count() == 1

    def test_is_no_mail_about_a_deleted_job(self, free_user: User) -> None:
        event = _ended(free_user)
        Job.objects.update(deleted_at=timezone.now())
        notices.tell(event)
        assert not Mail.objects.exists()

    def test_is_no_mail_to_an_inactive_owner(self, free_user: User) -> None:
        event = _ended(free_user)
        User.objects.update(is_active=False)
        notices.tell(event)
        assert not Mail.objects.exists()

    def test_is_no_mail_to_an_owner_who_has_left_the_lab(self, free_user: User, stranger: User) -> None:
        event = _ended(free_user)
        Membership.objects.filter(user=free_user).update(user=stranger, lab=event.job.lab)
        Membership.objects.create(user=free_user, lab=Lab.objects.create(name="Other", email="o@lab.example"))
        notices.tell(event)
        assert not Mail.objects.exists()


class TestHostileNames:
    @pytest.mark.parametrize("status", ENDS)
    def test_add_no_header_and_no_line(self, free_user: User, status: Status, mailoutbox: list[Any]) -> None:
        Lab.objects.update(name="Lab\nYou have won: http://evil.example")
        event = _ended(free_user, status, name=HOSTILE)
        Job.objects.update(failure_message="No\r\nFrom: us", failure_advice="a\u2028b", failure_column="C\nD")
        mail = _mail_of(event)
        outbox.deliver(mail.pk, now=timezone.now())
        message = mailoutbox[0].message()
        assert message["Bcc"] is None
        assert len(message["Subject"].splitlines()) == 1
        for line in mail.text.splitlines():
            assert not line.startswith(("Bcc", "From", "You have won", "b", "D"))
        assert "\u202e" not in mail.text + mail.html

    @pytest.mark.parametrize("status", ENDS)
    def test_are_escaped_in_html_and_as_they_are_in_text(self, free_user: User, status: Status) -> None:
        Lab.objects.update(name="<b>Lab</b>")
        event = _ended(free_user, status, name=HOSTILE)
        Job.objects.update(failure_message="<i>No</i>", failure_advice="<u>Do</u>", failure_column="<s>")
        mail = _mail_of(event)
        for markup in ("<img", "<b>Lab", "<i>", "<u>", "<s>"):
            assert markup not in mail.html
        assert "<img src=x onerror=alert(1)>" in mail.text
        assert "&lt;" not in mail.text

    def test_are_shortened_in_the_subject(self, free_user: User) -> None:
        mail = _mail_of(_ended(free_user, name="a" * 250 + ".vcf"))
        assert len(mail.subject) < 90
        assert mail.subject.endswith("aaa.vcf")
        assert "a" * 250 + ".vcf" in mail.text


class TestWords:
    def test_say_that_there_were_no_records(self, free_user: User) -> None:
        event = _ended(free_user)
        Job.objects.update(records_read=0, records_annotated=0, records_passed=0, records_rejected=0)
        mail = _mail_of(event)
        for form in (mail.text, mail.html):
            assert "The file holds no records, only a header." in form

    def test_read_well_as_plain_text(self, free_user: User) -> None:
        event = _ended(free_user, Status.FAILED)
        text = _mail_of(event).text
        assert text.startswith("Hello,\n\nsample.vcf could not be annotated.\n\nIt does not fit.\n\nLook.\n\n")
        assert "\n\n\n" not in text
        assert "{{" not in text


def _again(job: Job, status: Status) -> JobEvent:
    now: datetime = timezone.now() + timedelta(minutes=1)
    transitions.move(
        job, Status.RUNNING, actor="worker:1", now=now, attempt=job.attempt + 1, lease_expires_at=now, worker="w"
    )
    transitions.move(job, status, actor="worker:1", now=now, finished_at=now, failure_message="No")
    return job.events.latest("sequence")
