"""`manage.py demo`: the whole product on this machine, with a sample on its whole way through it."""

import sys
import threading
import uuid
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotator.samples import SAMPLE_EXPECTED, SAMPLE_VCF
from genomics.localaws import stack
from genomics.localaws.demo import account
from genomics.localaws.demo.browser import Browser, RefusedError
from genomics.localaws.demo.journey import PATIENCE_SECONDS, Journey, prepare
from genomics.localaws.demo.payer import Payer
from genomics.localaws.demo.story import DemoFailedError, Story
from genomics.localaws.output import Output
from genomics.users.limits import Plan


class Command(BaseCommand):
    help = (
        "Start everything as `up` does, make a demo user, upload the sample VCF as a browser does, show its progress "
        "and its outcome, and go on serving until Ctrl-C. The logs of all parts go to demo.log in VAR_DIR."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="stop after the outcome; exit code 0 only if the result is right"
        )

        parser.add_argument(
            "--journey",
            action="store_true",
            help="follow the result further: into the vault when its time is over (FREE_KEPT_HOT_SECONDS), back when "
            "the lab subscribes at the Stripe sandbox, and away again when it has cancelled; VAULT and "
            "RESTORE_EXECUTOR choose the way",
        )

    def handle(self, *, once: bool, journey: bool, **_: Any) -> None:
        if journey and settings.PLAN_LIMITS[Plan.FREE]["kept_hot"] > timedelta(seconds=PATIENCE_SECONDS):
            raise CommandError("Results stay hot for too long to wait: set FREE_KEPT_HOT_SECONDS to a few seconds.")
        if journey and not (settings.BILLING_MODE == "sandbox" and settings.BILLING_TEST_CLOCKS):
            raise CommandError("The journey pays at the Stripe sandbox and moves its time: set BILLING_TEST_CLOCKS=1.")
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        log = settings.VAR_DIR / "demo.log"
        with log.open("w") as record:
            output = Output(sys.stdout, record=record, shown={"up", "demo"})
            output.write("demo", f"logs    {log}")
            performance = _Performance(output, once=once, journey=journey)
            try:
                stack.run(output, annotation_workers=1, prepare=performance.prepare, visit=performance.visit)
            except stack.StackError as error:
                raise CommandError(str(error)) from error
        if once and not performance.succeeded:
            raise CommandError("The demonstration failed.")


class _Performance:
    """The demonstration beside the running stack, which calls `prepare` and then, in a thread, `visit`."""

    def __init__(self, output: Output, *, once: bool, journey: bool) -> None:
        self.succeeded = False
        self._journey = journey
        self._output = output
        self._once = once
        self._account: account.Account | None = None
        self._lab: uuid.UUID | None = None  # of the journey; None: there is none

    def prepare(self) -> None:
        self._account = account.ensure(settings.VAR_DIR / "demo-password")
        if self._journey:
            self._lab = prepare(self._account.email, now=timezone.now())

    def visit(self, stopping: threading.Event) -> None:
        assert self._account is not None
        browser = Browser(settings.WEB_ORIGIN)
        story = Story(browser, sample=SAMPLE_VCF, expected=SAMPLE_EXPECTED, say=self._say)
        try:
            job = story.tell(self._account, stopping=stopping)
            if job is not None and self._lab is not None:
                Journey(browser, job, payer=Payer(browser, self._lab), say=self._say).tell(stopping=stopping)
            self.succeeded = not stopping.is_set()
            if not self._once:
                self._say(f"serving  {settings.WEB_ORIGIN}/ until Ctrl-C")
        except (DemoFailedError, RefusedError, requests.RequestException) as error:
            self._say(f"FAILED   {error}")
        finally:
            if self._once:
                stopping.set()

    def _say(self, text: str) -> None:
        for line in text.split("\n"):
            self._output.write("demo", line)
