"""The upload page: wrong files are refused before a byte leaves, right ones go straight to storage."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Dialog, Page, Route, expect

from genomics.aws import s3
from genomics.users.models import User
from jobs import storage
from jobs.models import Job, Status
from tests.browser.uploading import (
    HEADER,
    LARGE,
    RECORD,
    VCF,
    Parts,
    before_the_scripts,
    bgzipped,
    choose,
    hold_parts,
    is_put,
)
from tests.browser.watching import Watch

REFUSED: list[tuple[str, bytes, str]] = [
    ("empty.vcf", b"", "empty.vcf is empty."),
    ("paper.pdf", b"%PDF-1.7\n...", "paper.pdf is a PDF document, not a VCF."),
    ("paper.vcf", b"%PDF-1.7\n...", "paper.vcf is a PDF document, not a VCF."),
    ("picture.png", b"\x89PNG\r\n\x1a\n", "picture.png is a PNG picture, not a VCF."),
    ("table.xlsx", b"PK\x03\x04....[Content_Types].xml", "table.xlsx is an Excel document (XLSX), not a VCF."),
    ("files.zip", b"PK\x03\x04....hello.txt", "files.zip is a ZIP archive, not a VCF."),
    ("reads.bam", gzip.compress(b"BAM\x01...."), "reads.bam is a BAM file with aligned reads, compressed with gzip"),
    ("reads.cram", b"CRAM\x03\x00", "reads.cram is a CRAM file with aligned reads, not a VCF."),
    ("calls.bcf", gzip.compress(b"BCF\x02\x02"), "calls.bcf is a BCF file (binary VCF), compressed with gzip"),
    ("notes.vcf", b"dear diary\n", "its first line must be ##fileformat=VCFv4.x, but it is “dear diary”."),
    ("torn.vcf.gz", b"\x1f\x8bnonsense", "torn.vcf.gz is marked as gzip, but cannot be decompressed."),
    ("headless.vcf", b"##fileformat=VCFv4.2\n" + RECORD.encode(), "The header has no #CHROM line."),
    (
        "spaces.vcf",
        VCF.replace(b"\t", b"    "),
        "The columns of the #CHROM line are separated by spaces instead of tabs.",
    ),
    ("body.vcf", RECORD.encode(), "body.vcf has no header: its first line is a record."),
    ("body.vcf.gz", gzip.compress(RECORD.encode()), "body.vcf.gz has no header: its first line is a record."),
    ("regions.vcf", b"chr1\t10\t20\tname\t0\t+\t10\t20\t0\n", "its first line must be ##fileformat=VCFv4.x"),
    ("right.txt", VCF, "right.txt holds a VCF, but is not named like one."),
    (
        "large.vcf",
        VCF + b"#" * 150_000,
        f"large.vcf has {len(VCF) + 150_000:,} bytes; the plan Free takes up to 150,000 bytes.",
    ),
]


class TestRefusals:
    @pytest.mark.parametrize(("name", "content", "said"), REFUSED, ids=[row[0] for row in REFUSED])
    def test_come_before_the_first_byte(
        self, upload_page: Page, sent: list[str], name: str, content: bytes, said: str
    ) -> None:
        choose(upload_page, name, content)
        expect(upload_page.get_by_role("alert")).to_contain_text(said)
        expect(upload_page.get_by_text("Checking the file")).to_be_hidden()
        assert sent == []
        assert not Job.objects.exists()

    @pytest.mark.parametrize(
        ("name", "content", "advice"),
        [
            (
                "large.vcf",
                VCF + b"#" * 150_000,
                "Split the file, for example by chromosome, or compress it with bgzip.",
            ),
            ("large.vcf.gz", gzip.compress(VCF) + bytes(150_000), "Split the file, for example by chromosome."),
        ],
    )
    def test_for_size_advise_to_compress_only_what_is_not_compressed(
        self, upload_page: Page, name: str, content: bytes, advice: str
    ) -> None:
        choose(upload_page, name, content)
        expect(upload_page.get_by_role("alert").get_by_text(advice, exact=True)).to_be_visible()

    def test_are_readable_and_name_the_place(self, upload_page: Page, watch: Watch) -> None:
        choose(upload_page, "headless.vcf", b"##fileformat=VCFv4.2\n##contig=<ID=1>\n" + RECORD.encode())
        expect(upload_page.get_by_role("alert")).to_contain_text("Where: line 3")
        watch.check_look()

    def test_do_not_stand_in_the_way_of_the_next_file(self, upload_page: Page) -> None:
        choose(upload_page, "paper.pdf", b"%PDF-1.7")
        expect(upload_page.get_by_role("alert")).to_be_visible()
        choose(upload_page, "sample.vcf", VCF)
        expect(upload_page.get_by_role("heading", name="sample.vcf")).to_be_visible()

    def test_of_the_server_are_shown_too(self, upload_page: Page, settings: Any, watch: Watch) -> None:
        watch.expect("413")
        settings.PLAN_LIMITS = {
            **settings.PLAN_LIMITS,
            "FREE": {**settings.PLAN_LIMITS["FREE"], "max_upload_bytes": 10},
        }
        choose(upload_page, "sample.vcf", VCF)
        expect(upload_page.get_by_role("alert")).to_contain_text("the plan Free takes up to 10")
        assert not Job.objects.exists()

    def test_ask_to_sign_in_again_when_the_session_has_ended(self, upload_page: Page, watch: Watch) -> None:
        watch.expect("403")
        upload_page.context.clear_cookies()
        choose(upload_page, "sample.vcf", VCF)
        expect(upload_page.get_by_role("alert")).to_contain_text("You are no longer signed in.")


class TestUpload:
    @pytest.mark.parametrize("compression", ["plain", "gzip", "bgzip"])
    def test_stores_the_very_bytes_and_submits_the_job(
        self, upload_page: Page, tmp_path: Path, free_user: User, compression: str
    ) -> None:
        content = {"plain": VCF, "gzip": gzip.compress(VCF), "bgzip": bgzipped(tmp_path, VCF)}[compression]
        name = "sample.vcf" if compression == "plain" else "sample.vcf.gz"
        choose(upload_page, name, content)
        expect(upload_page.get_by_role("heading", name=name)).to_be_visible()
        job = Job.objects.get()
        assert (job.status, job.owner, job.name) == (Status.PENDING, free_user, name)
        assert s3.read_head(storage.bucket(storage.INPUTS), key=job.input_key, length=10**6) == content

    def test_takes_a_file_that_was_chosen_before_the_scripts_came(
        self, page: Page, url: str, sign_in: Callable[[User], None], free_user: User
    ) -> None:
        sign_in(free_user)
        with before_the_scripts(page):
            page.goto(url + reverse("jobs:new"), wait_until="commit")
            choose(page, "sample.vcf", VCF)
        expect(page.get_by_role("heading", name="sample.vcf")).to_be_visible()

    def test_takes_a_dropped_file(self, upload_page: Page) -> None:
        transfer = upload_page.evaluate_handle(
            """text => {
              const transfer = new DataTransfer();
              transfer.items.add(new File([text], "dropped.vcf"));
              return transfer;
            }""",
            VCF.decode(),
        )
        upload_page.dispatch_event("[data-part=drop]", "drop", {"dataTransfer": transfer})
        expect(upload_page.get_by_role("heading", name="dropped.vcf")).to_be_visible()

    def test_says_what_the_header_says_and_how_far_it_is(self, upload_page: Page, watch: Watch) -> None:
        hold_parts(upload_page)
        choose(upload_page, "sample.vcf", VCF)
        expect(upload_page.get_by_text("VCFv4.2 · 1 sample · GRCh38 · not compressed")).to_be_visible()
        expect(upload_page.get_by_text("Uploading", exact=True).first).to_be_visible()
        expect(upload_page.get_by_role("progressbar", name="Upload of sample.vcf")).to_be_visible()
        watch.check_look()
        upload_page.get_by_role("button", name="Cancel: sample.vcf").click()
        expect(upload_page.get_by_role("progressbar")).to_be_hidden()
        expect(upload_page.get_by_role("status")).to_have_text("sample.vcf: Cancelled")
        expect(upload_page.get_by_role("listitem").filter(has_text="sample.vcf")).to_be_focused()
        watch.check_look()

    def test_accepts_a_header_longer_than_what_is_read(self, upload_page: Page, tmp_path: Path) -> None:
        lines = "".join(f"##contig=<ID=decoy{number},length=1000>\n" for number in range(20_000))
        content = bgzipped(tmp_path, HEADER.replace("#CHROM", lines + "#CHROM").encode())
        choose(upload_page, "decoys.vcf.gz", content)
        expect(upload_page.get_by_role("heading", name="decoys.vcf.gz")).to_be_visible()


@pytest.mark.usefixtures("small_parts")
class TestParts:
    def test_are_sent_again_when_the_connection_breaks(self, upload_page: Page, watch: Watch) -> None:
        watch.expect("ERR_CONNECTION_RESET")
        broken: list[str] = []

        def break_once(route: Route) -> None:
            if is_put(route.request) and len(broken) < 2:
                broken.append(route.request.url)
                route.abort("connectionreset")
            else:
                route.fallback()

        upload_page.route("**", break_once)
        choose(upload_page, "large.vcf", LARGE)
        expect(upload_page.get_by_role("heading", name="large.vcf")).to_be_visible()
        job = Job.objects.get()
        assert s3.describe(storage.bucket(storage.INPUTS), key=job.input_key).size_bytes == len(LARGE)

    def test_get_a_fresh_url_when_theirs_has_expired(self, upload_page: Page, sent: list[str], watch: Watch) -> None:
        watch.expect("403")
        watch.expect("CORS")
        watch.expect("ERR_FAILED")
        expired: list[str] = []

        def expire_first(route: Route) -> None:
            if is_put(route.request) and not expired:
                expired.append(route.request.url)
                route.continue_(url=re.sub(r"X-Amz-Date=\d{8}", "X-Amz-Date=20200101", route.request.url))
            else:
                route.fallback()

        upload_page.route("**", expire_first)
        choose(upload_page, "sample.vcf", VCF)
        expect(upload_page.get_by_role("heading", name="sample.vcf")).to_be_visible()
        assert len([line for line in sent if "/sign/" in line]) == 2

    def test_are_not_lost_when_the_storage_is_away_for_a_moment(self, upload_page: Page, watch: Watch) -> None:
        watch.expect("503")
        away: list[str] = []

        def be_away_once(route: Route) -> None:
            if away:
                route.fallback()
            else:
                away.append(route.request.url)
                route.fulfill(
                    status=503, json={"error": {"code": "STORAGE_UNAVAILABLE", "message": "The storage is away."}}
                )

        upload_page.route("**/finish/", be_away_once)
        choose(upload_page, "sample.vcf", VCF)
        expect(upload_page.get_by_text("The storage is away. Trying again").first).to_be_visible()
        expect(upload_page.get_by_role("heading", name="sample.vcf")).to_be_visible()
        assert away

    def test_are_dropped_when_the_upload_is_cancelled(self, upload_page: Page) -> None:
        hold_parts(upload_page)
        with upload_page.expect_request(is_put):
            choose(upload_page, "large.vcf", LARGE)
        with upload_page.expect_response("**/abandon/"):
            upload_page.get_by_role("button", name="Cancel: large.vcf").click()
        assert Job.objects.get().status == Status.CANCELLED
        expect(upload_page.get_by_role("alert")).to_be_hidden()

    def test_are_not_left_by_accident(self, upload_page: Page) -> None:
        parts = Parts(upload_page, passing=set())
        with upload_page.expect_request(is_put):
            choose(upload_page, "large.vcf", LARGE)
        asked: list[str] = []

        def stay(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.dismiss()

        upload_page.once("dialog", stay)
        upload_page.get_by_role("navigation").get_by_role("link", name="Jobs", exact=True).click()
        expect(upload_page.get_by_role("progressbar", name="Upload of large.vcf")).to_be_visible()
        assert asked == ["beforeunload"]
        parts.release({1, 2, 3})
        expect(upload_page.get_by_role("heading", name="large.vcf")).to_be_visible()


class TestStorage:
    def test_is_reached_directly(self, upload_page: Page, sent: list[str]) -> None:
        choose(upload_page, "sample.vcf", VCF)
        expect(upload_page.get_by_role("heading", name="sample.vcf")).to_be_visible()
        puts = [line for line in sent if line.startswith("PUT ")]
        assert len(puts) == 1
        assert puts[0].startswith(f"PUT {settings.AWS_ENDPOINT_URL}/")
