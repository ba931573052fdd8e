import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import stripe
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing import bootstrap
from billing.models import Basis, Checkout, Entitlement, EntitlementChange, Payment
from billing.reconcile import reconcile
from billing.sandbox.sandbox import Sandbox
from genomics.users.limits import Plan
from genomics.users.models import Lab, Membership, Role, User
from jobs.models import Kind, Status
from tests import hostile
from tests.archive.factory import make_archived_file
from tests.billing import books
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]
PAGES = ("detail", "upgrade", "progress")
FORMS = (("subscribe", ()), ("manage", ("start",)), ("manage", ("card",)), ("keep", ()))


@pytest.fixture
def lab(free_user: User) -> Lab:
    return Lab.objects.of(free_user)[0]


@pytest.fixture
def member(lab: Lab, premium_user: User) -> User:
    Membership.objects.create(lab=lab, user=premium_user, role=Role.MEMBER)
    return premium_user


@pytest.fixture
def shop(sandbox: Sandbox, db: None) -> Sandbox:
    """This function will give a sandbox in which billing has all that it needs."""
    list(bootstrap.run(dry=False, rotate_secret=False))
    return sandbox


@pytest.fixture
def owner(client_of: SignIn, free_user: User) -> Client:
    return client_of(free_user)


def _url(name: str, lab: Lab, *args: object) -> str:
    return reverse(f"billing:{name}", args=[lab.pk, *args])


def _said(answer: Any) -> str:
    """This function will give the text of the page that an answer leads to, in one line."""
    content: str = answer.content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", content).split())


def _subscribe(owner: Client, lab: Lab, shop: Sandbox) -> Any:
    """This function will go the whole way that a person goes, and give the page at its end."""
    url = owner.post(_url("subscribe", lab), {"price": "premium_monthly"})["Location"]
    return owner.get(shop.person.pay(url), follow=True)


