"""How unkind Stripe is at the moment: switches of the sandbox that change every few seconds."""

import random
import threading
from collections import Counter

from genomics.localaws.chaos_billing.dashboard import Dashboard

_DELAY_SECONDS = 2
_SPELL_SECONDS = (2.0, 6.0)
_SPELLS = {"duplicate": 0.6, "reorder": 0.6, "parallel": 0.6, "delay": 0.6, "silence": 0.08}  # shares of the time
_API = {  # shares of requests; what gets no answer may have been done or not
    "latency_seconds": 0.2,
    "error_share": 0.03,
    "rate_limit_share": 0.03,
    "timeout_share": 0.02,
    "lost_share": 0.02,
}


class Weather:
    """Changes the switches from a thread, in a random order that the seed repeats."""

    def __init__(self, dashboard: Dashboard, *, seed: int) -> None:
        self.spells: Counter[str] = Counter()
        self._dashboard = dashboard
        self._random = random.Random(seed)  # noqa: S311  # repeatable, not secret

    def run(self, *, over: threading.Event) -> None:
        self._dashboard.set_chaos(_API)
        while not over.is_set():
            self._change()
            over.wait(self._random.uniform(*_SPELL_SECONDS))

    def _change(self) -> None:
        """This function will draw each switch anew; webhooks that wait for different times overtake each other."""
        on = {name: self._random.random() < share for name, share in _SPELLS.items()}
        self.spells.update(name for name, is_on in on.items() if is_on)
        self._dashboard.set_chaos(
            {
                **{name: str(int(on[name])) for name in ("duplicate", "reorder", "parallel")},
                "delay_seconds": _DELAY_SECONDS if on["delay"] else 0,
                # thrown at each attempt: of what finds the site down first, more is lost
                "drop": 1.0 if on["silence"] else self._random.uniform(0.05, 0.15),
            }
        )
