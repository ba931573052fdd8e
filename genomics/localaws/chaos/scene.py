"""What all parts of the chaos share: the stack, the labs, the jobs so far, and how the terminal hears of it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from genomics.localaws.chaos.faults import Faults
from genomics.localaws.chaos.feeding import Submitted, submit
from genomics.localaws.chaos.patience import patiently, until
from genomics.localaws.chaos.verdict import Expected, Fault, expectation, judge
from genomics.localaws.trials import audits, inputs, labs
from genomics.localaws.trials.labs import Member
from genomics.localaws.trials.own_stack import OwnStack
from genomics.mail.models import Mail
from jobs.loadtest import Sample
from jobs.models import Job, JobEvent

_AUDIT = "jobs_audit"  # compares PostgreSQL, DynamoDB and S3
_SETTLE_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one part of the chaos did (counts by name), and what it found wrong."""

    part: str
    counts: Mapping[str, float]
    faults: tuple[Fault, ...]


@dataclass(slots=True, kw_only=True)
class Scene:
    """One run of the chaos on one stack."""

    stack: OwnStack
    faults: Faults
    seed: int
    in_flight: int
    say: Callable[[str], None]
    members: Sequence[Member]
    submitted: list[Submitted] = field(default_factory=list)
    expected: dict[str, Expected] = field(default_factory=dict)

    def rehearse(self) -> None:
        """This function will run each sample once, undisturbed, and remember how it ended."""
        for sample in SAMPLES:
            job = submit(sample, member=self.members[0])
            self.submitted.append(Submitted(job_id=job.pk, sample=sample))
        self.settle()
        for item in self.submitted:
            self.expected[item.sample.name] = expectation(Job.objects.get(pk=item.job_id))
        self.say(", ".join(f"{name}: {expected.status}" for name, expected in self.expected.items()))

    def settle(self) -> tuple[Fault, ...]:
        """This function will wait until all jobs have ended and all is told; what has not is a fault."""
        begin = time.monotonic()
        ids = [item.job_id for item in self.submitted]
        ended = until(lambda: not Job.objects.filter(pk__in=ids, finished_at=None).exists(), seconds=_SETTLE_SECONDS)
        told = until(lambda: not JobEvent.objects.unpublished().exists(), seconds=_SETTLE_SECONDS / 3)
        mailed = until(lambda: not Mail.objects.filter(sent_at=None).exists(), seconds=_SETTLE_SECONDS / 3)
        self.say(f"quiet after {time.monotonic() - begin:.0f} s")
        late = {"jobs have not ended": ended, "events were not published": told, "mails were not sent": mailed}
        return tuple(Fault(check="late", what=what) for what, in_time in late.items() if not in_time)

    def verdict(self) -> tuple[Fault, ...]:
        """This function will let everything come to its end, and judge all jobs so far.

        What a kill leaves in S3 between two steps is the audit's to clear away; after that nothing may be left.
        """
        late = self.settle()
        audits.mend(_AUDIT, say=self.say)
        found = patiently(lambda: tuple(judge(self.submitted, expected=self.expected)))
        left = audits.run(_AUDIT, say=self.say)
        return (*late, *found, *([Fault(check="audit", what=left)] if left else []))


SAMPLES: tuple[Sample, ...] = (
    inputs.of_records(100),
    inputs.of_records(20_000),
    inputs.of_records(150_000),
    inputs.of_records(400_000),
    inputs.broken_after(200_000),
)


def cast(name: str) -> list[Member]:
    """This function will make the labs of one stack; `name` tells them from those of another on the same data."""
    return [labs.create(f"{name}-{number}") for number in range(1, 5)]