class TestAccess:
    def test_of_pages_is_for_members(
        self, client_of: SignIn, owner: Client, lab: Lab, member: User, stranger: User
    ) -> None:
        for name in PAGES:
            assert owner.get(_url(name, lab)).status_code == 200
            assert client_of(member).get(_url(name, lab)).status_code == 200
            assert client_of(stranger).get(_url(name, lab)).status_code == 404
            assert Client().get(_url(name, lab))["Location"].startswith(reverse("account_login"))
            assert owner.post(_url(name, lab)).status_code == 405

    def test_of_forms_is_for_owners(
        self, client_of: SignIn, owner: Client, lab: Lab, member: User, stranger: User, sandbox: Sandbox
    ) -> None:
        for name, args in FORMS:
            url = _url(name, lab, *args)
            assert client_of(member).post(url).status_code == 403
            assert client_of(stranger).post(url).status_code == 404
            assert Client().post(url)["Location"].startswith(reverse("account_login"))
            assert owner.get(url).status_code == 405
        assert sandbox.calls == []

    def test_of_returns_is_for_members(self, client_of: SignIn, lab: Lab, stranger: User, sandbox: Sandbox) -> None:
        for name in ("return", "back"):
            assert client_of(stranger).get(_url(name, lab)).status_code == 404
            assert Client().get(_url(name, lab)).status_code == 302
        assert sandbox.calls == []

    def test_without_a_token_is_refused(self, free_user: User, lab: Lab) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(free_user, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.post(_url("subscribe", lab), {"price": "premium_monthly"}).status_code == 403


class TestChosen:
    def test_leads_to_the_chosen_lab(self, owner: Client, lab: Lab) -> None:
        assert owner.get(reverse("billing:home"))["Location"] == _url("detail", lab)
        assert owner.get(reverse("billing:upgrade-home"))["Location"] == _url("upgrade", lab)

    def test_leads_whoever_has_no_lab_to_the_labs(self, owner: Client, lab: Lab) -> None:
        Membership.objects.all().delete()
        assert owner.get(reverse("billing:home"))["Location"] == reverse("labs:list")

    def test_asks_strangers_to_sign_in(self) -> None:
        assert Client().get(reverse("billing:home")).status_code == 302


class TestPricing:
    def test_shows_stripes_prices_in_the_readers_way(self, shop: Sandbox) -> None:
        client = Client()
        page = _said(client.get(reverse("billing:pricing")))
        assert "$99.00 a month" in page
        assert "$990.00 a year, $82.50 a month" in page
        german = _said(client.get(reverse("billing:pricing"), headers={"Accept-Language": "de-DE,de;q=0.9"}))
        assert "99,00\u00a0$" in german.replace("&nbsp;", "\u00a0") or "99,00 $" in german

    def test_shows_the_limits_of_the_settings(self, settings: Any) -> None:
        settings.PLAN_LIMITS = settings.PLAN_LIMITS | {
            "FREE": settings.PLAN_LIMITS["FREE"] | {"max_upload_bytes": 7_000_000, "max_running_jobs": 3}
        }
        page = _said(Client().get(reverse("billing:pricing")))
        assert "Files of up to 7 MB" in page
        assert "3 jobs at once" in page

    def test_does_without_prices(self) -> None:
        page = _said(Client().get(reverse("billing:pricing")))
        assert "The price is shown before you pay." in page

    def test_says_who_gives_plans_where_nothing_is_sold(self, settings: Any) -> None:
        settings.BILLING_MODE = "off"
        page = Client().get(reverse("billing:pricing"))
        assert "Whoever runs this site gives Premium to labs" in _said(page)
        assert reverse("billing:upgrade-home") not in page.content.decode()

    def test_leads_members_to_their_lab(self, owner: Client, lab: Lab) -> None:
        assert _url("upgrade", lab) in owner.get(reverse("billing:pricing")).content.decode()

    def test_asks_few_questions(self, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(1):
            Client().get(reverse("billing:pricing"))


class TestDetail:
    def test_tells_a_free_lab_what_premium_is(self, owner: Client, lab: Lab) -> None:
        page = owner.get(_url("detail", lab))
        assert "Upgrade to Premium" in _said(page)
        assert "There is none yet" in _said(page)
        assert _url("manage", lab, "start") not in page.content.decode()

    def test_tells_amount_renewal_card_and_invoices(
        self, owner: Client, lab: Lab, shop: Sandbox, settings: Any
    ) -> None:
        settings.BILLING_TRIAL_DAYS = 0
        _subscribe(owner, lab, shop)
        page = _said(owner.get(_url("detail", lab)))
        for text in ("Premium Active", "$99.00 a month", "Renews on", "Visa", "4242", "paid", "PDF", "Free → Premium"):
            assert text in page
        assert "A subscription is paid for. By you." in page

    def test_tells_until_when_a_trial_goes(self, owner: Client, lab: Lab, shop: Sandbox) -> None:
        _subscribe(owner, lab, shop)
        assert "The trial goes on until" in _said(owner.get(_url("detail", lab)))
        stripe.Subscription.modify(books.subscriptions(lab)[0].id, cancel_at_period_end=True)
        page = _said(owner.get(_url("back", lab), follow=True))
        assert "The trial is cancelled." in page
        assert "nothing will be charged" in page
        assert "Keep Premium" in page

    def test_tells_members_whom_to_ask(self, client_of: SignIn, lab: Lab, member: User, free_user: User) -> None:
        page = client_of(member).get(_url("detail", lab))
        assert f"Ask {free_user.email}" in _said(page)
        assert "What has changed" not in _said(page)
        assert "Invoices" not in _said(page)

    @pytest.mark.parametrize(
        ("fields", "plan", "said"),
        [
            ({"basis": Basis.GRANT}, Plan.PREMIUM, "Given by whoever runs Genomics Cloud."),
            (
                {"basis": Basis.GRANT, "ends_at": datetime.fromisoformat("2027-03-01T12:00:00Z")},
                Plan.PREMIUM,
                "Given by whoever runs Genomics Cloud, until 1 March 2027",
            ),
            (
                {"basis": Basis.SUBSCRIPTION, "grace_until": datetime.fromisoformat("2027-03-01T12:00:00Z")},
                Plan.GRACE,
                "Results stay at hand until 1 March 2027",
            ),
            (
                {"basis": Basis.SUBSCRIPTION, "payment": Payment.FAILED, "payment_url": "https://pay.example/1"},
                Plan.GRACE,
                "Pay the invoice",
            ),
            (
                {
                    "basis": Basis.SUBSCRIPTION,
                    "payment": Payment.ACTION_REQUIRED,
                    "payment_url": "https://pay.example/1",
                },
                Plan.GRACE,
                "Confirm the payment",
            ),
        ],
    )
    def test_has_words_for_each_state(
        self, owner: Client, lab: Lab, fields: dict[str, Any], plan: Plan, said: str
    ) -> None:
        Lab.objects.filter(pk=lab.pk).update(plan=plan)
        Entitlement.objects.create(lab=lab, plan=plan, **fields)
        assert said in _said(owner.get(_url("detail", lab)))

    def test_counts_what_the_lab_uses(self, owner: Client, lab: Lab, free_user: User, now: datetime) -> None:
        make_job(free_user, now=now, status=Status.RUNNING)
        make_job(free_user, now=now, status=Status.PENDING)
        make_job(free_user, now=now, status=Status.COMPLETED)
        asleep = make_job(free_user, now=now, status=Status.ARCHIVED)
        make_archived_file(asleep, now=now, kind=Kind.VCF)
        page = _said(owner.get(_url("detail", lab)))
        for text in ("1 of 2", "1 waiting", "Results at hand 1", "Results in the archive 1 1 kB"):
            assert text in page

    def test_shows_all_of_it_while_stripe_is_away(self, owner: Client, lab: Lab, shop: Sandbox) -> None:
        _subscribe(owner, lab, shop)
        shop.set_chaos(error_share=1)
        before = len(shop.calls)
        for name in PAGES:
            assert owner.get(_url(name, lab)).status_code == 200
        assert "Visa" in _said(owner.get(_url("detail", lab)))
        assert len(shop.calls) == before

    def test_has_no_dead_buttons_where_nothing_is_sold(self, owner: Client, lab: Lab, settings: Any) -> None:
        settings.BILLING_MODE = "off"
        for name in ("detail", "upgrade"):
            page = owner.get(_url(name, lab))
            assert "/billing/" + str(lab.pk) + "/subscribe/" not in page.content.decode()
            assert "Whoever runs" in _said(page)
        for name, args in FORMS:
            assert owner.post(_url(name, lab, *args)).status_code == 404
        assert owner.get(_url("return", lab), {"session_id": "cs_test_a"}).status_code == 404

    @pytest.mark.parametrize("text", hostile.ALL.values(), ids=hostile.ALL)
    def test_is_safe_from_what_people_write(
        self, owner: Client, lab: Lab, member: User, free_user: User, now: datetime, text: str
    ) -> None:
        name = "".join(letter for letter in text if letter.isprintable())[:200]
        Lab.objects.filter(pk=lab.pk).update(name=name, plan=Plan.GRACE)
        Entitlement.objects.create(lab=lab, plan=Plan.GRACE, basis=Basis.SUBSCRIPTION, grace_until=now)
        EntitlementChange.objects.create(
            lab=lab,
            version=1,
            plan_before=Plan.PREMIUM,
            plan=Plan.GRACE,
            basis=Basis.SUBSCRIPTION,
            actor="user:999999",
            reason=name,
            created_at=now,
        )
        for page in ("detail", "upgrade"):
            assert hostile.Page(owner.get(_url(page, lab)).content.decode()).wrong == []

    def test_asks_as_few_questions_for_much_as_for_little(
        self, owner: Client, lab: Lab, shop: Sandbox, free_user: User, now: datetime, django_assert_max_num_queries: Any
    ) -> None:
        _subscribe(owner, lab, shop)
        for _ in range(3):
            make_job(free_user, now=now, status=Status.COMPLETED)
        with django_assert_max_num_queries(18):
            owner.get(_url("detail", lab))


class TestUpgrade:
    def test_says_what_comes_back_when_and_at_whose_cost(
        self, owner: Client, lab: Lab, free_user: User, now: datetime
    ) -> None:
        for _ in range(2):
            asleep = make_job(free_user, now=now, status=Status.ARCHIVED)
            make_archived_file(asleep, now=now, size_bytes=10**9, hot_deleted_at=now)
        page = _said(owner.get(_url("upgrade", lab)))
        for text in ("results from the archive 2", "byte for byte as they were 2 GB", "on top of the plan Nothing"):
            assert text in page
        for text in ("Paid by us", "Expedited yours", "(3 to 5 hours) $0.03", "(5 to 12 hours) $0.00"):
            assert text in page

    def test_says_that_nothing_was_charged(self, owner: Client, lab: Lab) -> None:
        assert "Nothing was charged." in _said(owner.get(_url("upgrade", lab), {"left": "1"}))

    def test_leads_who_owes_to_the_invoice(self, owner: Client, lab: Lab) -> None:
        Entitlement.objects.create(lab=lab, payment=Payment.FAILED, payment_url="https://pay.example/1")
        page = owner.get(_url("upgrade", lab))
        assert "https://pay.example/1" in page.content.decode()
        assert _url("subscribe", lab) not in page.content.decode()

    def test_offers_a_subscription_to_a_lab_with_a_granted_plan(self, owner: Client, lab: Lab) -> None:
        Lab.objects.filter(pk=lab.pk).update(plan=Plan.PREMIUM)
        assert _url("subscribe", lab) in owner.get(_url("upgrade", lab)).content.decode()

    def test_asks_few_questions(
        self, owner: Client, lab: Lab, free_user: User, now: datetime, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(3):
            make_archived_file(make_job(free_user, now=now, status=Status.ARCHIVED), now=now, hot_deleted_at=now)
        with django_assert_max_num_queries(18):
            owner.get(_url("upgrade", lab))


class TestSubscribe:
    def test_leads_to_stripe(self, owner: Client, lab: Lab, shop: Sandbox) -> None:
        answer = owner.post(_url("subscribe", lab), {"price": "premium_yearly"})
        assert answer.status_code == 303
        assert answer["Location"] == books.open_sessions()[0].url

    def test_leads_to_the_portal_where_a_subscription_is(self, owner: Client, lab: Lab, shop: Sandbox) -> None:
        _subscribe(owner, lab, shop)
        answer = owner.post(_url("subscribe", lab), {"price": "premium_yearly"})
        assert answer.status_code == 303
        assert "/portal/" in answer["Location"]
        assert len(books.subscriptions(lab)) == 1

    @pytest.mark.parametrize("price", ["", "free", "price_1"])
    def test_says_what_is_wrong(self, owner: Client, lab: Lab, shop: Sandbox, price: str) -> None:
        answer = owner.post(_url("subscribe", lab), {"price": price}, follow=True)
        assert "Choose whether to pay by the month" in _said(answer)

    def test_says_that_stripe_is_away_and_changes_nothing(self, owner: Client, lab: Lab, shop: Sandbox) -> None:
        shop.set_chaos(error_share=1)
        answer = owner.post(_url("subscribe", lab), {"price": "premium_monthly"})
        assert (answer.status_code, answer["Location"]) == (303, _url("detail", lab))
        assert "does not answer right now" in _said(owner.get(_url("detail", lab)))
        assert not Checkout.objects.exists()

    def test_is_limited(self, owner: Client, lab: Lab, shop: Sandbox, settings: Any) -> None:
        settings.RATE_LIMITING = True
        answers = [owner.post(_url("keep", lab)).status_code for _ in range(21)]
        assert answers == [303] * 20 + [429]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_submits_are_one_subscription(
        self, client_of: SignIn, lab: Lab, shop: Sandbox, free_user: User, stranger: User
    ) -> None:
        Membership.objects.create(lab=lab, user=stranger, role=Role.OWNER)
        clients = [client_of(free_user), client_of(free_user), client_of(stranger), client_of(stranger)]

        def submit(client: Client) -> str:
            try:
                return str(client.post(_url("subscribe", lab), {"price": "premium_monthly"})["Location"])
            finally:
                connection.close()

        with ThreadPoolExecutor(len(clients)) as pool:
            found = set(pool.map(submit, clients))
        assert len(found) == len(books.open_sessions()) == Checkout.objects.count() == 1
        shop.person.pay(found.pop())
        assert [one.status for one in books.subscriptions(lab)] == ["trialing"]

    def test_two_prices_leave_one_page_that_can_be_paid(
        self, client_of: SignIn, lab: Lab, shop: Sandbox, free_user: User
    ) -> None:
        clients = {key: client_of(free_user) for key in ("premium_monthly", "premium_yearly")}

        def submit(key: str) -> int:
            try:
                return clients[key].post(_url("subscribe", lab), {"price": key}).status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            assert set(pool.map(submit, clients)) == {303}
        assert len(books.open_sessions()) == 1
        assert Checkout.objects.filter(closed_at=None).count() == 1


class TestReturned:
    def test_leads_to_what_comes_back(
        self, owner: Client, lab: Lab, shop: Sandbox, free_user: User, now: datetime
    ) -> None:
        make_archived_file(make_job(free_user, now=now, status=Status.ARCHIVED), now=now, hot_deleted_at=now)
        page = _subscribe(owner, lab, shop)
        assert "is on Premium now" in _said(page)
        assert "0 of 1 back" in _said(page)

    def test_waits_until_stripe_confirms(self, owner: Client, lab: Lab, shop: Sandbox) -> None:
        url = owner.post(_url("subscribe", lab), {"price": "premium_monthly"})["Location"]
        session_id = url.rpartition("/")[2]
        waiting = owner.get(_url("return", lab), {"session_id": session_id})
        assert "Stripe has not confirmed yet" in _said(waiting)
        shop.set_chaos(error_share=1)
        assert "does not answer right now" in _said(owner.get(_url("return", lab), {"session_id": session_id}))
        shop.set_chaos(error_share=0)
        shop.person.pay(session_id)
        answer = owner.get(_url("return", lab), {"session_id": session_id}, headers={"HX-Request": "true"})
        assert answer["HX-Redirect"] == _url("upgrade", lab)

    def test_knows_no_checkout_of_others(
        self, client_of: SignIn, owner: Client, lab: Lab, shop: Sandbox, stranger: User
    ) -> None:
        other = Lab.objects.of(stranger)[0]
        foreign = client_of(stranger).post(_url("subscribe", other), {"price": "premium_monthly"})["Location"]
        shop.person.pay(foreign)
        owner.post(_url("subscribe", lab), {"price": "premium_monthly"})
        for session_id in (foreign.rpartition("/")[2], "cs_test_none", "", "x/y"):
            assert owner.get(_url("return", lab), {"session_id": session_id}).status_code == 404
        lab.refresh_from_db()
        assert lab.plan == Plan.FREE

    def test_tells_who_paid_twice_that_it_comes_back(
        self, owner: Client, lab: Lab, shop: Sandbox, settings: Any
    ) -> None:
        settings.BILLING_TRIAL_DAYS = 0
        url = owner.post(_url("subscribe", lab), {"price": "premium_monthly"})["Location"]
        price = stripe.Price.list(lookup_keys=["premium_yearly"]).data[0].id
        stripe.Subscription.create(customer=books.give_card(lab), items=[{"price": price}])
        shop.advance(by=timedelta(minutes=1))
        page = owner.get(shop.person.pay(url), follow=True)
        assert "is given back" in _said(page)
        assert len([one for one in books.subscriptions(lab) if one.status == "active"]) == 1


class TestBack:
    def test_sees_what_was_done_before_stripe_tells(self, owner: Client, lab: Lab, shop: Sandbox) -> None:
        _subscribe(owner, lab, shop)
        stripe.Subscription.cancel(books.subscriptions(lab)[0].id)
        assert "Upgrade to Premium" in _said(owner.get(_url("back", lab), follow=True))

    def test_says_that_stripe_is_away(self, owner: Client, lab: Lab, shop: Sandbox) -> None:
        _subscribe(owner, lab, shop)
        shop.set_chaos(error_share=1)
        assert "shown here soon" in _said(owner.get(_url("back", lab), follow=True))


class TestManage:
    def test_leads_to_the_portal(self, owner: Client, lab: Lab, shop: Sandbox) -> None:
        _subscribe(owner, lab, shop)
        for flow in ("start", "card", "cancel"):
            answer = owner.post(_url("manage", lab, flow))
            assert answer.status_code == 303
            assert "/portal/" in answer["Location"]

    def test_knows_no_other_door(self, owner: Client, lab: Lab, shop: Sandbox) -> None:
        assert owner.post(_url("manage", lab, "cellar")).status_code == 404

    def test_says_that_there_is_nothing_to_manage(self, owner: Client, lab: Lab, shop: Sandbox) -> None:
        assert "nothing to manage" in _said(owner.post(_url("manage", lab, "start"), follow=True))


class TestKeep:
    def test_goes_on(self, owner: Client, lab: Lab, shop: Sandbox) -> None:
        _subscribe(owner, lab, shop)
        stripe.Subscription.modify(books.subscriptions(lab)[0].id, cancel_at_period_end=True)
        reconcile(lab.pk, actor="sweep", now=timezone.now())
        assert "The subscription goes on." in _said(owner.post(_url("keep", lab), follow=True))
        assert books.subscriptions(lab)[0].cancel_at is None


class TestBanner:
    def test_stands_on_every_page_of_the_lab(self, owner: Client, lab: Lab, now: datetime) -> None:
        Lab.objects.filter(pk=lab.pk).update(plan=Plan.GRACE)
        Entitlement.objects.create(
            lab=lab, plan=Plan.GRACE, basis=Basis.SUBSCRIPTION, grace_until=now + timedelta(days=14)
        )
        for url in (reverse("jobs:list"), reverse("labs:detail", args=[lab.pk]), _url("detail", lab)):
            page = _said(owner.get(url))
            assert page.count("Premium of free has ended.") == 1
            assert "Results stay at hand until 15 March 2026" in page

    def test_leaves_other_labs_and_strangers_alone(self, lab: Lab, client_of: SignIn, stranger: User) -> None:
        Lab.objects.filter(pk=lab.pk).update(plan=Plan.GRACE)
        Entitlement.objects.create(lab=lab, plan=Plan.GRACE, basis=Basis.SUBSCRIPTION)
        assert "has ended" not in _said(client_of(stranger).get(reverse("jobs:list")))
        assert "has ended" not in _said(Client().get(reverse("home")))
