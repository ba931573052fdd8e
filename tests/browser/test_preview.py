"""The first rows of a result, wide and on a phone."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from genomics.users.models import User
from jobs import results
from jobs.models import Job, Kind, Status
from tests import hostile
from tests.browser.watching import PHONE, Watch
from tests.jobs.factory import make_job

SignIn = Callable[[User], None]
COLUMNS = [
    "row_id",
    "chrom",
    "pos",
    "id",
    "ref",
    "alt",
    "consequence",
    "impact",
    "symbol",
    "hgvsc",
    "hgvsp",
    "gnomad_af",
]
ROW = [
    0, "chr21", 33_543_210, "rs371194064", "G", "A", "missense_variant&splice_region_variant", "MODERATE", "SON",
    "ENST00000356577.10:c.4639G>A", "ENSP00000348984.4:p.Ala1547Thr", 0.000123,
]  # fmt: skip


@pytest.fixture
def show(page: Page, url: str, sign_in: SignIn, free_user: User, tmp_path: Path) -> Callable[..., Job]:
    """This function will give a function that makes a result with a preview and opens its page."""

    def show(columns: list[str], *rows: list[object]) -> Job:
        job = make_job(free_user, now=timezone.now(), status=Status.COMPLETED, name="a" * 60 + ".vcf")
        source = tmp_path / "preview.json"
        source.write_text(json.dumps({"columns": columns, "rows": rows}))
        results.store(job, kind=Kind.PREVIEW, source=source, name="sample.preview.json").save()
        sign_in(free_user)
        page.goto(url + reverse("jobs:preview", args=[job.pk]))
        return job

    return show


class TestPreview:
    def test_is_a_table_that_a_keyboard_scrolls_in_its_own_place(
        self, page: Page, watch: Watch, show: Callable[..., Job]
    ) -> None:
        show(COLUMNS, *[[number, *ROW[1:]] for number in range(100)])
        table = page.get_by_role("table", name="The first 100 rows of the table")
        expect(table.get_by_role("columnheader")).to_have_count(len(COLUMNS) - 1)
        expect(table.get_by_role("rowheader")).to_have_count(200)
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        region = page.get_by_role("region", name="The first 100 rows")
        region.focus()
        expect(region).to_be_focused()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("End")
        page.wait_for_function("document.querySelector('.preview').scrollLeft > 0")
        page.wait_for_function("document.querySelector('.preview').scrollTop > 0")
        expect(table.get_by_role("columnheader", name="Position")).to_be_in_viewport()
        watch.check_look()

    def test_is_calm_without_rows(self, watch: Watch, page: Page, show: Callable[..., Job]) -> None:
        show(COLUMNS)
        expect(page.get_by_role("heading", name="No rows")).to_be_visible()
        watch.check_look()

    def test_does_no_harm_by_what_is_in_it(self, watch: Watch, page: Page, show: Callable[..., Job]) -> None:
        page.add_init_script("window.ran = []; window.alert = text => window.ran.push(text);")
        texts = list(hostile.ALL.values())
        show(texts, texts, texts[::-1])
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.ran") == []
        assert page.locator("main b, main iframe, [onerror]").count() == 0
        assert hostile.SCRIPT in page.locator("main").inner_text()
        watch.check_look()

    def test_is_found_from_the_job(self, page: Page, url: str, watch: Watch, show: Callable[..., Job]) -> None:
        job = show(COLUMNS, ROW)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        page.get_by_role("link", name="Preview", exact=True).click()
        expect(page.get_by_role("heading", name="Preview")).to_be_visible()
        expect(page.get_by_role("cell", name="ENSP00000348984.4:p.Ala1547Thr")).to_be_visible()
