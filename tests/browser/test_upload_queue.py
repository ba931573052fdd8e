"""Several files in turn: each becomes a job of its own, and one that is wrong does not stop the others."""

import re
from pathlib import Path
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect

from genomics.users.models import Lab, Membership, User
from jobs.models import Job, Status
from tests.browser.uploading import RECORD, VCF, Parts, choose, hold_parts, is_put, on_disk, row
from tests.browser.watching import Watch
from tests.jobs import upload_client

OTHER = VCF + RECORD.replace("3243", "3460").encode()
THIRD = VCF + RECORD.replace("3243", "8993").encode()


def choose_all(page: Page, *files: tuple[str, bytes]) -> None:
    page.get_by_label("Choose files").set_input_files([on_disk(*file) for file in files])


def drop(page: Page, *paths: Path) -> None:
    """This function will drop files and folders of this machine on the page, as the desktop does."""
    box = page.get_by_role("heading", name="Drop VCFs here").bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": box["x"] + 5, "y": box["y"] + 5, "data": data})


class TestSeveralFiles:
    def test_become_a_job_each_though_one_is_bad(self, upload_page: Page, watch: Watch) -> None:
        choose_all(upload_page, ("first.vcf", VCF), ("paper.vcf", b"%PDF-1.7"), ("second.vcf", OTHER))
        expect(upload_page.get_by_text("2 of 3 files are submitted. 1 refused.")).to_be_visible()
        expect(row(upload_page, "first.vcf")).to_contain_text("Submitted")
        expect(row(upload_page, "paper.vcf").get_by_role("alert")).to_contain_text("paper.vcf is a PDF document")
        expect(upload_page.get_by_role("link", name="See all jobs")).to_be_visible()
        assert sorted(Job.objects.values_list("name", flat=True)) == ["first.vcf", "second.vcf"]
        watch.check_look()
        upload_page.get_by_role("link", name="Open the job: second.vcf").click()
        expect(upload_page.get_by_role("heading", name="second.vcf")).to_be_visible()

    def test_are_sent_one_after_the_other(self, upload_page: Page, watch: Watch) -> None:
        hold_parts(upload_page)
        with upload_page.expect_request(is_put):
            choose_all(upload_page, ("first.vcf", VCF), ("second.vcf", OTHER))
        expect(row(upload_page, "second.vcf")).to_contain_text("Waiting for its turn")
        expect(upload_page.get_by_text(re.compile(r"^0 of 2 files · "))).to_be_visible()
        assert Job.objects.count() == 1
        watch.check_look()

    def test_go_on_when_one_is_cancelled(self, upload_page: Page) -> None:
        parts = Parts(upload_page, passing=set())
        with upload_page.expect_request(is_put):
            choose_all(upload_page, ("first.vcf", VCF), ("second.vcf", OTHER), ("third.vcf", THIRD))
        upload_page.get_by_role("button", name="Cancel: second.vcf").click()
        parts.passing = {1}
        upload_page.get_by_role("button", name="Cancel: first.vcf").click()
        expect(row(upload_page, "third.vcf")).to_contain_text("Submitted")
        expect(upload_page.get_by_text("1 of 3 files are submitted. 2 cancelled.")).to_be_visible()
        assert Job.objects.exclude(submitted_at=None).get().name == "third.vcf"

    def test_may_be_cancelled_all_at_once(self, upload_page: Page) -> None:
        hold_parts(upload_page)
        with upload_page.expect_request(is_put):
            choose_all(upload_page, ("first.vcf", VCF), ("second.vcf", OTHER))
        with upload_page.expect_response("**/abandon/"):
            upload_page.get_by_role("button", name="Cancel all").click()
        expect(upload_page.get_by_text("0 of 2 files are submitted. 2 cancelled.")).to_be_visible()
        assert Job.objects.get().status == Status.CANCELLED

    def test_may_be_added_while_others_are_under_way(self, upload_page: Page) -> None:
        hold_parts(upload_page)
        with upload_page.expect_request(is_put):
            choose(upload_page, "first.vcf", VCF)
        choose(upload_page, "second.vcf", OTHER)
        expect(row(upload_page, "second.vcf")).to_contain_text("Waiting for its turn")

    def test_stop_nothing_when_the_server_refuses_one(self, upload_page: Page, settings: Any, watch: Watch) -> None:
        watch.expect("413")
        settings.PLAN_LIMITS = {
            **settings.PLAN_LIMITS,
            "FREE": {**settings.PLAN_LIMITS["FREE"], "max_upload_bytes": len(VCF)},
        }
        choose_all(upload_page, ("large.vcf", OTHER), ("small.vcf", VCF))
        expect(row(upload_page, "large.vcf").get_by_role("alert")).to_contain_text("the plan Free takes up to")
        expect(row(upload_page, "small.vcf")).to_contain_text("Submitted")


