"""A lab subscribes, looks after its subscription and leaves, over the sandbox's hosted pages."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from archive import retrievals
from archive.models import Tier
from billing.models import Entitlement
from billing.reconcile import reconcile
from billing.sandbox.sandbox import Sandbox
from genomics.users.limits import Plan
from genomics.users.models import Lab, Membership, Role, User
from jobs.models import Job, Kind, Status
from tests.archive.factory import make_archived_file, make_recall, make_retrieval
from tests.browser import paying
from tests.browser.watching import PHONE, Watch
from tests.jobs.factory import make_job

SignIn = Callable[[User], None]


@pytest.fixture
def shop(aws: object, transactional_db: None) -> Iterator[Sandbox]:
    with paying.open_shop() as sandbox:
        yield sandbox


@pytest.fixture
def lab(free_user: User) -> Lab:
    return Lab.objects.of(free_user)[0]


@pytest.fixture
def paid(settings: Any) -> None:
    """This function will let every subscription be paid from the first day."""
    settings.BILLING_TRIAL_DAYS = 0


def _asleep(user: User, *, number: int) -> list[Job]:
    now = timezone.now()
    jobs = [make_job(user, now=now, status=Status.ARCHIVED, name=f"sample-{one}.vcf") for one in range(number)]
    for job in jobs:
        for kind in (Kind.VCF, Kind.TABLE):
            make_archived_file(job, now=now, kind=kind, size_bytes=1_200_000_000, hot_deleted_at=now)
    return jobs


def _address(name: str, lab: Lab, url: str) -> str:
    return url + reverse(f"billing:{name}", args=[lab.pk])


def _to_checkout(page: Page, lab: Lab, url: str, *, interval: str = "Monthly") -> None:
    page.goto(_address("upgrade", lab, url))
    page.get_by_role("radio", name=re.compile(interval)).check()
    page.get_by_role("button", name=re.compile("Go to payment|Start the trial")).click()


def _subscribed(page: Page, lab: Lab, url: str) -> None:
    _to_checkout(page, lab, url)
    paying.pay(page)
    expect(page.get_by_text("is on Premium now")).to_be_visible()


class TestUpgrade:
    def test_goes_over_checkout_and_shows_what_comes_back(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, shop: Sandbox, lab: Lab, free_user: User, paid: None
    ) -> None:
        jobs = _asleep(free_user, number=3)
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[jobs[0].pk]))
        page.get_by_role("link", name="See what comes back").click()
        expect(page.get_by_text("Sandbox: no real money")).to_be_visible()
        expect(page.get_by_text("7.2 GB")).to_be_visible()
        expect(page.get_by_role("row", name="Bulk")).to_be_visible()
        watch.check_look()
        page.get_by_role("radio", name=re.compile("Yearly")).check()
        page.get_by_role("button", name="Go to payment").click()
        paying.pay(page)
        expect(page.get_by_role("heading", name="0 of 3 back")).to_be_visible()
        expect(page.get_by_role("heading", name="The lab is on Premium")).to_be_visible()
        watch.check_look()
        now = timezone.now()
        recall = make_recall(jobs[0], now=now)
        for job in jobs:
            make_retrieval(job.archived_files.earliest("begun_at"), now=now, recall=recall, tier=Tier.EXPEDITED)
            Job.objects.filter(pk=job.pk).update(status=Status.RESTORING, updated_at=timezone.now())
        expect(page.get_by_text("The last of them is expected between")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="0 of 3 back")).to_be_visible()
        watch.check_look()
        for job in jobs:
            _bring_back(job)
        expect(page.get_by_role("heading", name="All 3 results are back, byte for byte")).to_be_visible()
        watch.check_look()
        page.get_by_role("link", name="Billing", exact=True).last.click()
        expect(page.get_by_text("$990.00 a year")).to_be_visible()
        expect(page.get_by_text("Renews on")).to_be_visible()
        expect(page.get_by_text("Visa")).to_be_visible()
        expect(page.get_by_role("link", name="View")).to_have_count(1)
        watch.check_look()

    def test_takes_a_card_that_the_bank_asks_about(
        self, page: Page, url: str, sign_in: SignIn, shop: Sandbox, lab: Lab, free_user: User, paid: None
    ) -> None:
        sign_in(free_user)
        _to_checkout(page, lab, url)
        paying.pay(page, card=paying.ASKS_THE_BANK)
        paying.confirm_at_bank(page)
        expect(page.get_by_role("heading", name="Everything is at hand")).to_be_visible()
        lab.refresh_from_db()
        assert lab.plan == Plan.PREMIUM

    def test_lets_people_try_another_card(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, shop: Sandbox, lab: Lab, free_user: User, paid: None
    ) -> None:
        watch.expect("402")  # is how the sandbox's page says that a card was declined
        sign_in(free_user)
        _to_checkout(page, lab, url)
        paying.pay(page, card=paying.DECLINED)
        expect(page.get_by_text("Your card was declined.")).to_be_visible()
        paying.pay(page)
        expect(page.get_by_text("is on Premium now")).to_be_visible()

    def test_charges_nothing_when_people_turn_back(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, shop: Sandbox, lab: Lab, free_user: User
    ) -> None:
        sign_in(free_user)
        _to_checkout(page, lab, url)
        page.get_by_role("link", name="Back").click()
        expect(page.get_by_text("Nothing was charged.")).to_be_visible()
        watch.check_look()

    def test_begins_with_a_trial_once(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, shop: Sandbox, lab: Lab, free_user: User
    ) -> None:
        sign_in(free_user)
        page.goto(_address("upgrade", lab, url))
        expect(page.get_by_text("The first 14 days are free of charge")).to_be_visible()
        _subscribed(page, lab, url)
        page.goto(_address("detail", lab, url))
        expect(page.get_by_text("The trial goes on until")).to_be_visible()
        watch.check_look()

    def test_waits_for_stripe_and_goes_on_by_itself(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, shop: Sandbox, lab: Lab, free_user: User, paid: None
    ) -> None:
        sign_in(free_user)
        _to_checkout(page, lab, url)
        session_id = page.url.rpartition("/")[2]
        page.goto(f"{_address('return', lab, url)}?session_id={session_id}")
        expect(page.get_by_role("heading", name="Stripe has not confirmed yet")).to_be_visible()
        watch.check_look()
        shop.person.pay(session_id)
        expect(page.get_by_text("is on Premium now")).to_be_visible()


class TestPortal:
    def test_cancels_and_undoes_it(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, shop: Sandbox, lab: Lab, free_user: User, paid: None
    ) -> None:
        sign_in(free_user)
        _subscribed(page, lab, url)
        page.goto(_address("detail", lab, url))
        page.get_by_role("button", name="Cancel Premium").click()
        page.get_by_role("button", name="Cancel plan").click()
        _return(page)
        expect(page.get_by_text("Cancelled: Premium ends on")).to_be_visible()
        watch.check_look()
        page.get_by_role("button", name="Keep Premium").click()
        expect(page.get_by_text("The subscription goes on.")).to_be_visible()
        expect(page.get_by_text("Renews on")).to_be_visible()

    def test_switches_to_the_year(
        self, page: Page, url: str, sign_in: SignIn, shop: Sandbox, lab: Lab, free_user: User, paid: None
    ) -> None:
        sign_in(free_user)
        _subscribed(page, lab, url)
        page.goto(_address("detail", lab, url))
        page.get_by_role("button", name="Manage at Stripe").click()
        page.get_by_role("button", name=re.compile("Switch to")).click()
        _return(page)
        expect(page.get_by_text("$990.00 a year")).to_be_visible()

    def test_takes_another_card(
        self, page: Page, url: str, sign_in: SignIn, shop: Sandbox, lab: Lab, free_user: User, paid: None
    ) -> None:
        sign_in(free_user)
        _subscribed(page, lab, url)
        page.goto(_address("detail", lab, url))
        page.get_by_role("button", name="Change the card").click()
        paying.fill_card(page, "5555 5555 5555 4444")
        page.get_by_role("button", name="Update card").click()
        _return(page)
        expect(page.get_by_text("Mastercard")).to_be_visible()

    def test_is_where_a_second_subscription_leads(
        self, page: Page, url: str, sign_in: SignIn, shop: Sandbox, lab: Lab, free_user: User, paid: None
    ) -> None:
        sign_in(free_user)
        page.goto(_address("upgrade", lab, url))
        old = page.context.new_page()
        _subscribed(old, lab, url)
        page.get_by_role("button", name="Go to payment").click()
        expect(page.get_by_role("heading", name="Manage billing")).to_be_visible()
        assert len(shop.objects("subscription")) == 1


class TestBanner:
    def test_says_on_every_page_that_a_payment_failed(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, shop: Sandbox, lab: Lab, free_user: User, paid: None
    ) -> None:
        sign_in(free_user)
        _subscribed(page, lab, url)
        customer = Entitlement.objects.get(lab=lab).customer_id
        shop.fail_card(customer)
        shop.renew(customer)
        reconcile(lab.pk, actor="sweep", now=timezone.now())
        page.goto(url + reverse("jobs:list"))
        expect(page.get_by_text(re.compile("The last payment of .* failed"))).to_be_visible()
        watch.check_look()
        page.get_by_role("link", name="See the billing page").click()
        expect(page.get_by_text("Payment failed", exact=True)).to_be_visible()
        watch.check_look()
        page.get_by_role("link", name="Pay the invoice").last.click()
        expect(page.get_by_role("heading", name=re.compile("Invoice"))).to_be_visible()


class TestSandbox:
    def test_lets_its_tables_scroll_in_boxes_of_their_own_on_a_phone(
        self, page: Page, url: str, sign_in: SignIn, shop: Sandbox, lab: Lab, free_user: User, paid: None
    ) -> None:
        sign_in(free_user)
        _subscribed(page, lab, url)
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        page.goto(f"{django_settings.SANDBOX_ORIGIN}/_sandbox/")
        expect(page.get_by_role("heading", name="Requests to the API")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        broken = "[...document.querySelectorAll('td code')].filter((one) => one.getClientRects().length > 1).length"
        assert page.evaluate(broken) == 0, "what is long is broken into pieces instead of being scrolled to"


class TestLooks:
    def test_hold_for_pricing(self, page: Page, url: str, watch: Watch, shop: Sandbox) -> None:
        page.goto(url + reverse("billing:pricing"))
        expect(page.get_by_text("$99.00")).to_be_visible()
        watch.check_look()

    def test_hold_for_pricing_without_prices(self, page: Page, url: str, watch: Watch, settings: Any) -> None:
        page.goto(url + reverse("billing:pricing"))
        expect(page.get_by_text("The price is shown before you pay.").first).to_be_visible()
        settings.BILLING_MODE = "off"
        page.reload()
        expect(page.get_by_text("Whoever runs this site gives Premium")).to_be_visible()
        watch.check_look()

    def test_hold_for_a_member(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, lab: Lab, stranger: User
    ) -> None:
        Membership.objects.create(lab=lab, user=stranger, role=Role.MEMBER)
        sign_in(stranger)
        for name in ("detail", "upgrade"):
            page.goto(_address(name, lab, url))
            expect(page.get_by_text("Only owners of the lab decide")).to_be_visible()
            watch.check_look()

    def test_hold_where_nothing_is_sold(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, lab: Lab, free_user: User, settings: Any
    ) -> None:
        settings.BILLING_MODE = "off"
        sign_in(free_user)
        for name in ("detail", "upgrade"):
            page.goto(_address(name, lab, url))
            expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
            watch.check_look()


def _return(page: Page) -> None:
    """This function will leave the portal, from wherever a flow has ended in it."""
    if not page.url.startswith(django_settings.WEB_ORIGIN):
        page.get_by_role("link", name="Return").click()


def _bring_back(job: Job) -> None:

    for archived in job.archived_files.all():
        for retrieval in archived.retrievals.all():
            now = timezone.now()
            retrievals.requested(retrieval, ticket="t", now=now)
            retrievals.ready(retrieval, ready_at=now, expires_at=None)
            retrievals.restored(retrieval, size_bytes=1, sha256="0" * 64, now=now + timedelta(seconds=1))
    Job.objects.filter(pk=job.pk).update(status=Status.COMPLETED, updated_at=timezone.now())
