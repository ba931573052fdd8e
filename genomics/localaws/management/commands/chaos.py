"""`manage.py chaos`: kill, cut off and confuse a stack of its own, and see whether anything is lost or doubled."""

import random
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from genomics.localaws.chaos import parts, proxy, scene
from genomics.localaws.chaos.faults import Faults
from genomics.localaws.chaos.kills import NothingToKillError, Victim
from genomics.localaws.chaos.scene import Outcome, Scene
from genomics.localaws.trials import environment, logs, own_stack

_NAME = "chaos"
_PARTS = ("kills", "outages", "disorder", "fairness")
_VICTIMS = [victim.name.lower() for victim in Victim]
_TIMES = {  # short, so that what heals in minutes heals in seconds; many attempts, because each kill costs one
    "LEASE_SECONDS": "5",
    "LEASE_RENEWAL_SECONDS": "1",
    "FIRST_PAUSE_SECONDS": "1",
    "MAX_ATTEMPTS": "30",
}

DESCRIPTION = """\
Start a stack of its own (state in chaos/ of VAR_DIR, free ports, two annotation workers, a lease of 5 s), keep jobs in
flight, and break things: kill -9 of each part, SQS away in three ways, messages dropped, doubled and delayed; then, on
one worker, two labs of different size. In the end each job must have one right result, and nothing may be left over.
Ends with 1 when anything was lost, doubled, late or unfair.
"""


class Command(BaseCommand):
    help = DESCRIPTION
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS, help="parts to run (default: all)")
        parser.add_argument("--rounds", type=int, default=10, metavar="N", help="kills of each victim (default: 10)")
        parser.add_argument(
            "--victims", nargs="+", choices=_VICTIMS, default=_VICTIMS, help="what is killed (default: all)"
        )
        parser.add_argument("--jobs", type=int, default=30, metavar="N", help="jobs in flight (default: 30)")
        parser.add_argument(
            "--outage", type=float, default=60.0, metavar="SECONDS", help="length of each outage of SQS (default: 60)"
        )
        parser.add_argument("--seed", type=int, help="repeat the random order of an earlier run")

    def handle(self, *, only: list[str], seed: int | None, **options: Any) -> None:
        if not environment.inside(_NAME):
            own_stack.forget(settings.VAR_DIR / _NAME)
            environment.enter(_NAME, var_dir=settings.VAR_DIR / _NAME, proxied=True, changes=_TIMES)
        logs.keep_in(settings.VAR_DIR / "submissions.log")
        seed = random.randrange(10**6) if seed is None else seed  # noqa: S311  # repeatable, not secret
        self._begin = time.monotonic()
        self._say(f"seed {seed}, log {settings.VAR_DIR / 'up.log'}")
        outcomes: list[Outcome] = []
        try:
            if broken := [part for part in _PARTS if part in only and part != "fairness"]:
                outcomes += self._break(broken, seed=seed, options=options)
            if "fairness" in only:
                outcomes += self._compare_labs(seed=seed)
        except (own_stack.OwnStackError, NothingToKillError) as error:
            raise CommandError(f"{error} Repeat it with --seed {seed}.") from error
        self._report(outcomes)
        if any(outcome.faults for outcome in outcomes):
            raise CommandError(f"Something was lost, doubled, late or unfair. Repeat it with --seed {seed}.")

    def _break(self, chosen: list[str], *, seed: int, options: dict[str, Any]) -> list[Outcome]:
        faults = Faults(seed=seed)
        victims = [Victim[name.upper()] for name in options["victims"]]
        log = settings.VAR_DIR / "up.log"
        with _proxy(faults), own_stack.running(annotation_workers=2, log=log) as stack:
            here = self._scene(stack, faults=faults, seed=seed, jobs=options["jobs"])
            here.rehearse()
            run = {
                "kills": lambda: parts.kills(here, victims=victims, rounds=options["rounds"]),
                "outages": lambda: parts.outages(here, seconds=options["outage"]),
                "disorder": lambda: parts.disorder(here, jobs=options["jobs"]),
            }
            return [self._told(run[part]()) for part in chosen]

    def _compare_labs(self, *, seed: int) -> list[Outcome]:
        faults = Faults(seed=seed)
        with (
            _proxy(faults),
            own_stack.running(annotation_workers=1, log=settings.VAR_DIR / "up-fairness.log") as stack,
        ):
            return [self._told(parts.fairness(self._scene(stack, faults=faults, seed=seed, jobs=0)))]

    def _scene(self, stack: own_stack.OwnStack, *, faults: Faults, seed: int, jobs: int) -> Scene:
        members = scene.cast(stack.log.stem)
        return Scene(stack=stack, faults=faults, seed=seed, in_flight=jobs, say=self._say, members=members)

    def _told(self, outcome: Outcome) -> Outcome:
        self._say(f"{outcome.part}: {'WRONG' if outcome.faults else 'right'}")
        return outcome

    def _report(self, outcomes: list[Outcome]) -> None:
        self.stdout.write("")
        for outcome in outcomes:
            for name, count in outcome.counts.items():
                self.stdout.write(f"{outcome.part:<10} {name:<40} {count:>8g}")
            self.stdout.write(f"{outcome.part:<10} {'faults':<40} {len(outcome.faults):>8}")
            for fault in outcome.faults:
                self.stdout.write(f"{outcome.part:<10} FAULT {fault.check}: {fault.what}")

    def _say(self, line: str) -> None:
        self.stdout.write(f"{time.monotonic() - self._begin:6.1f} s  {line}")
        self.stdout.flush()


def _proxy(faults: Faults) -> Any:
    port = int(settings.AWS_ENDPOINT_URL.rpartition(":")[2])
    return proxy.running(faults, port=port, upstream_port=settings.LOCAL_AWS_PORT)
