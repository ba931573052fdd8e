"""One audit: all checks, one after the other, finding by finding."""

from collections.abc import Iterator

from archive.auditing import cold, hot, states
from jobs.auditing import Finding, Scope

# What sweeps mend comes first: the checks after it then find less. Archives are removed last, when all else is well.
_CHECKS = (
    states.look,
    cold.look_at_rows,
    cold.look_at_vaults,
    cold.look_at_uploads,
    hot.look,
    states.look_at_needless,
)


def audit(scope: Scope, *, fix: bool) -> Iterator[tuple[Finding, bool]]:
    """This function will give each finding and whether it was mended, as it goes: nothing is kept in memory.

    Raises VaultUnavailableError, VaultRefusedError, ServiceUnavailableError and ServiceRefusedError when the vault or
    S3 cannot be compared with.
    """
    for look in _CHECKS:
        for finding in look(scope):
            yield finding, fix and finding.mend is not None and finding.mend()
