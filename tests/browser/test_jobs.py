"""The list of jobs and what a person does with one of them."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from genomics.users.models import Lab, Membership, User
from jobs import deletion, transitions
from jobs.models import Job, Status
from tests.browser.watching import PHONE, Watch
from tests.jobs.factory import make_job

SignIn = Callable[[User], None]


class TestList:
    @pytest.fixture
    def jobs(self, free_user: User, stranger: User, sign_in: SignIn) -> None:
        """This function will give a member of two labs jobs in every state, enough for three pages."""
        now = timezone.now()
        Membership.objects.create(lab=Lab.objects.of(stranger)[0], user=free_user)
        for number in range(52):
            make_job(free_user, now=now - timedelta(days=1, minutes=number), name=f"liver{number:02}.vcf")
        Job.objects.update(status=Status.CANCELLED)
        for status in (Status.COMPLETED, Status.FAILED, Status.RUNNING, Status.PENDING, Status.PENDING):
            make_job(free_user, now=now - timedelta(minutes=5), status=status, name=f"kidney {status.lower()}.vcf.gz")
        make_job(stranger, now=now, status=Status.COMPLETED, name="guest.vcf")
        sign_in(free_user)

    @pytest.mark.usefixtures("jobs")
    def test_is_searched_sorted_and_turned_by_keyboard(self, page: Page, url: str, watch: Watch) -> None:
        page.goto(url + reverse("jobs:list"))
        expect(page.get_by_text("2nd in the queue")).to_be_visible()
        watch.check_look()
        page.get_by_role("searchbox", name="Search by file name").fill("liver")
        page.keyboard.press("Enter")
        expect(page.get_by_text("1–25 of 52")).to_be_visible()
        page.get_by_role("link", name="File", exact=True).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("columnheader", name="File")).to_have_attribute("aria-sort", "ascending")
        page.get_by_role("link", name="Next").click()
        expect(page.get_by_role("row").nth(1)).to_contain_text("liver25.vcf")
        expect(page.get_by_role("searchbox")).to_have_value("liver")
        watch.check_look()
        page.get_by_role("combobox", name="Status").select_option("Failed")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("heading", name="No job matches")).to_be_visible()
        watch.check_look()
        page.get_by_role("link", name="Show all jobs").click()
        expect(page.get_by_text("1–25 of 57")).to_be_visible()

    @pytest.mark.usefixtures("jobs")
    def test_shows_the_jobs_of_all_labs_with_their_lab(self, page: Page, url: str, watch: Watch) -> None:
        page.goto(url + reverse("jobs:list"))
        page.get_by_role("combobox", name="Lab", exact=True).select_option("All labs")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("row", name="guest.vcf")).to_contain_text("stranger")
        watch.check_look()

    @pytest.mark.usefixtures("jobs")
    def test_is_sorted_on_a_phone_too(self, page: Page, url: str) -> None:
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        page.goto(url + reverse("jobs:list"))
        page.get_by_role("combobox", name="Sorted by").select_option("File, A to Z")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("link", name="kidney", exact=False).first).to_have_text("kidney completed.vcf.gz")


class TestPlace:
    def test_follows_the_queue_without_a_reload(
        self, page: Page, url: str, sign_in: SignIn, free_user: User, premium_user: User
    ) -> None:
        now = timezone.now()
        before = make_job(premium_user, now=now - timedelta(seconds=9))
        job = make_job(free_user, now=now)
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        expect(page.get_by_text("2nd in the queue")).to_be_visible()
        expect(page.locator("#announcement")).not_to_contain_text("queue")
        transitions.move(before, Status.CANCELLED, actor="user:1", now=timezone.now())
        expect(page.get_by_text("Next in the queue")).to_be_visible()


class TestDelete:
    def test_asks_first_and_leads_to_the_list(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, free_user: User
    ) -> None:
        job = make_job(free_user, now=timezone.now(), status=Status.RUNNING)
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_role("dialog", name="Delete this job?")).to_be_visible()
        watch.check_look()
        page.keyboard.press("Enter")  # "Keep it" has the focus
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert Job.objects.get().deleted_at is None
        page.get_by_role("button", name="Delete", exact=True).click()
        page.get_by_role("button", name="Delete for good").click()
        expect(page.get_by_text("sample.vcf is deleted.")).to_be_visible()
        assert page.url == url + reverse("jobs:list")
        assert Job.objects.get().deleted_at is not None

    def test_that_takes_its_time_is_not_overtaken_by_the_page_that_looks_for_news(
        self, page: Page, url: str, sign_in: SignIn, free_user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def delete(*args: Any, **options: Any) -> None:
            swift(*args, **options)
            time.sleep(3)  # the page looks every two seconds

        swift = deletion.delete
        monkeypatch.setattr(deletion, "delete", delete)
        job = make_job(free_user, now=timezone.now(), status=Status.RUNNING)
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        page.get_by_role("button", name="Delete", exact=True).click()
        page.get_by_role("button", name="Delete for good").click()
        page.wait_for_url(url + reverse("jobs:list"))
        expect(page.get_by_text("sample.vcf is deleted.")).to_be_visible()

    def test_by_somebody_else_takes_the_open_page_away(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, free_user: User
    ) -> None:
        watch.expect("404")
        job = make_job(free_user, now=timezone.now(), status=Status.RUNNING)
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        transitions.move(job, Status.CANCELLED, actor="user:2", now=timezone.now())
        transitions.hide(job, actor="user:2", now=timezone.now(), note="Deleted.")
        expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
