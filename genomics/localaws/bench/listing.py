"""The list of jobs in a lab that has very many, through the real web server."""

import time
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from genomics.localaws.bench.figures import Figure, spread
from genomics.localaws.demo.browser import Browser
from genomics.localaws.trials.labs import Member
from jobs.models import Job, Status

_REQUESTS = 30
_BATCH = 5000
_PAGES = {
    "first page": "",
    "last page": "page={last}",
    "sorted by name": "sort=name",
    "search": "q=cohort-77",
    "search without a match": "q=nothing-like-this",
    "failed only": "status=FAILED",
}


def fill(member: Member, *, jobs: int) -> None:
    """This function will give the lab so many ended jobs, as if it had worked for years."""
    now = timezone.now()
    for start in range(0, jobs, _BATCH):
        Job.objects.bulk_create(
            _ended(member, number=number, now=now) for number in range(start, min(start + _BATCH, jobs))
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")


def measure(member: Member, *, jobs: int, browser: Browser) -> list[Figure]:
    """This function will ask for pages of the list; `browser` is signed in as the member."""
    figures = []
    for name, query in _PAGES.items():
        address = f"{reverse('jobs:list')}?{query.format(last=jobs // 25)}"
        browser.get(address)  # the first one warms the caches of database and templates
        seconds = []
        for _ in range(_REQUESTS):
            begin = time.monotonic()
            browser.get(address)
            seconds.append(time.monotonic() - begin)
        queries = _queries(member, address)
        figures += spread(f"list of {jobs:,} jobs, {name}", seconds)
        figures.append(Figure(name=f"list of {jobs:,} jobs, {name}, queries", value=queries, unit=""))
    return figures


def _queries(member: Member, address: str) -> int:
    """This function will count the queries of a page, in this process: the web server does not tell them."""
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
    client.force_login(member.user)
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return len(queries)


def _ended(member: Member, *, number: int, now: datetime) -> Job:
    failed = number % 50 == 0
    job_id = uuid.uuid4()
    submitted_at = now - timedelta(minutes=number + 60)
    counts: dict[str, int] = (
        {}
        if failed
        else {"records_read": number, "records_annotated": number, "records_passed": 0, "records_rejected": 0}
    )
    return Job(
        id=job_id,
        lab=member.lab,
        owner=member.user,
        name=f"cohort-{number % 1000:03}-{number}.vcf.gz",
        reference=settings.STARTER_REFERENCE,
        status=Status.FAILED if failed else Status.COMPLETED,
        sequence=3,
        attempt=1,
        attempts_allowed=settings.MAX_ATTEMPTS,
        input_key=f"{member.lab.pk}/{job_id}/input",
        input_size_bytes=1000 + number,
        part_size_bytes=settings.UPLOAD_PART_BYTES,
        created_at=submitted_at,
        submitted_at=submitted_at,
        ready_at=submitted_at,
        started_at=submitted_at,
        finished_at=submitted_at + timedelta(seconds=5),
        updated_at=submitted_at + timedelta(seconds=5),
        failure_code="BAD_RECORD" if failed else "",
        fraction=1,
        **counts,
    )
