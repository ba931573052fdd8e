"""`manage.py bench`: how fast the product is, measured on an idle stack of its own."""

import secrets
from argparse import ArgumentParser
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from genomics.localaws.bench import life, listing, polling
from genomics.localaws.bench.figures import Figure, machine, table
from genomics.localaws.demo.browser import Browser
from genomics.localaws.trials import environment, inputs, labs, own_stack

_NAME = "bench"
_PARTS = ("life", "rate", "list", "poll")
_LABS = 8

DESCRIPTION = """\
Start an idle stack of its own (state in bench/ of VAR_DIR, free ports, two annotation workers) and measure: submit to
RUNNING and the overhead of a job, small jobs per second, the list of a lab with very many jobs, and open pages that
poll. Prints a table; docs/performance.md keeps one. Nothing else should run on the machine meanwhile.
"""


class Command(BaseCommand):
    help = DESCRIPTION
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS, help="parts to run (default: all)")
        parser.add_argument("--single", type=int, default=60, metavar="N", help="jobs one by one (default: 60)")
        parser.add_argument("--many", type=int, default=200, metavar="N", help="jobs at once (default: 200)")
        parser.add_argument("--listed", type=int, default=100_000, metavar="N", help="jobs in the list's lab")
        parser.add_argument("--pages", type=int, default=1000, metavar="N", help="open pages (default: 1000)")
        parser.add_argument("--seconds", type=float, default=30.0, help="how long the pages poll (default: 30)")

    def handle(
        self, *, only: list[str], single: int, many: int, listed: int, pages: int, seconds: float, **_: Any
    ) -> None:
        if not environment.inside(_NAME):
            own_stack.forget(settings.VAR_DIR / _NAME)
            environment.enter(_NAME, var_dir=settings.VAR_DIR / _NAME, proxied=False, changes={})
        self.stdout.write(machine())
        self.stdout.flush()
        figures: list[Figure] = []
        small = inputs.of_records(100)
        try:
            with own_stack.running(annotation_workers=2, log=settings.VAR_DIR / "up.log") as stack:
                password = secrets.token_urlsafe(12)
                members = [labs.create(f"bench-{number}", password=password) for number in range(_LABS)]
                reader = members[0]
                if "life" in only:
                    figures += life.one_by_one(small, member=reader, jobs=single)
                if "rate" in only:
                    figures += life.many(small, members=members, jobs=many)
                if "list" in only:
                    listing.fill(reader, jobs=listed)
                    figures += listing.measure(reader, jobs=listed, browser=_browser(reader, password=password))
                if "poll" in only:
                    figures += polling.measure(stack, members=members, pages=pages, seconds=seconds)
        except (own_stack.OwnStackError, life.BenchError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(table(figures))


def _browser(member: labs.Member, *, password: str) -> Browser:
    email = member.user.email
    EmailAddress.objects.create(user=member.user, email=email, verified=True, primary=True)
    browser = Browser(settings.WEB_ORIGIN)
    browser.sign_in(email=email, password=password)
    return browser
