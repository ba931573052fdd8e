"""How all becomes quiet after the chaos, step by step: what the product heals by itself, and what the night heals."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.utils import timezone

from billing.models import Comparison, Effect, EntitlementChange, News
from genomics.localaws.chaos.patience import patiently, until
from genomics.localaws.chaos.verdict import Fault
from genomics.localaws.chaos_billing.cast import Role
from genomics.localaws.chaos_billing.dashboard import Dashboard
from genomics.localaws.chaos_billing.verdict import status_of_results
from genomics.queues import dead_letters, send
from genomics.users.models import Lab
from jobs.models import Job

logger = logging.getLogger(__name__)

COMPARE = "billing.compare"
_PATIENCE_SECONDS = 600.0  # a busy machine hands out a hint each second or so
_HINT_SECONDS = 30.0
_PAUSE_SECONDS = 1.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How it became quiet."""

    hidden: int  # labs whose plan was wrong until the comparison: dropped webhooks had told of it
    drift: int  # labs that the comparison found to differ, in any way
    missed: int  # events that it found undelivered
    late: tuple[Fault, ...]


def settle(roles: Sequence[Role], *, dashboard: Dashboard, say: Say) -> Settled:
    """This function will wait for webhooks and sweeps, let the nightly comparison heal the rest, and wait again."""
    webhooks = {"webhooks wait": lambda: not tally(dashboard).get("waiting")}
    late = list(_wait(say, {**webhooks, **_WORK}))
    hidden = len(_wrong(roles))
    say(f"{hidden} labs are wrong: webhooks that were dropped told of them")
    found = _compare(say)
    if found is None:
        late.append(Fault(check="late", what="the nightly comparison did not come to its end"))
    done = {
        **_WORK,
        "labs are wrong": lambda: not _wrong(roles),
        "results are on their way": lambda: not _unsettled(roles),
    }
    late += _wait(say, done)
    for event in dashboard.state()["refused"]:
        dashboard.resend(event)  # whatever was in the way is no more
    late += _wait(say, {**webhooks, **_WORK})
    dead_letters.collect(now=timezone.now())
    return Settled(
        hidden=hidden,
        drift=len(found.drift) if found else 0,
        missed=found.missed_events if found else 0,
        late=tuple(late),
    )


def tally(dashboard: Dashboard) -> dict[str, int]:
    """This function will count Stripe's deliveries by state, and all attempts at them."""
    counts: dict[str, int] = dashboard.state()["tally"]
    return counts


def healers() -> Counter[str]:
    """This function will count by whom changes of what labs are entitled to were noticed."""
    actors = EntitlementChange.objects.values_list("actor", flat=True)
    return Counter(actor.partition(":")[0] for actor in actors)


_WORK: dict[str, Callable[[], bool]] = {
    "news are unread": lambda: not News.objects.unread().exists(),
    "effects wait": lambda: not Effect.objects.waiting().exists(),
}


def _wait(say: Say, steps: dict[str, Callable[[], bool]]) -> Iterator[Fault]:
    for what, is_done in steps.items():
        begin = time.monotonic()
        if not until(is_done, seconds=_PATIENCE_SECONDS, pause=_PAUSE_SECONDS):
            yield Fault(check="late", what=f"{what} after {_PATIENCE_SECONDS:.0f} s")
        elif (took := time.monotonic() - begin) > _PAUSE_SECONDS:
            say(f"{took:.0f} s until no more {what}")


def _compare(say: Say) -> Comparison | None:
    """This function will let the billing worker compare with Stripe once more; None: it did not end in time."""
    begin = timezone.now()
    hinted = 0.0

    def ended() -> bool:
        nonlocal hinted
        if time.monotonic() - hinted > _HINT_SECONDS:
            hinted = time.monotonic()
            send(COMPARE)
        return Comparison.objects.filter(begun_at__gte=begin, ended_at__isnull=False).exists()

    if not until(ended, seconds=_PATIENCE_SECONDS, pause=_PAUSE_SECONDS):
        return None
    found = Comparison.objects.filter(begun_at__gte=begin, ended_at__isnull=False).order_by("begun_at")[0]
    say(f"compared {found.labs} labs: {len(found.drift)} differed, {found.missed_events} events were missed")
    return found


def _wrong(roles: Sequence[Role]) -> list[Role]:
    plans = patiently(lambda: dict(Lab.objects.values_list("pk", "plan")))
    return [role for role in roles if plans[role.life.member.lab.pk] != role.life.account.plan]


def _unsettled(roles: Sequence[Role]) -> list[Role]:
    found = patiently(lambda: dict(Job.objects.values_list("pk", "status")))
    return [
        role
        for role in roles
        if found[role.job_id] != status_of_results(role.life.member.lab.pk, plan=role.life.account.plan)
    ]
