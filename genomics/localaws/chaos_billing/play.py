"""All lives at once, under bad weather and with parts being killed."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from genomics.localaws.chaos.verdict import Fault
from genomics.localaws.chaos_billing.dashboard import QUIET, Dashboard
from genomics.localaws.chaos_billing.kills import Killer
from genomics.localaws.chaos_billing.life import Life
from genomics.localaws.chaos_billing.weather import Weather

_TELL_SECONDS = 15.0


def play(
    lives: Sequence[Life],
    *,
    acts: int,
    seconds: float,
    killer: Killer,
    weather: Weather,
    dashboard: Dashboard,
    say: Callable[[str], None],
) -> list[Fault]:
    """This function will let all labs live until each has done its acts, at most so long; it gives who got stuck."""
    over = threading.Event()
    try:
        with _in_thread(weather.run), _in_thread(killer.run), ThreadPoolExecutor(len(lives)) as pool:
            running = {pool.submit(life.run, acts=acts, over=over): life for life in lives}
            _watch(running, seconds=seconds, say=say)
            over.set()
    finally:
        over.set()
        dashboard.set_chaos(QUIET)
    return [_stuck(life, error) for future, life in running.items() if (error := future.exception())]


def _watch(running: dict[Future[None], Life], *, seconds: float, say: Callable[[str], None]) -> None:
    """This function will wait for the lives to end and tell now and then how far they are."""
    end = time.monotonic() + seconds
    told = time.monotonic()
    while time.monotonic() < end and not all(future.done() for future in running):
        time.sleep(0.2)
        if time.monotonic() - told > _TELL_SECONDS:
            told = time.monotonic()
            acts = sum(len(life.done) for life in running.values())
            plans = Counter(str(life.account.plan) for life in running.values())
            going = sum(not future.done() for future in running)
            on = ", ".join(f"{number} {plan}" for plan, number in sorted(plans.items()))
            say(f"{acts} acts, {going} labs still at it: {on}")


@contextmanager
def _in_thread(run: Callable[..., None]) -> Iterator[None]:
    """This function will run something beside a with block and raise what goes wrong in it."""
    over = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(run, over=over)
        try:
            yield
        finally:
            over.set()
        future.result()


def _stuck(life: Life, error: BaseException) -> Fault:
    what = f"lab {life.member.lab.pk} after {', '.join(life.done)}: {type(error).__name__}: {error}"
    return Fault(check="stuck", what=what)
