"""`manage.py loadtest`: sample jobs at a given rate, on the real path, with the real workers."""

import math
import uuid
from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotator.samples import SAMPLE_VCF
from genomics.aws.errors import StorageUnavailableError
from genomics.users.models import Lab, User
from jobs import deletion, loadtest
from jobs.errors import UserError
from jobs.loadtest import Life
from jobs.models import Job, Status

DESCRIPTION = """\
Submit sample jobs at a given rate for a user and a lab, on the path that a browser takes (begin, parts to S3, finish),
watch the workers bring them to their end, and print rates and latencies. The jobs are real: they count in the lab's
list, and send the mails that its owner wants, unless --delete removes them in the end.
"""


class Command(BaseCommand):
    help = DESCRIPTION

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, metavar="EMAIL", help="owner of the jobs")
        parser.add_argument("--lab", type=uuid.UUID, help="id of a lab of that user (default: the user's first)")
        parser.add_argument("--jobs", type=_positive_int, default=20, metavar="N", help="how many (default: 20)")
        parser.add_argument("--rate", type=_positive, default=1.0, metavar="R", help="jobs per second (default: 1)")
        parser.add_argument("--file", type=Path, default=SAMPLE_VCF, help="VCF to submit (default: the sample)")
        parser.add_argument(
            "--patience",
            type=_positive,
            default=600.0,
            metavar="SECONDS",
            help="stop watching so long after the last submission (default: 600)",
        )
        parser.add_argument("--delete", action="store_true", help="delete the jobs of this run in the end")

    def handle(
        self,
        *,
        user: str,
        lab: uuid.UUID | None,
        jobs: int,
        rate: float,
        file: Path,
        patience: float,
        delete: bool,
        **_: Any,
    ) -> None:
        owner = User.objects.filter(email__iexact=user).first()
        if owner is None:
            raise CommandError(f"There is no user {user}.")
        chosen = _lab(owner, lab)
        sample = loadtest.Sample(name=file.name, content=_content(file))
        submitted: list[Job] = []
        self.stdout.write(f"{jobs} jobs of {len(sample.content):,} bytes for {chosen.name}, {rate:g} per second")
        try:
            loadtest.run(
                sample,
                user=owner,
                lab=chosen,
                jobs=jobs,
                per_second=rate,
                clock=timezone.now,
                on_submitted=submitted.append,
            )
            lives = loadtest.watch(
                submitted,
                patience=timedelta(seconds=patience),
                on_look=lambda ended: self.stdout.write(f"{ended} of {jobs} have ended"),
            )
            self._report(lives)
        except UserError as error:
            raise CommandError(f"{error.message} {error.advice}") from error
        except StorageUnavailableError as error:
            raise CommandError(f"The storage does not answer: {error}") from error
        finally:
            if delete:
                self._delete(submitted, actor=f"user:{owner.pk}")
        wrong = sum(life.status != Status.COMPLETED for life in lives)
        if wrong:
            raise CommandError(f"{wrong} of {jobs} jobs have not come to a result.")

    def _report(self, lives: list[Life]) -> None:
        counts = {status: sum(life.status == status for life in lives) for status in Status}
        self.stdout.write(", ".join(f"{count} {status}" for status, count in counts.items() if count))
        first, last = lives[0].submitted_at, lives[-1].submitted_at
        self._rate("submitted", number=len(lives) - 1, span=last - first)
        ends = [life.ended_at for life in lives if life.ended_at]
        if ends:
            self._rate("ended", number=len(ends), span=max(ends) - first)
        self._latency("submit to start", [life.waited for life in lives if life.waited is not None])
        self._latency("submit to end", [life.took for life in lives if life.took is not None])

    def _rate(self, name: str, *, number: int, span: timedelta) -> None:
        if number and span:
            self.stdout.write(f"{name:<16}{number / span.total_seconds():8.2f} per second")

    def _latency(self, name: str, values: list[timedelta]) -> None:
        if values:
            shares = {"p50": 0.5, "p95": 0.95, "max": 1.0}
            told = [
                f"{label} {loadtest.percentile(values, share=share).total_seconds():.2f} s"
                for label, share in shares.items()
            ]
            self.stdout.write(f"{name:<16}{', '.join(told)}")

    def _delete(self, jobs: list[Job], *, actor: str) -> None:
        for job in jobs:
            job.refresh_from_db()
            deletion.delete(job, actor=actor, now=timezone.now())
        self.stdout.write(f"{len(jobs)} jobs deleted; the sweep removes their files")


def _lab(user: User, lab_id: uuid.UUID | None) -> Lab:
    labs = Lab.objects.of(user)
    lab = (labs.filter(pk=lab_id) if lab_id else labs).first()
    if lab is None:
        raise CommandError(f"{user.email} is not a member of {f'the lab {lab_id}' if lab_id else 'any lab'}.")
    return lab


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < math.inf:
        raise ArgumentTypeError("must be a positive number")
    return value


def _positive_int(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value <= 0:
        raise ArgumentTypeError("must be a positive whole number")
    return value