class TestTheSameFile:
    def test_is_recognised_before_anything_is_sent(self, upload_page: Page, sent: list[str], watch: Watch) -> None:
        choose(upload_page, "first.vcf", VCF)
        expect(upload_page.get_by_role("heading", name="first.vcf")).to_be_visible()
        upload_page.goto(upload_page.url.split("/jobs/")[0] + reverse("jobs:new"))
        upload_page.wait_for_load_state("networkidle")
        sent.clear()
        choose(upload_page, "copy.vcf", VCF)
        known = row(upload_page, "copy.vcf")
        expect(known).to_contain_text("The lab has this very file already:")
        expect(known).to_contain_text(re.compile(r"first\.vcf · Waiting · uploaded \d{1,2} [A-Z][a-z]{2}, \d\d:\d\d"))
        assert [line.split()[0] for line in sent] == ["POST"]
        assert Job.objects.count() == 1
        watch.check_look()
        known.get_by_role("link", name="first.vcf").click()
        expect(upload_page.get_by_role("heading", name="first.vcf")).to_be_visible()

    def test_may_be_uploaded_again(self, upload_page: Page) -> None:
        choose_all(upload_page, ("first.vcf", VCF), ("copy.vcf", VCF), ("other.vcf", OTHER))
        expect(row(upload_page, "copy.vcf")).to_contain_text("The lab has this very file already:")
        expect(row(upload_page, "other.vcf")).to_contain_text("Submitted")
        expect(upload_page.get_by_text("2 of 3 files are submitted. 1 waits for your decision.")).to_be_visible()
        upload_page.get_by_role("button", name="Upload it again: copy.vcf").click()
        expect(upload_page.get_by_text("3 of 3 files are submitted.")).to_be_visible()
        expect(row(upload_page, "copy.vcf")).to_contain_text("The lab had this very file before:")
        assert Job.objects.exclude(submitted_at=None).count() == 3

    def test_may_be_left(self, upload_page: Page) -> None:
        choose_all(upload_page, ("first.vcf", VCF), ("copy.vcf", VCF))
        expect(row(upload_page, "copy.vcf")).to_contain_text("The lab has this very file already:")
        upload_page.get_by_role("button", name="Cancel: copy.vcf").click()
        expect(row(upload_page, "copy.vcf")).to_contain_text("Cancelled")
        assert Job.objects.count() == 1


class TestDrop:
    def test_takes_many_files_and_the_vcfs_in_folders(self, upload_page: Page, tmp_path: Path) -> None:
        folder = tmp_path / "run-7"
        (folder / "deep").mkdir(parents=True)
        (folder / "one.vcf").write_bytes(VCF)
        (folder / "deep" / "two.vcf").write_bytes(OTHER)
        (folder / "notes.txt").write_text("notes")
        (folder / "._one.vcf").write_bytes(b"resource fork")
        (tmp_path / "three.vcf").write_bytes(THIRD)
        drop(upload_page, folder, tmp_path / "three.vcf")
        expect(upload_page.get_by_text("3 of 3 files are submitted.")).to_be_visible()
        assert sorted(Job.objects.values_list("name", flat=True)) == ["one.vcf", "three.vcf", "two.vcf"]

    def test_says_that_a_folder_has_no_vcf(self, upload_page: Page, tmp_path: Path, watch: Watch) -> None:
        (tmp_path / "empty").mkdir()
        drop(upload_page, tmp_path / "empty")
        expect(upload_page.get_by_role("alert")).to_contain_text("There is no VCF in the folder empty.")
        watch.check_look()
        assert not Job.objects.exists()


class TestLab:
    def test_is_chosen_by_members_of_several_and_its_limits_count(
        self, upload_page: Page, free_user: User, premium_user: User, watch: Watch
    ) -> None:
        lab = Lab.objects.of(premium_user)[0]
        Membership.objects.create(lab=lab, user=free_user)
        upload_page.reload()
        upload_page.get_by_label("For the lab").select_option(lab.name)
        expect(upload_page.get_by_text("Only members of premium can see them.")).to_be_visible()
        expect(upload_page.locator("#upload-rules")).to_contain_text("each up to 5.4 GB on the plan Premium")
        watch.check_look()
        choose(upload_page, "large.vcf", VCF + RECORD.encode() * 10_000)
        expect(upload_page.get_by_role("heading", name="large.vcf")).to_be_visible()
        assert Job.objects.get().lab == lab


class TestUnfinished:
    def test_is_offered_to_its_own_user_only(
        self, upload_page: Page, free_user: User, premium_user: User, client_of: Any, watch: Watch
    ) -> None:
        lab = Lab.objects.of(free_user)[0]
        Membership.objects.create(lab=lab, user=premium_user)
        for user, name in ((free_user, f"{'mine' * 20}.vcf"), (premium_user, "theirs.vcf")):
            upload_client.begin(client_of(user), name=name, size_bytes=1000, lab=str(lab.pk))
        upload_page.reload()
        unfinished = upload_page.get_by_role("region", name="Unfinished uploads")
        expect(unfinished.get_by_role("listitem")).to_have_count(1)
        expect(unfinished).to_contain_text("0 % there · 1 kB")
        watch.check_look()
