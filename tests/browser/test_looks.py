"""Every page, in light and dark, wide and narrow: accessible, complete in itself, and it fits."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from genomics.users.models import User
from jobs.models import Job, Status
from tests.browser.watching import Watch
from tests.jobs.factory import make_job

SignIn = Callable[[User], None]


class TestLooks:
    @pytest.mark.parametrize("name", ["home", "account_login", "account_signup", "account_reset_password", "mailbox"])
    def test_hold_for_a_page_that_strangers_see(self, page: Page, url: str, watch: Watch, name: str) -> None:
        page.goto(url + reverse(name))
        watch.check_look()

    @pytest.mark.parametrize(
        "name",
        ["jobs:list", "jobs:new", "users:profile", "account_email", "account_change_password", "account_logout"],
    )
    def test_hold_for_a_page_of_a_user(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, free_user: User, name: str
    ) -> None:
        sign_in(free_user)
        page.goto(url + reverse(name))
        expect(page.get_by_role("button", name="Your account")).to_be_visible()
        watch.check_look()

    @pytest.mark.parametrize("status", [status for status in Status if status != Status.DRAFT])
    def test_hold_for_a_job_in_any_status(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, free_user: User, status: Status
    ) -> None:
        job = make_job(free_user, now=timezone.now() - timedelta(minutes=2), status=status, name="a" * 80 + ".vcf")
        if status == Status.RUNNING:
            Job.objects.filter(pk=job.pk).update(stage="Checking the records", fraction=0.4, records_done=1234)
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        watch.check_look()
        page.goto(url + reverse("jobs:list"))
        expect(page.get_by_role("link", name=job.name)).to_be_visible()
        watch.check_look()

    def test_hold_for_the_open_account_menu(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, admin_user: User
    ) -> None:
        sign_in(admin_user)
        page.goto(url + reverse("jobs:list"))
        page.get_by_role("button", name="Your account").click()
        for name in ("Profile", "Email address", "Password", "Admin", "Mailbox"):
            expect(page.get_by_role("link", name=name)).to_be_visible()
        watch.check_look()

    def test_hold_for_a_page_that_is_not_there(self, page: Page, url: str, watch: Watch) -> None:
        watch.expect("404")
        answer = page.goto(f"{url}/nothing/here/")
        assert answer is not None
        assert answer.status == 404
        expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
        watch.check_look()


class TestTheme:
    def test_follows_the_system_until_the_person_chooses(self, page: Page, url: str) -> None:
        root = page.locator("html")
        page.emulate_media(color_scheme="dark")
        page.goto(url)
        expect(root).to_have_attribute("data-bs-theme", "dark")
        page.emulate_media(color_scheme="light")
        expect(root).to_have_attribute("data-bs-theme", "light")

    def test_keeps_a_choice(self, page: Page, url: str) -> None:
        page.goto(url)
        toggle = page.get_by_role("button", name="Dark theme")
        expect(toggle).to_have_attribute("aria-pressed", "false")
        toggle.click()
        page.reload()
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        expect(toggle).to_have_attribute("aria-pressed", "true")


class TestKeyboard:
    def test_skips_to_the_content(self, page: Page, url: str) -> None:
        page.goto(url)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#content")).to_be_focused()


class TestTimeZone:
    def test_is_told_to_the_server(self, page: Page, url: str) -> None:
        page.goto(url)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert "tz" in {cookie["name"] for cookie in page.context.cookies()}
