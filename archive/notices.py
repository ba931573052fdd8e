"""Mails about results that go to sleep and come back, to the owners of their jobs, who may have switched them off.

A sweep writes them, as rows and columns say what was not told yet: one mail for what happens to several results of one
owner in one lab within a short time. What is told and the mail are written in one transaction.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from archive.models import Announcement, ArchivedFile, Recall, Retrieval, RetrievalState
from archive.recall import RECALLING_PLANS
from genomics import locks
from genomics.lines import one_line
from genomics.mail import letters
from genomics.users.limits import Plan, limits_of
from jobs.models import Job, Status

TELL = "archive.tell"
_BATCH = 2000  # results for one call
_MOST_NAMED = 20  # results in one mail; the others are counted
_SUBJECT_NAME_LIMIT = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notice:
    one: str  # subject for one result, by its name
    several: str  # subject for several, by their number
    template: str
    preference: str  # the owner's column that says whether the mail is wanted


_ANNOUNCED = _Notice(
    one="Archived soon: {}",
    several="Archived soon: {} results",
    template="archive/mail/announced",
    preference="mail_when_archived",
)
_ARCHIVED = _Notice(
    one="Archived: {}",
    several="Archived: {} results",
    template="archive/mail/archived",
    preference="mail_when_archived",
)
_RESTORED = _Notice(
    one="Back from the archive: {}",
    several="Back from the archive: {} results",
    template="archive/mail/restored",
    preference="mail_when_restored",
)


def sweep(*, now: datetime) -> int:
    """This function will queue the mails that are called for, and give the number of results that they tell of."""
    with locks.alone(TELL) as alone:
        if not alone:
            return 0
        return sum(tell(now=now) for tell in (_announce, _tell_archived, _tell_restored))


def _announce(*, now: datetime) -> int:
    """This function will tell of results that are going to be archived, together with those that follow soon."""
    plans = [plan for plan in Plan if _is_long(limits_of(plan).kept_hot)]
    told = Announcement.objects.filter(job=OuterRef("pk"), due_at=OuterRef("archive_due_at"))
    horizon = now + settings.ARCHIVE_WARNING
    jobs = Job.objects.filter(
        ~Exists(told),
        status=Status.COMPLETED,
        deleted_at=None,
        lab__plan__in=plans,
        archive_due_at__gt=now,
        archive_due_at__lte=horizon + settings.ARCHIVE_MAIL_PATIENCE,
    )
    count = 0
    for own in _by_owner(jobs.order_by("archive_due_at")):
        if own[0].archive_due_at is None or own[0].archive_due_at > horizon:
            continue  # nothing of it is near enough

        def mark(own: list[Job] = own) -> None:
            Announcement.objects.bulk_create(
                Announcement(job=job, due_at=job.archive_due_at, told_at=now) for job in own if job.archive_due_at
            )

        key = f"archive/announced/{own[0].pk}/{own[0].archive_due_at.timestamp():.0f}"
        count += _tell(_ANNOUNCED, own, key=key, mark=mark)
    return count


def _tell_archived(*, now: datetime) -> int:
    """This function will tell of results that rest, once no further one has followed for a while."""
    untold = ArchivedFile.objects.untold().filter(job=OuterRef("pk"))
    jobs = Job.objects.filter(Exists(untold), status=Status.ARCHIVED, deleted_at=None)
    count = 0
    for own in _by_owner(jobs.order_by("updated_at")):
        first, last = own[0].updated_at, own[-1].updated_at
        if last > now - settings.ARCHIVE_MAIL_QUIET and first > now - settings.ARCHIVE_MAIL_PATIENCE:
            continue

        def mark(own: list[Job] = own) -> None:
            ArchivedFile.objects.untold().filter(job__in=own).update(told_at=now)

        count += _tell(_ARCHIVED, own, key=f"archive/archived/{own[0].pk}/{own[0].sequence}", mark=mark)
    # What came back, or was deleted, before anybody was told of its rest needs no mail.
    gone = Q(removed_at__isnull=False) | Q(job__status=Status.RESTORING) | Q(job__deleted_at__isnull=False)
    needless = ArchivedFile.objects.untold().filter(gone).order_by().values("pk")[:_BATCH]
    ArchivedFile.objects.filter(pk__in=needless).update(told_at=now)
    return count


def _tell_restored(*, now: datetime) -> int:
    """This function will tell of recalls of which nothing is on its way any more."""
    own = Retrieval.objects.filter(recall=OuterRef("pk"))
    coming = Exists(own.filter(archived_file__job__status=Status.RESTORING, archived_file__job__deleted_at=None))
    uncollected = Job.objects.filter(lab=OuterRef("lab"), lab__plan__in=RECALLING_PLANS, status=Status.ARCHIVED)
    never_asked = uncollected.filter(deleted_at=None).exclude(archived_files__retrievals__recall=OuterRef("pk"))
    recalls = Recall.objects.untold().filter(~coming, ~Exists(never_asked))
    return sum(_tell_recall(recall, now=now) for recall in recalls[:_BATCH])


def _tell_recall(recall: Recall, *, now: datetime) -> int:
    jobs = Job.objects.filter(archived_files__retrievals__recall=recall, deleted_at=None)
    back = jobs.filter(
        archived_files__retrievals__recall=recall,
        archived_files__retrievals__state=RetrievalState.RESTORED,
        status=Status.COMPLETED,
    )
    asleep = jobs.filter(status=Status.ARCHIVED).order_by().values("owner").annotate(number=Count("pk", distinct=True))
    away = {row["owner"]: row["number"] for row in asleep}
    count = 0
    with transaction.atomic():
        if not Recall.objects.filter(pk=recall.pk, told_at=None).update(told_at=now):
            return 0
        for own in _by_owner(back.distinct().order_by("name")):
            key, more = f"archive/restored/{recall.pk}", {"away": away.get(own[0].owner_id, 0)}
            count += _tell(_RESTORED, own, key=key, mark=_nothing, more=more)
    return count


def _tell(
    notice: _Notice, jobs: list[Job], *, key: str, mark: Callable[[], None], more: dict[str, Any] | None = None
) -> int:
    """This function will queue one mail to the owner of these jobs of one lab, if the owner is to get it.

    It gives the number of results that the mail tells of. Marked as told they are in any case.
    """
    owner, lab = jobs[0].owner, jobs[0].lab
    is_member = lab.memberships.filter(user=owner, user__is_active=True).exists()
    wanted = is_member and bool(getattr(owner, notice.preference))
    name = one_line(jobs[0].name, limit=_SUBJECT_NAME_LIMIT)
    with transaction.atomic(), timezone.override(ZoneInfo(owner.time_zone or "UTC")):
        mark()
        if not wanted:
            return 0
        letters.post(
            key,
            recipient=owner.email,
            subject=notice.one.format(name) if len(jobs) == 1 else notice.several.format(len(jobs)),
            template=notice.template,
            context={
                "lab": lab,
                "count": len(jobs),
                "results": [_result(job) for job in jobs[:_MOST_NAMED]],
                "unnamed": len(jobs) - len(jobs[:_MOST_NAMED]),
                "may_postpone": any(_may_be_postponed(job) for job in jobs),
                "list_url": f"{settings.WEB_ORIGIN}{reverse('jobs:list')}?lab={lab.pk}",
                "profile_url": settings.WEB_ORIGIN + reverse("users:profile"),
                **(more or {}),
            },
        )
    return len(jobs)


def _result(job: Job) -> dict[str, Any]:
    """This function will give what a mail says of one result."""
    url = settings.WEB_ORIGIN + reverse("jobs:detail", args=[job.pk])
    return {"name": job.name, "url": url, "due_at": job.archive_due_at}


def _may_be_postponed(job: Job) -> bool:
    longest = job.lab.limits.longest_kept_hot
    if longest is None or job.finished_at is None or job.archive_due_at is None:
        return False
    return job.finished_at + longest > job.archive_due_at


def _by_owner(jobs: QuerySet[Job]) -> Iterable[list[Job]]:
    """This function will give the jobs of each owner in each lab, in the order in which they came."""
    found: dict[tuple[Any, Any], list[Job]] = {}
    for job in jobs.select_related("lab", "owner").defer("summary")[:_BATCH]:
        found.setdefault((job.lab_id, job.owner_id), []).append(job)
    return found.values()


def _is_long(kept_hot: timedelta | None) -> bool:
    return kept_hot is not None and kept_hot > settings.ARCHIVE_WARNING


def _nothing() -> None:
    """The caller has marked already."""
