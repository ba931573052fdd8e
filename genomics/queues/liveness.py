"""Tells whether a worker polls or beat schedules: `python -m genomics.queues.liveness annotation-1 --max-age 120`.

For systemd timers and container health checks; the exit code is 1 when it does not.
"""

import argparse
import os
import sys
from datetime import timedelta

from django.conf import settings

from genomics.queues import heartbeat


def main(arguments: list[str]) -> str | None:
    """This function will give the sentence that says what is wrong, or None."""
    parser = argparse.ArgumentParser(prog="python -m genomics.queues.liveness", description=__doc__)
    parser.add_argument("node", help="the worker's node name (its -n option), or beat")
    parser.add_argument("--max-age", type=float, metavar="SECONDS", help="default: WORKER_SILENCE_SECONDS")
    options = parser.parse_args(arguments)
    limit = settings.WORKER_SILENCE if options.max_age is None else timedelta(seconds=options.max_age)
    age = heartbeat.age(options.node)
    if age is None:
        return f"{options.node} has no heartbeat: it has not started, or it is stopping."
    if age > limit:
        return f"{options.node} has been silent for {age.total_seconds():.0f} s."
    return None


def is_silent(node: str) -> bool:
    """This function will tell whether a process has lost its loop; one that stops on purpose is not silent."""
    age = heartbeat.age(node)
    limit: timedelta = settings.WORKER_SILENCE
    return age is not None and age > limit


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "genomics.settings")
    sys.exit(main(sys.argv[1:]))
