"""One audit: all checks, one after the other, finding by finding."""

from collections.abc import Iterator

from jobs.auditing import items, objects, states, upload_state
from jobs.auditing.findings import Finding, Scope

# What sweeps mend comes first: the checks after it then find less.
_CHECKS = (states.look, upload_state.look, objects.look_at_inputs, objects.look_at_results, items.look)


def audit(scope: Scope, *, fix: bool) -> Iterator[tuple[Finding, bool]]:
    """This function will give each finding and whether it was mended, as it goes: nothing is kept in memory.

    Each finding was looked at twice, so that work in progress is not taken for a fault. Raises
    ServiceUnavailableError and ServiceRefusedError when AWS cannot be compared with.
    """
    for look in _CHECKS:
        for finding in look(scope):
            yield finding, fix and finding.mend is not None and finding.mend()
