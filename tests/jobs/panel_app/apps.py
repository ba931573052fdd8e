from datetime import datetime
from typing import Any

from django.apps import AppConfig

from genomics.users.models import User
from jobs import panels
from jobs.models import Job


class PanelAppConfig(AppConfig):
    """An app above jobs, as archive is one."""

    name = "tests.jobs.panel_app"
    label = "panel_app"

    def ready(self) -> None:
        panels.register("panel_app.hello", template="panel_app/hello.html", context=hello)


def hello(job: Job, /, *, user: User, now: datetime) -> dict[str, Any] | None:
    return {"greeting": f"Hello, {user.email}, at {now:%Y}"} if job.has_result else None
