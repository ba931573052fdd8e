from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse

from genomics.users.models import User
from jobs import panels
from jobs.models import Job, Status
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _own_panels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "_panels", {})


@pytest.fixture
def _panel_app(settings: Any) -> Iterator[None]:
    """This function will install an app whose `ready` registers a panel."""
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "tests.jobs.panel_app.apps.PanelAppConfig"]):
        yield


@pytest.fixture
def page(client_of: SignIn, free_user: User, now: datetime) -> Callable[..., str]:
    """This function will give a function that gives the page of a job, or its fragment."""

    def page(view: str = "jobs:detail", *, status: Status = Status.COMPLETED) -> str:
        job = make_job(free_user, now=now, status=status, name="a<b.vcf")
        answer = client_of(free_user).get(reverse(view, args=[job.pk]))
        assert answer.status_code == 200
        return answer.content.decode()

    return page


@pytest.mark.usefixtures("_panel_app")
class TestAnAppAbove:
    @pytest.mark.parametrize("view", ["jobs:detail", "jobs:status"])
    def test_shows_its_panel_on_the_page_and_whenever_that_is_fetched_anew(
        self, page: Callable[..., str], view: str
    ) -> None:
        shown = page(view)
        assert "Hello, free@lab.example, at 20" in shown
        assert "a&lt;b.vcf" in shown
        assert shown.count("csrfmiddlewaretoken") >= 1

    def test_shows_nothing_where_it_has_nothing_to_show(self, page: Callable[..., str]) -> None:
        assert "Hello" not in page(status=Status.FAILED)


class TestRegister:
    def test_refuses_a_name_that_is_taken(self) -> None:
        panels.register("one", template="a.html", context=_nothing)
        with pytest.raises(ValueError, match="one"):
            panels.register("one", template="b.html", context=_nothing)


class TestRender:
    @pytest.mark.usefixtures("_panel_app")
    @pytest.mark.parametrize("fault", ["python", "query", "template", "no template"])
    def test_leaves_out_a_faulty_panel_and_logs_it(
        self, page: Callable[..., str], caplog: pytest.LogCaptureFixture, fault: str
    ) -> None:
        template = {"template": "jobs/_place.html", "no template": "not/there.html"}.get(fault, "jobs/_pill.html")
        faults = {"python": _raise, "query": _break_transaction, "template": _hostile, "no template": _empty}
        panels.register("faulty", template=template, context=faults[fault])
        shown = page()
        assert "Hello" in shown
        assert "Every record accounted for" in shown
        assert "The panel faulty of job" in caplog.text

    def test_keeps_the_order_of_registration(self, page: Callable[..., str]) -> None:
        for name in ("Zeta", "Alpha"):
            panels.register(name, template="jobs/_pill.html", context=_named(name))
        shown = page()
        assert shown.index("Zeta") < shown.index("Alpha")


def _nothing(job: Job, /, *, user: User, now: datetime) -> dict[str, Any] | None:
    return None


def _empty(job: Job, /, *, user: User, now: datetime) -> dict[str, Any] | None:
    return {}


def _raise(job: Job, /, *, user: User, now: datetime) -> dict[str, Any] | None:
    raise KeyError("x")


def _break_transaction(job: Job, /, *, user: User, now: datetime) -> dict[str, Any] | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    return {}


def _hostile(job: Job, /, *, user: User, now: datetime) -> dict[str, Any] | None:
    class Place:
        @property
        def number(self) -> int:
            raise RuntimeError("no number")

    return {"place": Place()}


def _named(name: str) -> panels.Context:
    def context(job: Job, /, *, user: User, now: datetime) -> dict[str, Any] | None:
        return {"job": {"status": "X", "get_status_display": name}}

    return context
