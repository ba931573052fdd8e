"""`manage.py bench_archive`: how fast results go to sleep and come back, measured without other workers."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from genomics.localaws import stack
from genomics.localaws.bench import archive
from genomics.localaws.bench.figures import machine, table
from genomics.localaws.output import Output
from genomics.localaws.trials import environment, labs, own_stack
from genomics.users.limits import Plan

_NAME = "bench-archive"
_MIB = 1024**2

DESCRIPTION = """\
Start a database and a local AWS of its own (state in bench-archive/ of VAR_DIR, free ports) and measure what a worker
does: MB/s and memory of archiving and restoring one large result, beside the plain copy and the plain SHA-256 of the
same bytes, and a recall of many results at once. Prints a table; docs/performance.md keeps one. Nothing else should
run on the machine meanwhile.
"""


class Command(BaseCommand):
    help = DESCRIPTION
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--mib", type=int, default=1024, metavar="N", help="size of the large result (default: 1024)"
        )
        parser.add_argument("--many", type=int, default=1000, metavar="N", help="results of the recall (default: 1000)")

    def handle(self, *, mib: int, many: int, **_: Any) -> None:
        if not environment.inside(_NAME):
            own_stack.forget(settings.VAR_DIR / _NAME)
            changes = {f"LOCAL_AWS_{tier}_SECONDS": "0" for tier in ("EXPEDITED", "STANDARD", "BULK")}
            environment.enter(_NAME, var_dir=settings.VAR_DIR / _NAME, proxied=False, changes=changes)
        self.stdout.write(machine())
        self.stdout.flush()
        folder = Path(settings.VAR_DIR)
        try:
            with (folder / "up.log").open("w") as record, stack.ground(Output(sys.stdout, record=record, shown=set())):
                figures = archive.one_large(labs.create("large", plan=Plan.FREE), size_bytes=mib * _MIB, folder=folder)
                figures += archive.many(labs.create("many", plan=Plan.FREE), results=many, folder=folder)
        except (stack.StackError, archive.ArchiveBenchError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(table(figures))
