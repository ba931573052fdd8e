"""How a lab gets to a plan that keeps its results: what the page of an archived result calls people to do.

Plans are changed by an administrator, and the call says so. An app above that lets people change their plan by
themselves names its page in `ready()` of its AppConfig, and the call leads there:

    upgrading.offer(pages.upgrade)
"""

from collections.abc import Callable
from dataclasses import dataclass

from genomics.users.models import User
from jobs.models import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the lab's plan can be changed."""

    url: str  # of the page for that; empty: the words say whom to ask
    words: str  # on the button that leads there


FindWay = Callable[[Job, User], Way | None]  # None: an administrator changes it

_ways: list[FindWay] = []


def offer(find: FindWay) -> None:
    """This function will let the call lead to the page that `find` gives. Raises ValueError when another is named."""
    if _ways not in ([], [find]):
        raise ValueError("Another app says already how a plan is changed")
    _ways[:] = [find]


def way(job: Job, *, user: User) -> Way | None:
    """This function will give how the user gets the job's lab to another plan; None: an administrator changes it."""
    return _ways[0](job, user) if _ways else None
