"""Runs one command under limits: `python -m jobs.limiter PARENT MEMORY CPU OUTPUT -- command…`.

PARENT is the caller's process id, MEMORY and OUTPUT are bytes, CPU is seconds. MEMORY is what a process has for itself
alone (Linux counts so since 4.7). The limits hold for the command and its children, each on its own; the kernel kills
the command when its parent dies. A program of its own instead of a `preexec_fn`, which is unsafe in a process that has
threads.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_TO_KILL = 5  # seconds of processor time from SIGXCPU, which tells the caller why, to SIGKILL


def main(arguments: list[str]) -> None:
    try:
        parent, memory, cpu, output = (int(number) for number in arguments[:4])
        separator, *command = arguments[4:]
    except ValueError:
        separator, command = "", []
    if separator != "--" or not command:
        raise SystemExit("usage: python -m jobs.limiter PARENT MEMORY CPU OUTPUT -- command…")
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the kernel knew
        raise SystemExit("The process that asked for this is gone.")
    # Not RLIMIT_AS: files that are only read, such as a reference, may be mapped whatever their size.
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + _TO_KILL))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
