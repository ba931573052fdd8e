"""The labs of a run: each has one person and one result, and the result sleeps before the play begins."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.conf import settings

from archive.models import ArchivedFile
from billing.products import OFFERS
from genomics.localaws.chaos.feeding import submit
from genomics.localaws.chaos.patience import until
from genomics.localaws.chaos_billing.account import Account, Pace
from genomics.localaws.chaos_billing.dashboard import Dashboard
from genomics.localaws.chaos_billing.life import Life, Pauses
from genomics.localaws.chaos_billing.person import Person
from genomics.localaws.trials import inputs, labs
from genomics.localaws.trials.labs import Member
from genomics.users.limits import Plan
from jobs.models import Job, Kind, ResultFile, Status

RESTING = (Kind.VCF, Kind.TABLE)  # the files of a result that go to sleep
_SAMPLE = inputs.of_records(100)
_PATIENCE_SECONDS = 300.0


class SetUpError(Exception):
    """The results did not come to rest: the stack does not work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One lab of the cast."""

    life: Life
    job_id: uuid.UUID
    digests: dict[str, str]  # SHA-256 of the result's files that go to sleep, by kind, as they were made


def cast(number: int, *, dashboard: Dashboard, seed: int, pauses: Pauses) -> list[Role]:
    """This function will make the labs, and wait until their results sleep. Raises SetUpError."""
    members = [_member(place) for place in range(1, number + 1)]
    jobs = {member.lab.pk: submit(_SAMPLE, member=member).pk for member, _ in members}
    _wait_asleep(list(jobs.values()))
    return [
        Role(
            life=_life(member, password=password, dashboard=dashboard, seed=f"{seed}:{place}", pauses=pauses),
            job_id=jobs[member.lab.pk],
            digests=_digests(jobs[member.lab.pk]),
        )
        for place, (member, password) in enumerate(members)
    ]


def _member(place: int) -> tuple[Member, str]:
    password = secrets.token_urlsafe(12)
    member = labs.create(f"payer-{place}", plan=Plan.FREE, password=password)
    EmailAddress.objects.create(user=member.user, email=member.user.email, verified=True, primary=True)
    return member, password


def _life(member: Member, *, password: str, dashboard: Dashboard, seed: str, pauses: Pauses) -> Life:
    person = Person(settings.WEB_ORIGIN, lab_id=member.lab.pk, stripe_origin=settings.SANDBOX_ORIGIN)
    person.sign_in(email=member.user.email, password=password)
    account = Account(
        prices={Pace(offer.lookup_key): offer.first.amount for offer in OFFERS}, trial_days=settings.BILLING_TRIAL_DAYS
    )
    return Life(member, person=person, dashboard=dashboard, account=account, seed=seed, pauses=pauses)


def _wait_asleep(jobs: Sequence[uuid.UUID]) -> None:
    def are_asleep() -> bool:
        asleep = Job.objects.filter(pk__in=jobs, status=Status.ARCHIVED).count()
        return asleep == len(jobs) and not ArchivedFile.objects.still_hot().filter(job__in=jobs).exists()

    if not until(are_asleep, seconds=_PATIENCE_SECONDS):
        found = list(Job.objects.filter(pk__in=jobs).values_list("status", flat=True))
        raise SetUpError(f"After {_PATIENCE_SECONDS:.0f} s the results do not sleep: {', '.join(found)}")


def _digests(job: uuid.UUID) -> dict[str, str]:
    return dict(ResultFile.objects.filter(job=job, kind__in=RESTING).values_list("kind", "sha256"))
