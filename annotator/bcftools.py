"""Run one bcftools command out of the pysam wheel, in a process of its own.

    python -m annotator.bcftools PARENT_PID COMMAND [ARGUMENT ...]

bcftools inside pysam is not safe to call from a longer-lived process. On Linux this one dies with its parent.
"""

import ctypes
import os
import signal
import sys

import pysam.bcftools
from pysam.utils import SamtoolsError

COMMANDS = ("norm", "csq")

_PR_SET_PDEATHSIG = 1


def command_line(command: str, *arguments: str) -> list[str]:
    """The command line that runs `bcftools command arguments` as a child of this process."""
    return [sys.executable, "-m", "annotator.bcftools", str(os.getpid()), command, *arguments]


def die_with_parent(parent_pid: int) -> None:
    """Ask Linux to kill this process when its parent dies; a no-op elsewhere."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:  # it died before we asked
        os._exit(1)


def main(arguments: list[str]) -> int:
    """Run the command; its messages go to standard error."""
    parent_pid, command, *rest = arguments
    die_with_parent(int(parent_pid))
    if command not in COMMANDS:
        print(f"unknown command {command}", file=sys.stderr)
        return 2
    run = getattr(pysam.bcftools, command)
    try:
        run(*rest, catch_stdout=False)
    except SamtoolsError as error:
        print(error.value, file=sys.stderr)
        return 1
    messages = run.get_messages()
    if messages:
        print(messages, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
