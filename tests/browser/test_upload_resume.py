"""An upload stops and goes on: by a button, without a network, after a reload; nothing is sent twice."""

import re
import time
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, Route, expect

from genomics.aws import s3
from jobs import storage
from jobs.models import Job, Status
from tests.browser.uploading import LARGE, VCF, Parts, before_the_scripts, choose, is_put, on_disk, row
from tests.browser.watching import Watch

pytestmark = pytest.mark.usefixtures("small_parts")

ALL = {1, 2, 3}


def expect_job(page: Page, name: str = "large.vcf") -> None:
    """This function will wait for the job's page and check that the very bytes are stored."""
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    job = Job.objects.get(name=name)
    bucket = storage.bucket(storage.INPUTS)
    assert job.status == Status.PENDING
    assert s3.read_head(bucket, key=job.input_key, length=len(LARGE) + 1) == LARGE


def send_some(page: Page, *, passing: set[int]) -> Parts:
    """This function will begin to upload the large file and wait for just these parts."""
    parts = Parts(page, passing=passing)
    choose(page, "large.vcf", LARGE)
    while set(parts.arrived) != passing:
        page.wait_for_event("response", is_part)
    return parts


def is_part(response: object) -> bool:
    return is_put(response.request)  # type: ignore[attr-defined]


def leave(page: Page) -> None:
    """This function will reload the page, as a person does who means it."""
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.wait_for_load_state("networkidle")
    page.unroute_all()


class TestPause:
    def test_stops_and_goes_on_by_keyboard_where_it_stopped(self, upload_page: Page, watch: Watch) -> None:
        parts = send_some(upload_page, passing={1})
        button = row(upload_page, "large.vcf").get_by_role("button", name="Pause: large.vcf")
        button.focus()
        upload_page.keyboard.press("Enter")
        expect(row(upload_page, "large.vcf")).to_contain_text("Paused. You can go on within 24 hours")
        resume = upload_page.get_by_role("button", name="Resume: large.vcf")
        expect(resume).to_be_focused()
        watch.check_look()
        parts.passing = ALL
        upload_page.keyboard.press("Enter")
        expect_job(upload_page)
        assert parts.arrived == {1: 1, 2: 1, 3: 1}


class TestNetwork:
    def test_that_is_away_pauses_until_it_is_back(
        self, upload_page: Page, context: BrowserContext, watch: Watch
    ) -> None:
        watch.expect("ERR_INTERNET_DISCONNECTED")
        parts = send_some(upload_page, passing={1})
        context.set_offline(True)
        expect(row(upload_page, "large.vcf")).to_contain_text("No network. It goes on by itself")
        watch.check_look()
        parts.passing = ALL
        context.set_offline(False)
        expect_job(upload_page)
        assert parts.arrived == {1: 1, 2: 1, 3: 1}

    def test_that_is_away_from_the_start_is_waited_for(self, upload_page: Page, context: BrowserContext) -> None:
        context.set_offline(True)
        choose(upload_page, "large.vcf", LARGE)
        expect(row(upload_page, "large.vcf")).to_contain_text("No network. It goes on by itself")
        context.set_offline(False)
        expect_job(upload_page)

    def test_that_keeps_failing_pauses_instead_of_giving_up(self, upload_page: Page, watch: Watch) -> None:
        watch.expect("ERR_CONNECTION_REFUSED")
        upload_page.clock.install()
        failing = True

        def fail(route: Route) -> None:
            if failing and is_put(route.request):
                route.abort("connectionrefused")
            else:
                route.fallback()

        upload_page.route("**", fail)
        choose(upload_page, "sample.vcf", VCF)
        waiting = row(upload_page, "sample.vcf")
        expect(waiting).to_contain_text("The connection broke. Trying again")
        end = time.monotonic() + 60
        while not waiting.get_by_text("Paused").is_visible() and time.monotonic() < end:
            upload_page.clock.run_for(2000)
        expect(waiting).to_contain_text("The connection broke. Paused. Resume to try again")
        failing = False
        upload_page.get_by_role("button", name="Resume: sample.vcf").click()
        expect(upload_page.get_by_role("heading", name="sample.vcf")).to_be_visible()


