"""Compares what PostgreSQL, the vault and S3 say about results that rest, and mends what can be mended."""

import argparse
import json
import re
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from archive.auditing import Finding, audit
from archive.errors import VaultRefusedError, VaultUnavailableError
from genomics import clock
from genomics.aws.errors import ServiceRefusedError, ServiceUnavailableError
from jobs.auditing import Scope

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DESCRIPTION = """\
Compares what PostgreSQL, the vault and S3 say about results that rest and prints what does not fit.

Looked at: results that are due or on their way and do not move, retrievals without an end, archives that nobody needs,
each archive that a row names (size and checksum, as the vault tells them; no byte is read), archives that no row names,
open uploads, and the hot copies of what rests. It may run at any time, beside working workers. It prints ids, states,
sizes and times, never a file name or a text of a lab.

A Glacier vault tells what it holds in an inventory only. The first run asks for it, and a run some hours later reads
it; what is younger than 48 hours is then not compared.
"""
_EPILOG = """\
--fix goes on with what stands, removes archives that nobody needs, ends uploads, deletes hot copies of what rests and
asks back what should be hot, each looked at again right before. An archive or a hot copy is deleted only when the vault
or the bytes prove another copy. An archive that no row names is only reported: after a database was restored from a
backup it may be the last copy.

Exit code: 0 nothing is wrong (any more), 1 something is, 2 it could not be compared.
"""


class Command(BaseCommand):
    help = _DESCRIPTION

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs
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
            help="archives, uploads and retrievals count as left behind after this: 30m, 1h, 2d (default: 1h)",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object a line, the totals last")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            left = self._audit(options)
        except (VaultUnavailableError, VaultRefusedError, ServiceUnavailableError, ServiceRefusedError) as error:
            raise CommandError(f"AWS cannot be compared with: {error}", returncode=2) from error
        except OperationalError as error:
            raise CommandError(f"PostgreSQL cannot be compared with: {error}", returncode=2) from error
        if left:
            raise SystemExit(1)

    def _audit(self, options: dict[str, Any]) -> int:
        scope = Scope(now=clock.now(), older_than=options["older_than"], lab_id=options["lab"], job_id=options["job"])
        found: Counter[str] = Counter()
        mended: Counter[str] = Counter()
        for finding, is_mended in audit(scope, fix=options["fix"]):
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
        self.stdout.write(f"Compared: {_counts(compared) or 'nothing, nothing rests'}.")
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
