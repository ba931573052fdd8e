"""Compares what PostgreSQL, DynamoDB and S3 say about jobs, and mends what can be mended."""

from collections.abc import Iterable

from jobs.auditing import Finding, Scope, audit
from jobs.auditing.command import AuditCommand

_DESCRIPTION = """\
Compares what PostgreSQL, DynamoDB and S3 say about jobs and prints what does not fit.

Looked at: events that were not published, jobs without a worker or a hint, deleted jobs that were not removed,
uploads that are stuck, inputs and result files against their objects, items of the table. It may run at any time,
beside working workers. It prints ids, states, sizes and times, never a file name or a text of a lab.
"""
_EPILOG = """\
--fix publishes, sweeps, writes and deletes items, deletes objects that no row names and ends uploads that nobody
goes on with, each looked at again right before. A missing input or result is only reported. After a database was
restored from a backup, look without --fix first: what is younger than the backup has no row.

Exit code: 0 nothing is wrong (any more), 1 something is, 2 it could not be compared.
"""


class Command(AuditCommand):
    help = _DESCRIPTION
    epilog = _EPILOG
    left_behind = "objects, uploads and drafts"
    nothing = "nothing, there are no jobs"

    def audit(self, scope: Scope, *, fix: bool) -> Iterable[tuple[Finding, bool]]:
        return audit(scope, fix=fix)
