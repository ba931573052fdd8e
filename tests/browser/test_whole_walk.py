"""One person's whole way through the running product, from the sign-up form to the portal where the plan is cancelled.

Nothing of the product is in this process: `manage.py up` runs the site, its workers, the local AWS and the sandbox.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from botocore.exceptions import ClientError
from django.conf import settings
from playwright.sync_api import BrowserContext, Locator, Page, expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from tests import stacks
from tests.browser import paying
from tests.browser.test_accounts import PASSWORD, code_in, press
from tests.browser.uploading import choose
from tests.browser.watching import PATIENCE_MS, Watch
from tests.genomics.localaws.fixtures import client

pytestmark = pytest.mark.stack

_EMAIL = "ana@lab.example"
_SAMPLE = settings.BASE_DIR / "annotator" / "samples" / "sample.vcf"
_TIMES = {
    "FREE_KEPT_HOT_SECONDS": "12",  # long enough for a first download on a machine that does much else
    "DOWNLOAD_URL_LIFETIME_SECONDS": "5",
    "ARCHIVE_PAUSE_SECONDS": "5",
    "LOCAL_AWS_EXPEDITED_SECONDS": "1",
    "BILLING_TRIAL_DAYS": "0",
}
_LONG_MS = 90_000  # for what workers do, some of it when the next sweep tells them
_MONTH_DAYS = (28, 31)


@pytest.fixture(scope="module")
def stack() -> Iterator[Mapping[str, str]]:
    """This function will keep a stack running, and give its environment."""
    with stacks.own_environment(**_TIMES) as environment:
        with stacks.running(environment):
            yield environment
        assert not stacks.processes(environment)


@pytest.fixture
def url(stack: Mapping[str, str]) -> str:
    return f"http://localhost:{stack['WEB_PORT']}"


@pytest.fixture
def aws_url(stack: Mapping[str, str]) -> str:
    return f"http://127.0.0.1:{stack['LOCAL_AWS_PORT']}"


@pytest.fixture
def context(new_context: CreateContextCallback) -> BrowserContext:
    """This function will give a browser for which this process serves nothing."""
    context = new_context()
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture(autouse=True)
def watch(page: Page, stack: Mapping[str, str], url: str, aws_url: str) -> Iterator[Watch]:
    """This function will fail a test whose pages complained, in whichever tab."""
    hosts = {urlsplit(one).netloc for one in (url, aws_url)} | {f"localhost:{stack['SANDBOX_PORT']}"}
    watches = [Watch(page, hosts=hosts)]
    page.context.on("page", lambda opened: watches.append(Watch(opened, hosts=hosts)))
    yield watches[0]
    assert [heard for watch in watches for heard in watch.complaints] == []


class TestWalk:
    def test_leads_from_the_first_visit_through_the_vault_to_the_end_of_the_plan(
        self, page: Page, url: str, aws_url: str, watch: Watch
    ) -> None:
        watch.expect("402 (Payment Required)")  # of the card that is declined
        _sign_up(page, url)
        _annotate(page)
        made, place = _download(page)
        _see_it_archived(page)
        _read_the_promise(page)
        _wait_until_only_the_vault_has(place, aws_url=aws_url)
        _pay(page)
        _see_it_come_back(page)
        assert _download(page)[0] == made
        _read_the_receipt(page, sha256=made)
        renews_on = _read_the_bill(page)
        _cancel(page, ends_on=renews_on)
        _undo(page, renews_on=renews_on)
        _cancel(page, ends_on=renews_on)


def _sign_up(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Email").fill(_EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Create the account")
    expect(page.get_by_role("heading", name="Confirm your email address")).to_be_visible()
    page.get_by_label("Code").fill(_code_from_mailbox(page.context.new_page(), url))
    press(page, "Confirm")
    expect(page.get_by_role("heading", name="No jobs yet")).to_be_visible()


def _code_from_mailbox(tab: Page, url: str) -> str:
    """This function will read the mail in a tab of its own, as soon as it has come."""
    tab.goto(url + "/mailbox/")
    mail = tab.get_by_role("row").filter(has_text=_EMAIL).get_by_role("link")
    _reload_until(tab, mail)
    mail.click()
    code = code_in(tab.get_by_label("Text").inner_text())
    tab.close()
    return code


def _annotate(page: Page) -> None:
    page.get_by_role("banner").get_by_role("link", name="Upload").click()
    page.wait_for_load_state("networkidle")  # the page takes files once its scripts are there
    choose(page, _SAMPLE.name, _SAMPLE.read_bytes())
    expect(page.get_by_role("heading", name=_SAMPLE.name)).to_be_visible()
    expect(_status(page)).to_contain_text("Done", timeout=_LONG_MS)


def _download(page: Page) -> tuple[str, str]:
    """This function will download the result, and give its SHA-256 and the path under which it was stored."""
    with page.expect_download() as caught:
        page.get_by_role("link", name="Download the annotated VCF").click()
    download = caught.value
    assert download.suggested_filename.endswith(".vcf.gz")
    return hashlib.sha256(Path(download.path()).read_bytes()).hexdigest(), unquote(urlsplit(download.url).path)


def _see_it_archived(page: Page) -> None:
    """This function will watch the page of the job, which needs no reload."""
    expect(_status(page)).to_contain_text("Archived", timeout=_LONG_MS)
    expect(page.get_by_role("link", name="Download the annotated VCF")).to_have_count(0)
    expect(page.get_by_role("region", name="Files").get_by_text("In the archive", exact=True)).to_have_count(2)
    expect(page.get_by_role("heading", name="Get it back, byte for byte")).to_be_visible()


def _read_the_promise(page: Page) -> None:
    page.get_by_role("link", name="See what comes back").click()
    promise = page.get_by_role("region", name="What the lab gets back")
    expect(promise.get_by_role("term")).to_have_text(
        ["result from the archive", "byte for byte as they were", "for you, on top of the plan"]
    )
    expect(promise.get_by_role("definition")).to_have_text(["1", re.compile(r"^\s*\d+(\.\d)? kB\s*$"), "Nothing"])
    expect(promise).to_contain_text("Upgrade now, and it is at hand again between")
    earliest, latest = (_moment(time) for time in promise.get_by_role("paragraph").get_by_role("time").all())
    assert latest - earliest == timedelta(minutes=4)
    assert abs(earliest - datetime.now(UTC)) < timedelta(minutes=2)
    expect(promise.get_by_role("row", name="Expedited")).to_contain_text("(1 to 5 minutes) $0.03")
    expect(promise.get_by_role("row", name="Standard")).to_contain_text("(3 to 5 hours) $0.01")
    expect(promise.get_by_role("row", name="Bulk")).to_contain_text("(5 to 12 hours) $0.00")


def _wait_until_only_the_vault_has(place: str, *, aws_url: str) -> None:
    """This function will wait until the hot copy is gone: what comes back afterwards was in the vault."""
    bucket, _, key = place.lstrip("/").partition("/")
    s3 = client("s3", endpoint=aws_url)

    def is_gone() -> bool:
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            return bool(error.response["Error"]["Code"] == "404")
        return False

    stacks.until(is_gone)


def _pay(page: Page) -> None:
    """This function will pay at the second try: the first card is declined, and the bank asks about the second."""
    page.get_by_role("button", name="Go to payment").click()
    paying.pay(page, card=paying.DECLINED)
    expect(page.get_by_text("Your card was declined.")).to_be_visible()
    paying.pay(page, card=paying.ASKS_THE_BANK)
    paying.confirm_at_bank(page)
    expect(page.get_by_text("is on Premium now")).to_be_visible()


def _see_it_come_back(page: Page) -> None:
    """This function will watch the page of the progress, which needs no reload, and go on to the result."""
    expect(page.get_by_role("heading", name="The result is back, byte for byte")).to_be_visible(timeout=_LONG_MS)
    page.get_by_role("link", name="See the results").click()
    page.get_by_role("link", name=_SAMPLE.name).click()


def _read_the_receipt(page: Page, *, sha256: str) -> None:
    page.get_by_text("Receipt: size and SHA-256").click()
    expect(page.get_by_role("main").get_by_text(sha256)).to_have_count(3)  # made, archived, restored
    expect(page.get_by_text("The same bytes each time.")).to_have_count(2)


def _read_the_bill(page: Page) -> date:
    """This function will look at plan, card and invoice, and give the day on which the plan renews."""
    page.get_by_role("banner").get_by_role("link", name="Billing").click()
    plan = page.get_by_role("region", name="Plan")
    expect(plan).to_contain_text("Active")
    expect(plan).to_contain_text("$99.00 a month")
    renews_on = _moment(plan.get_by_role("time")).date()
    assert _MONTH_DAYS[0] <= (renews_on - datetime.now(UTC).date()).days <= _MONTH_DAYS[1]
    expect(plan).to_contain_text(f"Renews on {_written(renews_on)}.")
    expect(page.get_by_role("region", name="Card")).to_contain_text(re.compile(r"Visa\b.*\b3155\b"))
    invoice = page.get_by_role("region", name="Invoices").get_by_role("listitem")
    expect(invoice).to_contain_text("paid")
    expect(invoice).to_contain_text("$99.00")
    invoice.get_by_role("link", name="View").click()
    expect(page.get_by_role("heading", name="Invoice")).to_be_visible()
    expect(page.get_by_text("State: paid")).to_be_visible()
    page.go_back()
    return renews_on


def _cancel(page: Page, *, ends_on: date) -> None:
    page.get_by_role("button", name="Manage at Stripe").click()
    expect(page.get_by_role("heading", name="Manage billing")).to_be_visible()
    page.get_by_role("button", name="Cancel plan").click()
    expect(page.get_by_text("ends on")).to_be_visible()
    page.get_by_role("link", name="Return").click()
    plan = page.get_by_role("region", name="Plan")
    expect(plan).to_contain_text("Cancelled")
    expect(plan).to_contain_text(f"Cancelled: Premium ends on {_written(ends_on)}, and nothing more is charged.")


def _undo(page: Page, *, renews_on: date) -> None:
    page.get_by_role("button", name="Keep Premium").click()
    expect(page.get_by_text("The subscription goes on.")).to_be_visible()
    expect(page.get_by_role("region", name="Plan")).to_contain_text(f"Renews on {_written(renews_on)}.")


def _status(page: Page) -> Locator:
    return page.get_by_role("region", name="Status")


def _reload_until(page: Page, shown: Locator) -> None:
    def look() -> bool:
        page.reload()
        return shown.is_visible()

    stacks.until(look)


def _moment(time: Locator) -> datetime:
    return datetime.fromisoformat(time.get_attribute("datetime") or "")


def _written(day: date) -> str:
    return f"{day:%-d %B %Y}"
