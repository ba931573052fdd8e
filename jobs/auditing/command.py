"""What the commands of audits have in common: options, what they print, and their exit codes."""

import argparse
import json
import re
import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from genomics import clock
from genomics.aws.errors import ServiceRefusedError, ServiceUnavailableError
from jobs.auditing.findings import Finding, Scope

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class AuditCommand(BaseCommand):
    """A command that compares, prints what does not fit, and mends it with --fix.

    Exit code: 0 nothing is wrong (any more), 1 something is, 2 it could not be compared.
    """

    epilog: ClassVar[str]
    left_behind: ClassVar[str]  # what counts as such after --older-than
    nothing: ClassVar[str]  # said when there was nothing to compare
    unanswered: ClassVar[tuple[type[Exception], ...]] = (ServiceUnavailableError, ServiceRefusedError)

    def audit(self, scope: Scope, *, fix: bool) -> Iterable[tuple[Finding, bool]]:
        """This function will give what is wrong, each with whether it was mended."""
        raise NotImplementedError

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, epilog=self.epilog, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fix", action="store_true", help="mend what can be mended without losing anything")
        parser.add_argument("--job", type=uuid.UUID, metavar="ID", help="look at one job only")
        parser.add_argument("--lab", type=uuid.UUID, metavar="ID", help="look at the jobs of one lab only")
        parser.add_argument(
            "--older-than",
            type=_duration,
            default=timedelta(hours=1),
            metavar="TIME",
            help=f"{self.left_behind} count as left behind after this: 30m, 1h, 2d (default: 1h)",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object a line, the totals last")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            left = self._audit(options)
        except self.unanswered as error:
            raise CommandError(f"AWS cannot be compared with: {error}", returncode=2) from error
        except OperationalError as error:
            raise CommandError(f"PostgreSQL cannot be compared with: {error}", returncode=2) from error
        if left:
            raise SystemExit(1)

    def _audit(self, options: dict[str, Any]) -> int:
        scope = Scope(now=clock.now(), older_than=options["older_than"], lab_id=options["lab"], job_id=options["job"])
        found: Counter[str] = Counter()
        mended: Counter[str] = Counter()
        for finding, is_mended in self.audit(scope, fix=options["fix"]):
            found[finding.kind.value] += 1
            mended[finding.kind.value] += is_mended
            self._print_finding(finding, mended=is_mended, as_json=options["json"])
        left = found.total() - mended.total()
        if options["json"]:
            self.stdout.write(json.dumps({"compared": scope.compared, "found": found, "mended": mended, "left": left}))
        else:
            self._print_totals(scope.compared, found=found, mended=mended, left=left)
        return left

    def _print_finding(self, finding: Finding, *, mended: bool, as_json: bool) -> None:
        if as_json:
            job_id = str(finding.job_id) if finding.job_id else None
            line = {"kind": finding.kind.name, "job_id": job_id, "text": finding.text, "mended": mended}
            self.stdout.write(json.dumps(line))
        else:
            self.stdout.write(f"{finding.kind}: {finding.text}{' (mended)' if mended else ''}")

    def _print_totals(self, compared: Counter[str], *, found: Counter[str], mended: Counter[str], left: int) -> None:
        self.stdout.write(f"Compared: {_counts(compared) or self.nothing}.")
        for kind, count in found.items():
            self.stdout.write(f"  {kind}: {count} found, {mended[kind]} mended")
        if not found:
            self.stdout.write("Everything fits.")
        elif not left:
            self.stdout.write("Everything fits now.")
        else:
            self.stdout.write(f"{left} findings are left.")


def _counts(compared: Counter[str]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in compared.items() if count)


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 30m, 1h or 2d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
