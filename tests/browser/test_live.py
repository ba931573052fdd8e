"""Pages of active jobs keep themselves up to date, and only as long as somebody can see a change."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, Request, expect

from genomics.users.models import User
from jobs import transitions
from jobs.models import Job, Status
from tests.browser.watching import Watch
from tests.jobs.factory import make_job

SignIn = Callable[[User], None]
SET_HIDDEN = """hidden => {
  Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def running(free_user: User, sign_in: SignIn) -> Job:
    sign_in(free_user)
    return make_job(free_user, now=timezone.now() - timedelta(minutes=1), status=Status.RUNNING)


@pytest.fixture
def polls(page: Page) -> list[str]:
    """This function will give a list that grows by each poll."""
    seen: list[str] = []

    def note(request: Request) -> None:
        if "/live/" in request.url:
            seen.append(request.url)

    page.on("request", note)
    return seen


def complete(job: Job) -> None:
    now = timezone.now()
    transitions.move(
        job,
        Status.COMPLETED,
        actor="worker:host",
        now=now,
        finished_at=now,
        records_read=3,
        records_annotated=2,
        records_passed=1,
        records_rejected=0,
    )


class TestJobPage:
    def test_follows_a_job_to_its_end_without_a_reload(self, page: Page, url: str, running: Job) -> None:
        page.goto(url + reverse("jobs:detail", args=[running.pk]))
        page.evaluate("window.same = true")
        bar = page.get_by_role("progressbar")
        expect(bar).to_have_attribute("value", "0")
        transitions.touch(running, now=timezone.now(), stage="Checking the records", fraction=0.42, records_done=1234)
        expect(bar).to_have_attribute("value", "42")
        expect(page.get_by_text("Checking the records")).to_be_visible()
        expect(page.get_by_text("Running for 1 min")).to_be_visible()
        expect(page.get_by_text("1,234")).to_have_count(0)
        complete(running)
        expect(page.get_by_role("heading", name="Every record accounted for")).to_be_visible()
        expect(page.locator("#announcement")).to_have_text(f"{running.name}: Done")
        assert page.evaluate("window.same")

    def test_stops_asking_when_the_job_is_done(self, page: Page, url: str, running: Job, polls: list[str]) -> None:
        page.clock.install()
        page.goto(url + reverse("jobs:detail", args=[running.pk]))
        complete(running)
        page.clock.run_for(2_500)
        expect(page.get_by_role("heading", name="Every record accounted for")).to_be_visible()
        asked = len(polls)
        page.clock.run_for(60_000)
        assert len(polls) == asked >= 1

    def test_does_not_ask_in_a_hidden_tab(self, page: Page, url: str, running: Job, polls: list[str]) -> None:
        page.clock.install()
        page.goto(url + reverse("jobs:detail", args=[running.pk]))
        page.evaluate(SET_HIDDEN, True)
        page.clock.run_for(60_000)
        assert polls == []

    def test_catches_up_at_once_when_the_tab_is_seen_again(self, page: Page, url: str, running: Job) -> None:
        page.goto(url + reverse("jobs:detail", args=[running.pk]))
        page.evaluate(SET_HIDDEN, True)
        complete(running)
        page.clock.install()
        page.evaluate(SET_HIDDEN, False)
        page.clock.run_for(100)
        expect(page.get_by_role("heading", name="Every record accounted for")).to_be_visible()

    def test_asks_less_often_while_the_server_is_in_trouble(
        self, page: Page, url: str, running: Job, polls: list[str], watch: Watch
    ) -> None:
        watch.expect("503")
        page.route("**/live/**", lambda route: route.fulfill(status=503))
        page.clock.install()
        page.goto(url + reverse("jobs:detail", args=[running.pk]))
        for _ in range(60):
            page.clock.run_for(1_000)
        assert 2 <= len(polls) <= 6

    def test_says_when_it_hears_nothing_until_the_server_answers_again(
        self, page: Page, url: str, running: Job, watch: Watch
    ) -> None:
        watch.expect("ERR_FAILED")
        page.route("**/live/**", lambda route: route.abort())
        page.clock.install()
        page.goto(url + reverse("jobs:detail", args=[running.pk]))
        lost = page.get_by_text("No connection to the server. Trying again.")
        with page.expect_event("requestfailed"):
            page.clock.run_for(2_100)
        expect(lost).to_be_hidden()
        for _ in range(6):
            page.clock.run_for(1_000)
        expect(lost).to_be_visible()
        watch.check_look()
        page.unroute("**/live/**")
        for _ in range(12):
            page.clock.run_for(1_000)
        expect(lost).to_be_hidden()

    def test_shows_the_sign_in_page_when_the_session_has_ended(self, page: Page, url: str, running: Job) -> None:
        page.goto(url + reverse("jobs:detail", args=[running.pk]))
        page.context.clear_cookies()
        transitions.touch(running, now=timezone.now(), fraction=0.5)
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert page.locator("main").count() == 1

    def test_cancels_only_after_a_question(self, page: Page, url: str, running: Job, watch: Watch) -> None:
        page.goto(url + reverse("jobs:detail", args=[running.pk]))
        page.get_by_role("button", name="Cancel the job").click()
        watch.check_look()
        page.get_by_role("button", name="Keep it").click()
        running.refresh_from_db()
        assert running.status == Status.RUNNING
        page.get_by_role("button", name="Cancel the job").click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()
        expect(page.get_by_text("This job was stopped before it was done.")).to_be_visible()
        running.refresh_from_db()
        assert running.status == Status.CANCELLED

    def test_keeps_the_question_open_while_the_job_goes_on(self, page: Page, url: str, running: Job) -> None:
        page.goto(url + reverse("jobs:detail", args=[running.pk]))
        page.get_by_role("button", name="Cancel the job").click()
        transitions.touch(running, now=timezone.now(), fraction=0.3)
        expect(page.get_by_role("progressbar", include_hidden=True)).to_have_attribute("value", "30")
        page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()
        expect(page.get_by_text("This job was stopped before it was done.")).to_be_visible()


class TestJobList:
    def test_follows_its_jobs(self, page: Page, url: str, running: Job) -> None:
        page.goto(url + reverse("jobs:list"))
        expect(page.get_by_role("progressbar", name=f"Progress of {running.name}")).to_be_visible()
        complete(running)
        expect(page.get_by_role("table").get_by_text("Done")).to_be_visible()

    def test_does_not_ask_when_nothing_is_active(
        self, page: Page, url: str, free_user: User, sign_in: SignIn, polls: list[str]
    ) -> None:
        make_job(free_user, now=timezone.now(), status=Status.CANCELLED)
        sign_in(free_user)
        page.clock.install()
        page.goto(url + reverse("jobs:list"))
        page.clock.run_for(60_000)
        assert polls == []


class TestRetry:
    def test_lets_a_failed_job_wait_again(self, page: Page, url: str, free_user: User, sign_in: SignIn) -> None:
        job = make_job(free_user, now=timezone.now(), status=Status.FAILED)
        Job.objects.filter(pk=job.pk).update(failure_code="TIME_LIMIT")
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_text("Next in the queue")).to_be_visible()

    def test_lets_a_cancelled_job_wait_again(self, page: Page, url: str, free_user: User, sign_in: SignIn) -> None:
        job = make_job(free_user, now=timezone.now(), status=Status.CANCELLED)
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        page.get_by_role("button", name="Run again").click()
        expect(page.get_by_text("Next in the queue")).to_be_visible()

    def test_is_not_offered_when_the_file_is_at_fault(
        self, page: Page, url: str, free_user: User, sign_in: SignIn, watch: Watch
    ) -> None:
        job = make_job(free_user, now=timezone.now(), status=Status.FAILED)
        Job.objects.filter(pk=job.pk).update(failure_line=1040, failure_column="CHROM")
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        expect(page.get_by_role("heading", name="It does not fit.")).to_be_visible()
        expect(page.get_by_text("Where: line 1,040, column CHROM", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Try again")).to_have_count(0)
        watch.check_look()
        page.get_by_role("link", name="Upload a corrected file").click()
        expect(page).to_have_url(url + reverse("jobs:new"))
