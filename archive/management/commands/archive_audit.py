"""Compares what PostgreSQL, the vault and S3 say about results that rest, and mends what can be mended."""

from collections.abc import Iterable

from archive.auditing import audit
from archive.errors import VaultRefusedError, VaultUnavailableError
from jobs.auditing import Finding, Scope
from jobs.auditing.command import AuditCommand

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


class Command(AuditCommand):
    help = _DESCRIPTION
    epilog = _EPILOG
    left_behind = "archives, uploads and retrievals"
    nothing = "nothing, nothing rests"
    unanswered = (VaultUnavailableError, VaultRefusedError, *AuditCommand.unanswered)

    def audit(self, scope: Scope, *, fix: bool) -> Iterable[tuple[Finding, bool]]:
        return audit(scope, fix=fix)
