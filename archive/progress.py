"""How many of a lab's results are back since they were asked for, for pages that show it while it happens."""

from dataclasses import dataclass
from datetime import datetime

from archive import eta
from archive.eta import Interval
from archive.models import Retrieval, RetrievalState
from genomics.users.models import Lab
from jobs.models import RESTING, Job, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Results that have come back, and those that are still to come."""

    back: int
    coming: int
    expected: Interval | None  # of the last of them; None: nothing was asked for yet, or all are there

    @property
    def total(self) -> int:
        return self.back + self.coming

    @property
    def is_done(self) -> bool:
        return not self.coming


def of(lab: Lab, *, since: datetime, now: datetime) -> Progress:
    """This function will count the results that came back since a moment, and all that rest still."""
    results = Job.objects.filter(lab=lab, deleted_at=None)
    restored = Retrieval.objects.filter(
        recall__lab=lab, recall__begun_at__gte=since, state=RetrievalState.RESTORED
    ).values("archived_file__job")
    waiting = Retrieval.objects.open().filter(archived_file__job__lab=lab).select_related("archived_file")
    return Progress(
        back=results.filter(status=Status.COMPLETED, pk__in=restored).count(),
        coming=results.filter(status__in=RESTING).count(),
        expected=eta.arrival(waiting, now=now),
    )
