"""Mails about jobs: one when a job is done, one when it has failed, to its owner, who may have switched them off."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import F
from django.urls import reverse

from genomics.lines import one_line
from genomics.mail import letters
from jobs.models import Job, JobEvent, Status

_SUBJECT_NAME_LIMIT = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notice:
    subject: str
    template: str
    preference: str  # the user's column that says whether the mail is wanted


_NOTICES = {
    Status.COMPLETED: _Notice(subject="Done: {}", template="jobs/mail/done", preference="mail_when_done"),
    Status.FAILED: _Notice(subject="Failed: {}", template="jobs/mail/failed", preference="mail_when_failed"),
}


def tell(event: JobEvent) -> None:
    """This function will queue the mail that an event calls for, once for each event however often it is told."""
    notice = _NOTICES.get(Status(event.status))
    job = _job_to_tell_of(event, notice=notice) if notice else None
    if notice is None or job is None:
        return
    letters.post(
        f"job/{job.pk}/{event.sequence}",
        recipient=job.owner.email,
        subject=notice.subject.format(one_line(job.name, limit=_SUBJECT_NAME_LIMIT)),
        template=notice.template,
        context={
            "job": job,
            "job_url": settings.WEB_ORIGIN + reverse("jobs:detail", args=[job.pk]),
            "profile_url": settings.WEB_ORIGIN + reverse("users:profile"),
        },
    )


def _job_to_tell_of(event: JobEvent, *, notice: _Notice) -> Job | None:
    """This function will give the event's job, or None when its owner wants no mail, or may not see the job now.

    Only the end of an annotation counts: a job is COMPLETED again when its result has come back. Who has sent a
    failed job on its way again knows of the failure, which the row no longer describes.
    """
    jobs = Job.objects.filter(
        pk=event.job_id,
        deleted_at=None,
        owner__is_active=True,
        owner__memberships__lab=F("lab"),
        **{f"owner__{notice.preference}": True},
    ).filter(events__sequence=event.sequence - 1, events__status=Status.RUNNING)
    if event.status == Status.FAILED:
        jobs = jobs.filter(sequence=event.sequence)
    return jobs.select_related("lab", "owner").defer("summary").first()