class TestReload:
    def test_goes_on_without_sending_again_what_is_there(self, upload_page: Page, watch: Watch) -> None:
        send_some(upload_page, passing={1, 2})
        leave(upload_page)
        unfinished = upload_page.get_by_role("region", name="Unfinished uploads")
        expect(unfinished).to_contain_text("large.vcf")
        expect(unfinished).to_contain_text("66 % there")
        expect(unfinished).to_contain_text("can go on until")
        watch.check_look()
        parts = Parts(upload_page, passing=ALL)
        unfinished.get_by_label("Choose the file: large.vcf").set_input_files(on_disk("large.vcf", LARGE))
        expect_job(upload_page)
        assert parts.arrived == {3: 1}
        assert Job.objects.count() == 1

    def test_goes_on_with_a_file_that_was_chosen_before_the_scripts_came(self, upload_page: Page) -> None:
        send_some(upload_page, passing={1, 2})
        parts = Parts(upload_page, passing=ALL)
        upload_page.once("dialog", lambda dialog: dialog.accept())
        with before_the_scripts(upload_page):
            upload_page.reload(wait_until="commit")
            upload_page.get_by_label("Choose the file: large.vcf").set_input_files(on_disk("large.vcf", LARGE))
        expect_job(upload_page)
        assert parts.arrived == {3: 1}

    def test_goes_on_too_when_the_file_is_chosen_as_a_new_one(self, upload_page: Page) -> None:
        send_some(upload_page, passing={2})
        leave(upload_page)
        parts = Parts(upload_page, passing=ALL)
        choose(upload_page, "large.vcf", LARGE)
        expect_job(upload_page)
        assert parts.arrived == {1: 1, 3: 1}
        assert Job.objects.count() == 1

    def test_goes_on_in_another_window_after_a_crash(
        self, upload_page: Page, context: BrowserContext, url: str, watch: Watch
    ) -> None:
        watch.expect("ERR_INTERNET_DISCONNECTED")
        send_some(upload_page, passing={1})
        context.set_offline(True)  # what is on its way is lost
        expect(row(upload_page, "large.vcf")).to_contain_text("No network")
        upload_page.close()
        context.set_offline(False)
        page = context.new_page()
        page.goto(url + reverse("jobs:new"))
        parts = Parts(page, passing=ALL)
        page.get_by_label("Choose the file: large.vcf").set_input_files(on_disk("large.vcf", LARGE))
        expect_job(page)
        assert parts.arrived == {2: 1, 3: 1}

    @pytest.mark.parametrize(
        "wrong", [("other.vcf", LARGE), ("large.vcf", VCF), ("large.vcf", LARGE.replace(b"3243", b"3244"))]
    )
    def test_refuses_another_file(self, upload_page: Page, watch: Watch, wrong: tuple[str, bytes]) -> None:
        send_some(upload_page, passing={1})
        leave(upload_page)
        chooser = upload_page.get_by_label("Choose the file: large.vcf")
        chooser.set_input_files(on_disk(*wrong))
        expect(upload_page.get_by_role("alert")).to_contain_text("This is another file than the large.vcf whose upload")
        watch.check_look()
        parts = Parts(upload_page, passing=ALL)
        chooser.set_input_files(on_disk("large.vcf", LARGE))
        expect_job(upload_page)
        assert parts.arrived == {2: 1, 3: 1}

    def test_begins_anew_with_another_file_of_that_name(self, upload_page: Page) -> None:
        send_some(upload_page, passing={1})
        leave(upload_page)
        choose(upload_page, "large.vcf", LARGE.replace(b"3243", b"3244"))
        expect(upload_page.get_by_role("heading", name="large.vcf")).to_be_visible()
        assert sorted(Job.objects.values_list("status", flat=True)) == [Status.DRAFT, Status.PENDING]

    def test_lets_the_upload_be_discarded(self, upload_page: Page) -> None:
        send_some(upload_page, passing={1})
        leave(upload_page)
        with upload_page.expect_response("**/abandon/"):
            upload_page.get_by_role("button", name="Discard: large.vcf").click()
        expect(upload_page.get_by_role("region", name="Unfinished uploads")).to_be_hidden()
        expect(upload_page.get_by_label("Choose files")).to_be_focused()
        assert Job.objects.get().status == Status.CANCELLED


class TestParts:
    def test_that_the_server_misses_in_the_end_are_sent_again(self, upload_page: Page, watch: Watch) -> None:
        watch.expect("409")
        asked: list[str] = []

        def miss_one(route: Route) -> None:
            asked.append(route.request.url)
            if len(asked) == 1:
                error = {"code": "PARTS_MISSING", "message": "One is missing.", "advice": "", "missing": [2]}
                route.fulfill(status=409, json={"error": error})
            else:
                route.fallback()

        parts = Parts(upload_page, passing=ALL)
        upload_page.route("**/finish/", miss_one)
        choose(upload_page, "large.vcf", LARGE)
        expect_job(upload_page)
        assert parts.arrived == {1: 1, 2: 2, 3: 1}

    def test_of_a_file_that_changed_meanwhile_end_the_upload(
        self, upload_page: Page, tmp_path: Path, watch: Watch
    ) -> None:
        watch.expect("ERR_")
        file = tmp_path / "large.vcf"
        file.write_bytes(LARGE)

        def change(route: Route) -> None:
            if is_put(route.request):
                file.write_bytes(LARGE.replace(b"3243", b"3244"))
                route.abort("connectionreset")
            else:
                route.fallback()

        upload_page.route("**", change)
        with upload_page.expect_response("**/abandon/"):
            upload_page.get_by_label("Choose files").set_input_files(file)
        expect(upload_page.get_by_role("alert")).to_contain_text("large.vcf was changed or moved since it was chosen.")
        assert Job.objects.get().status == Status.CANCELLED


class TestSignedOut:
    def test_keeps_what_has_arrived_for_the_next_visit(self, upload_page: Page, watch: Watch) -> None:
        watch.expect("403")
        parts = send_some(upload_page, passing={1})
        cookies = upload_page.context.cookies()
        upload_page.context.clear_cookies()
        upload_page.get_by_role("button", name="Pause: large.vcf").click()
        parts.passing = ALL
        upload_page.get_by_role("button", name="Resume: large.vcf").click()
        expect(upload_page.get_by_role("alert")).to_contain_text("You are no longer signed in.")
        upload_page.context.add_cookies([{**cookie} for cookie in cookies])  # type: ignore[typeddict-item]
        upload_page.reload()
        chooser = upload_page.get_by_label(re.compile("Choose the file: large.vcf"))
        chooser.set_input_files(on_disk("large.vcf", LARGE))
        expect_job(upload_page)
        assert parts.arrived == {1: 1, 2: 1, 3: 1}
