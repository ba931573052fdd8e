"""Runs one command under limits: `python -m jobs.limiter MEMORY CPU OUTPUT -- command…`.

MEMORY and OUTPUT are bytes, CPU is seconds. The limits hold for the command and its children, each on its own;
the kernel kills the command when its parent dies. A module of its own instead of a `preexec_fn`, which is unsafe
in a process that has threads.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    memory, cpu, output, separator, *command = arguments
    if separator != "--" or not command:
        raise SystemExit("usage: python -m jobs.limiter MEMORY CPU OUTPUT -- command…")
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the kernel knew
        raise SystemExit(1)
    for limit, value in (
        (resource.RLIMIT_AS, int(memory)),
        (resource.RLIMIT_CPU, int(cpu)),
        (resource.RLIMIT_FSIZE, int(output)),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
