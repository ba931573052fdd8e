"""Every page, in light and dark, wide and narrow: accessible, complete in itself, and it fits."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from genomics.users.models import User
from jobs import results
from jobs.models import Job, Kind, ResultFile, Status
from tests.browser.watching import PHONE, Watch
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


class TestResult:
    SUMMARY: ClassVar[dict[str, Any]] = {
        "variants": 228,
        "clinvar_hits": 3,
        "reference": {"name": "GRCh38-starter", "version": "1"},
        "variants_by_consequence": {"missense_variant": 4, "synonymous_variant": 1},
        "variants_by_impact": {"MODERATE": 4, "LOW": 1},
    }

    FULL: ClassVar[dict[str, Any]] = {
        "samples": 2,
        "variants_by_clinvar_significance": {"Benign": 2, "Likely_benign": 1},
        "genotypes": {"het": 150, "hom_alt": 100, "het_hom": 1.5},
        "input": {"records": 230, "filters": {"PASS": 229}, "mean_quality": 50.5, "mean_depth": None},
        "reference": {"name": "GRCh37 full", "version": "2026-03", "build": "GRCh37"},
        "sources": [
            {"name": "ClinVar", "version": "2026-02-28", "date": "2026-02-28", "licence": "public domain"},
            {"name": "W" * 80, "version": "1" * 60, "date": "", "licence": "L" * 80},
        ],
    }

    def test_says_what_clinvar_and_the_shares_stand_for(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, free_user: User
    ) -> None:
        job = make_job(free_user, now=timezone.now(), status=Status.COMPLETED)
        Job.objects.filter(pk=job.pk).update(summary=self.SUMMARY)
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        expect(page.get_by_text("ClinVar (likely) pathogenic")).to_be_visible()
        expect(page.get_by_text("any other ClinVar variant is not marked")).to_be_visible()
        expect(page.get_by_text("Shares are of the 5 variants with a consequence")).to_be_visible()
        expect(page.get_by_text("For the others of the 228 variants")).to_be_visible()
        watch.check_look()

    def test_says_what_the_starter_cannot_do_and_where_its_parts_come_from(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, free_user: User
    ) -> None:
        job = make_job(free_user, now=timezone.now(), status=Status.COMPLETED)
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        expect(page.get_by_text("Protein effects are worked out for mitochondrial variants only.")).to_be_visible()
        sources = page.get_by_role("table", name="Sources")
        expect(sources.get_by_role("row").filter(has_text="ClinVar")).to_contain_text("CC0-1.0")
        watch.check_look()

    def test_shows_all_that_a_full_summary_says(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, free_user: User
    ) -> None:
        job = make_job(free_user, now=timezone.now(), status=Status.COMPLETED)
        Job.objects.filter(pk=job.pk).update(summary={**self.SUMMARY, **self.FULL}, reference="GRCh37-2026")
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        for text in ("Likely benign", "Het/hom", "Genotypes of the first of 2 samples", "Heterozygous", "GRCh37"):
            expect(page.get_by_text(text, exact=True)).to_be_visible()
        expect(page.get_by_role("row", name="ClinVar 2026-02-28 public domain")).to_be_visible()
        expect(page.get_by_text("Protein effects are worked out for mitochondrial")).to_have_count(0)
        watch.check_look()

    def test_says_that_a_file_holds_no_records(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, free_user: User
    ) -> None:
        job = make_job(free_user, now=timezone.now(), status=Status.COMPLETED)
        none = dict.fromkeys(("records_read", "records_annotated", "records_passed", "records_rejected"), 0)
        Job.objects.filter(pk=job.pk).update(summary={**self.SUMMARY, "variants": 0}, **none)
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        expect(page.get_by_text("The file holds no records, only a header.")).to_be_visible()
        expect(page.get_by_role("heading", name="What was found")).to_have_count(0)
        watch.check_look()

    def test_shows_its_records_in_the_list_of_a_phone(
        self, page: Page, url: str, sign_in: SignIn, free_user: User
    ) -> None:
        make_job(free_user, now=timezone.now(), status=Status.COMPLETED)
        make_job(free_user, now=timezone.now(), status=Status.RUNNING, name="running.vcf")
        sign_in(free_user)
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        page.goto(url + reverse("jobs:list"))
        expect(page.get_by_role("cell", name="10 records")).to_be_visible()
        expect(page.get_by_text("–", exact=True)).to_be_hidden()


class TestFilesThatRest:
    @pytest.mark.parametrize("status", [Status.ARCHIVED, Status.RESTORING])
    def test_are_marked_on_the_page_and_explained_to_who_asks_for_one(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, free_user: User, status: Status
    ) -> None:
        watch.expect("409")
        job = make_job(free_user, now=timezone.now(), status=status)
        for kind in (Kind.VCF, Kind.INDEX, Kind.TABLE):
            ResultFile.objects.create(
                job=job, kind=kind, name=f"{'n' * 80}.{kind}", key=kind, size_bytes=3, sha256="0" * 64
            )
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        files = page.get_by_role("complementary", name="Files and history")
        expect(files.get_by_role("link", name="Index (tabix)")).to_be_visible()
        expect(files.get_by_role("link", name="Annotated VCF")).to_have_count(0)
        expect(files.get_by_text("On its way back" if status == Status.RESTORING else "In the archive")).to_have_count(
            2
        )
        watch.check_look()
        page.goto(url + reverse("jobs:file", args=[job.pk, Kind.VCF]))
        expect(page.get_by_role("heading", name="Not here right now")).to_be_visible()
        watch.check_look()
        page.get_by_role("link", name="Back to the job").click()
        expect(page).to_have_url(url + reverse("jobs:detail", args=[job.pk]))


class TestLog:
    def test_scrolls_sideways_on_a_phone(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, free_user: User, tmp_path: Path
    ) -> None:
        job = make_job(free_user, now=timezone.now(), status=Status.COMPLETED)
        log_file = tmp_path / "log.txt"
        log_file.write_text(f"{'Stage':<80}Seconds\n{'Checking the records':<80}0.1\n")
        results.store(job, kind=Kind.LOG, source=log_file, name="log.txt").save()
        sign_in(free_user)
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        page.goto(url + reverse("jobs:log", args=[job.pk]))
        log = page.get_by_role("region", name="Text of the log")
        assert log.evaluate("log => log.scrollWidth > log.clientWidth")
        log.focus()
        expect(log).to_be_focused()
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
