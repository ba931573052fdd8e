"""Turns itself into a program that dies with the process that started it.

It runs as a file, between fork and exec: code of one's own there (`preexec_fn`) is not safe in a program with
threads. Its arguments are PARENT_PID SIGNAL USER PROGRAM [ARGUMENT…]; USER is `-` for "the same one".
"""

import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def wrap(program: tuple[str, ...], *, death_signal: signal.Signals, user: str | None) -> tuple[str, ...]:
    """This function will give the command line that runs `program` as `user` until the starting thread ends.

    At that moment the program gets `death_signal` (on Linux; elsewhere it lives on).
    """
    parent = str(os.getpid())
    return (sys.executable, "-I", "-S", __file__, parent, str(int(death_signal)), user or "-", *program)


def main(arguments: list[str]) -> None:
    """This function will change the user, ask for the signal, and become the program.

    The order matters: the kernel forgets the wish when the user changes.
    """
    parent, death_signal, user, *program = arguments
    if user != "-":
        _become(user)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != int(parent):
            sys.exit(f"The process that started {program[0]} is gone.")
    os.execvp(program[0], program)  # noqa: S606


def _become(user: str) -> None:
    account = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    os.chdir("/")


if __name__ == "__main__":
    main(sys.argv[1:])
