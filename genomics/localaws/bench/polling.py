"""Many open pages that ask whether anything changed, against the real web server."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone

from genomics.localaws.bench.figures import Figure, spread
from genomics.localaws.bench.life import BenchError
from genomics.localaws.trials.labs import Member
from genomics.localaws.trials.own_stack import OwnStack
from jobs import live


def measure(stack: OwnStack, *, members: Sequence[Member], pages: int, seconds: float) -> list[Figure]:
    """This function will let `pages` pages of the members' lists poll for so long."""
    paths = [_path(members[number % len(members)]) for number in range(pages)]
    before, begin = _web_seconds(stack), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "genomics.localaws.bench.pollers", str(settings.WEB_PORT), str(seconds)],
        cwd=settings.BASE_DIR,
        input="\n".join(paths),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"The load generator failed: {done.stderr[-1000:]}")
    used, passed = _web_seconds(stack) - before, time.monotonic() - begin
    answer = json.loads(done.stdout)
    if answer["faults"] or set(answer["statuses"]) - {"200", "204"}:
        raise BenchError(f"Of the polls {answer['faults']} failed; the others answered {answer['statuses']}.")
    return [
        Figure(name=f"{pages:,} open pages, polls", value=len(answer["latencies"]) / seconds, unit="per s"),
        *spread(f"{pages:,} open pages, poll", answer["latencies"]),
        Figure(name=f"{pages:,} open pages, web processes", value=100 * used / passed, unit="% of a core"),
        Figure(
            name=f"{pages:,} open pages, the generator itself",
            value=100 * answer["processor_seconds"] / passed,
            unit="% of a core",
        ),
    ]


def _path(member: Member) -> str:
    shown = live.for_labs([member.lab.pk], now=timezone.now())
    return f"{shown.url}?{urlencode({'t': shown.token, 'v': shown.version})}"


def _web_seconds(stack: OwnStack) -> float:
    """This function will give the processor time that the web server's processes have used so far."""
    table = stack.table()
    web = table.child("-m", "granian")
    return sum(entry.seconds for entry in table.entries if web and web.pid in (entry.pid, *entry.parents))
