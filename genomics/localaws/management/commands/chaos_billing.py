"""`manage.py chaos_billing`: labs subscribe, fail and cancel while webhooks go astray and workers are killed."""

import random
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from genomics.localaws.chaos.verdict import Fault
from genomics.localaws.chaos_billing import cast, outcome, settling
from genomics.localaws.chaos_billing.cast import SetUpError
from genomics.localaws.chaos_billing.dashboard import Dashboard, DashboardError
from genomics.localaws.chaos_billing.kills import Killer
from genomics.localaws.chaos_billing.life import Pauses
from genomics.localaws.chaos_billing.play import play
from genomics.localaws.chaos_billing.weather import Weather
from genomics.localaws.trials import environment, logs, own_stack
from genomics.localaws.trials.own_stack import OwnStack

_NAME = "chaos-billing"
_SETTINGS = {
    "BILLING_MODE": "sandbox",
    "BILLING_TEST_CLOCKS": "1",  # each lab's time is its own
    "RATE_LIMITING": "0",  # a person presses again as soon as the site is back
    "FREE_KEPT_HOT_SECONDS": "5",
    "FREE_LONGEST_KEPT_HOT_SECONDS": "6",  # what comes back to a lab that has left PREMIUM meanwhile sleeps soon again
    "ARCHIVE_PAUSE_SECONDS": "5",
    "ARCHIVE_RETRY_PAUSE_SECONDS": "7200",  # recalls that found nothing asleep are counted, too
    "RETRIEVAL_POLL_SECONDS": "3",
    "LOCAL_AWS_EXPEDITED_SECONDS": "1",
    "LOCAL_AWS_STANDARD_SECONDS": "2",
    "LOCAL_AWS_BULK_SECONDS": "3",
}
_BETWEEN_KILLS = (5.0, 12.0)  # seconds

DESCRIPTION = """\
Start a stack of its own (state in chaos-billing/ of VAR_DIR, free ports, the Stripe sandbox with a test clock for each
lab) and let labs subscribe, change, fail to pay and cancel, all at once, as people do it: on the product's pages and
Stripe's. Meanwhile webhooks are doubled, reordered, delayed, sent at once and dropped, Stripe's API fails now and then,
and workers and web server are killed with kill -9. In the end every lab must have what its acts entitle it to, each
upgrade must have restored its results exactly once, and nobody may have paid twice. Ends with 1 when that is not so.
"""


class Command(BaseCommand):
    help = DESCRIPTION
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--labs", type=int, default=20, metavar="N", help="labs that live at once (default: 20)")
        parser.add_argument(
            "--acts", type=int, default=12, metavar="N", help="what each lab does at least, one by one (default: 12)"
        )
        parser.add_argument(
            "--seconds", type=float, default=420.0, help="the play is cut short after so long (default: 420)"
        )
        parser.add_argument("--seed", type=int, help="repeat the random choices of an earlier run")

    def handle(self, *, labs: int, acts: int, seconds: float, seed: int | None, **_: Any) -> None:
        if not environment.inside(_NAME):
            own_stack.forget(settings.VAR_DIR / _NAME)
            environment.enter(_NAME, var_dir=settings.VAR_DIR / _NAME, proxied=False, changes=_SETTINGS)
        logs.keep_in(settings.VAR_DIR / "play.log")
        seed = random.randrange(10**6) if seed is None else seed  # noqa: S311  # repeatable, not secret
        self._begin = time.monotonic()
        log = settings.VAR_DIR / "up.log"
        self._say(f"seed {seed}, logs {log} and play.log beside it")
        try:
            with own_stack.running(annotation_workers=2, log=log) as stack:
                faults = self._run(stack, labs=labs, acts=acts, seconds=seconds, seed=seed)
        except (own_stack.OwnStackError, SetUpError, DashboardError) as error:
            raise CommandError(f"{error} Repeat it with --seed {seed}.") from error
        if faults:
            raise CommandError(f"Something is wrong, was restored twice or paid twice. Repeat it with --seed {seed}.")

    def _run(self, stack: OwnStack, *, labs: int, acts: int, seconds: float, seed: int) -> list[Fault]:
        dashboard = Dashboard(settings.SANDBOX_ORIGIN, key=settings.SANDBOX_KEY)
        self._say(f"{labs} labs, and a result of each goes to sleep")
        roles = cast.cast(labs, dashboard=dashboard, seed=seed, pauses=Pauses())
        self._say("all sleep: the play begins")
        shortest, longest = _BETWEEN_KILLS
        killer = Killer(stack, seed=seed, shortest=shortest, longest=longest, say=self._say)
        weather = Weather(dashboard, seed=seed)
        faults = play(
            [role.life for role in roles],
            acts=acts,
            seconds=seconds,
            killer=killer,
            weather=weather,
            dashboard=dashboard,
            say=self._say,
        )
        self._say("the play is over: what is left to heal?")
        settled = settling.settle(roles, dashboard=dashboard, say=self._say)
        faults += [*settled.late, *outcome.judge(roles, dashboard=dashboard, say=self._say)]
        counts = outcome.count(roles, dashboard=dashboard, settled=settled)
        counts |= {f"spells of webhooks: {name}": number for name, number in sorted(weather.spells.items())}
        counts |= {f"kills: {victim}": number for victim, number in sorted(killer.counts.items())}
        self._report(counts, faults)
        return faults

    def _report(self, counts: dict[str, int], faults: list[Fault]) -> None:
        self.stdout.write("")
        for name, number in {**counts, "faults": len(faults)}.items():
            self.stdout.write(f"{name:<52} {number:>10,}")
        for fault in faults:
            self.stdout.write(f"FAULT {fault.check}: {fault.what}")

    def _say(self, line: str) -> None:
        self.stdout.write(f"{time.monotonic() - self._begin:6.1f} s  {line}")
        self.stdout.flush()
