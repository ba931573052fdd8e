"""`manage.py up`: the whole product on this machine."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from genomics.localaws import stack
from genomics.localaws.output import Output

DESCRIPTION = """\
Start everything on this machine and keep it running until Ctrl-C: PostgreSQL (unless DATABASE_URL is set), the local
AWS (unless LOCAL_AWS=0), the Stripe sandbox (unless STRIPE_SECRET_KEY is set), one worker for each queue, the timer and
the web server. What dies is started again. All state is in VAR_DIR, and the next start finds it. WEB_PORT,
LOCAL_AWS_PORT and SANDBOX_PORT choose the ports.
"""


class Command(BaseCommand):
    help = DESCRIPTION
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--annotation-workers", type=int, default=1, metavar="N", help="how many jobs run at once (default: 1)"
        )

    def handle(self, *, annotation_workers: int, **_: Any) -> None:
        try:
            stack.run(Output(sys.stdout), annotation_workers=annotation_workers)
        except stack.StackError as error:
            raise CommandError(str(error)) from error
