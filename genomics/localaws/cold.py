"""How cold data wake up here: how long each tier takes, how long the bytes then stay, and what is refused on wish.

S3's archive classes and the vaults share it. AWS takes minutes to days; a stack on one machine takes seconds.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta

logger = logging.getLogger(__name__)

EXPEDITED, STANDARD, BULK = "Expedited", "Standard", "Bulk"
TIMES: Mapping[str, timedelta] = {
    EXPEDITED: timedelta(seconds=3),
    STANDARD: timedelta(seconds=8),
    BULK: timedelta(seconds=15),
}
_TICK_SECONDS = 0.05


@dataclass(slots=True, kw_only=True)
class Conditions:
    """What retrievals meet; tests and demonstrations change it while the local AWS serves."""

    times: Mapping[str, timedelta] = field(default_factory=lambda: TIMES)  # by tier
    day: timedelta = timedelta(days=1)  # so long retrieved bytes stay, for each day that was asked for
    expedited_capacity: bool = True  # False: expedited retrievals are refused, as on AWS when many ask at once
    throttled: bool = False  # True: new retrievals are refused as too many requests
    takes_vaults: bool = True  # False: the account is one of those that may not use vaults
    failing: bool = False  # True: retrievals of vaults end without bytes


conditions = Conditions()


def use(times: Mapping[str, timedelta]) -> None:
    """This function will let retrievals take these times, and everything else be as it is on a good day."""
    _set(Conditions(times=times))


@contextlib.contextmanager
def changed() -> Iterator[Conditions]:
    """This function will give the conditions to change, until the block ends."""
    before = Conditions(**{item.name: getattr(conditions, item.name) for item in fields(Conditions)})
    try:
        yield conditions
    finally:
        _set(before)


class Clock:
    """A thread that lets time pass for cold data: what is ready is announced, what has expired is gone."""

    def __init__(self, *ticks: Callable[[], bool], changed: Callable[[], None]) -> None:
        """Each tick tells whether it changed anything; then `changed` is called."""
        self._ticks = ticks
        self._changed = changed
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cold-clock", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(_TICK_SECONDS):
            if any([self._tick(tick) for tick in self._ticks]):  # noqa: C419  # every clock must tick
                self._changed()

    def _tick(self, tick: Callable[[], bool]) -> bool:
        try:
            return tick()
        except Exception:
            logger.exception("time does not pass for cold data; the next tick tries again")
            return False


def _set(wanted: Conditions) -> None:
    for item in fields(Conditions):
        setattr(conditions, item.name, getattr(wanted, item.name))
