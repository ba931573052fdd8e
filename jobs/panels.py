"""What the apps above show on the page of a job, without jobs knowing of them.

An app registers its panels in `ready()` of its AppConfig:

    panels.register("archive.timeline", template="archive/_timeline.html", context=timeline.of)

`context(job, user=…, now=…)` gives what the template needs beside `job` and `csrf_token`, or None when there is nothing
to show. Panels stand below the status, in the order of their registration, and are fetched anew whenever the status is.
What one of them raises is logged, and the page does without it.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import transaction
from django.http import HttpRequest
from django.template.context_processors import csrf
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from genomics.users.models import User
from jobs.models import Job

logger = logging.getLogger(__name__)


class Context(Protocol):
    """What a panel shows of a job to a user who may see it; None: nothing."""

    def __call__(self, job: Job, /, *, user: User, now: datetime) -> dict[str, Any] | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Panel:
    template: str
    context: Context


_panels: dict[str, _Panel] = {}


def register(name: str, *, template: str, context: Context) -> None:
    """This function will add a panel; its name begins with the app's. Raises ValueError for one that is taken."""
    if name in _panels:
        raise ValueError(f"There is a panel {name} already")
    _panels[name] = _Panel(template=template, context=context)


def render(job: Job, *, user: User, request: HttpRequest, now: datetime) -> list[SafeString]:
    """This function will give the panels that have something to show."""
    shown = [_shown(name, job, user=user, request=request, now=now) for name in _panels]
    return [panel for panel in shown if panel is not None]


def _shown(name: str, job: Job, *, user: User, request: HttpRequest, now: datetime) -> SafeString | None:
    panel = _panels[name]
    try:
        with transaction.atomic():  # a query that fails must not take those of the page with it
            context = panel.context(job, user=user, now=now)
            return (
                None if context is None else render_to_string(panel.template, {**csrf(request), "job": job, **context})
            )
    except Exception:
        logger.exception("The panel %s of job %s is left out.", name, job.pk)
        return None
