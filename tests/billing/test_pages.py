from datetime import datetime, timedelta

import pytest
import stripe

from archive import promises
from archive.models import RetrievalState
from billing import bootstrap, mirror, pages
from billing.models import Basis, Effect, EntitlementChange
from billing.sandbox.sandbox import Sandbox
from billing.values import Interval, Invoice, Money
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs.models import Job, Kind, ResultFile, Status
from tests.archive.factory import make_archived_file, make_retrieval
from tests.billing.sandbox.fixtures import Shop
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab(free_user: User) -> Lab:
    return Lab.objects.of(free_user)[0]


def _change(lab: Lab, version: int, *, now: datetime, actor: str = "sweep", before: Plan = Plan.FREE) -> None:
    EntitlementChange.objects.create(
        lab=lab,
        version=version,
        plan_before=before,
        plan=Plan.PREMIUM,
        basis=Basis.SUBSCRIPTION,
        actor=actor,
        reason="A subscription is paid for.",
        created_at=now,
    )


def _effect(lab: Lab, version: int, *, now: datetime, is_dropped: bool = False) -> None:
    over = {"dropped_at" if is_dropped else "applied_at": now}
    Effect.objects.create(lab=lab, version=version, plan=Plan.PREMIUM, actor="sweep", created_at=now, **over)


class TestChoices:
    def test_compare_the_year_with_the_month(self, sandbox: Sandbox) -> None:
        list(bootstrap.run(dry=False, rotate_secret=False))
        monthly, yearly = pages.choices()
        assert (monthly.interval, monthly.monthly, monthly.saving) == (Interval.MONTH, None, 0)
        assert (yearly.interval, yearly.monthly, yearly.saving) == (
            Interval.YEAR,
            Money(amount=8_250, currency="usd"),
            16,
        )
        assert pages.nothing([monthly]) == Money(amount=0, currency="usd")

    def test_have_no_amounts_before_stripe_has_told(self) -> None:
        assert [choice.money for choice in pages.choices()] == [None, None]


class TestUsage:
    def test_counts_jobs_results_and_bytes(self, lab: Lab, free_user: User, stranger: User, now: datetime) -> None:
        for status in (Status.RUNNING, Status.PENDING, Status.COMPLETED, Status.ARCHIVED, Status.RESTORING):
            job = make_job(free_user, now=now, status=status)
            ResultFile.objects.filter(job=job).delete()
            for kind in (Kind.VCF, Kind.LOG):
                ResultFile.objects.create(
                    job=job, kind=kind, name=kind, key=f"{job.pk}{kind}", size_bytes=100, sha256="0" * 64
                )
        gone = make_job(free_user, now=now, status=Status.COMPLETED)
        Job.objects.filter(pk=gone.pk).update(deleted_at=now)
        make_job(stranger, now=now, status=Status.RUNNING)
        assert pages.usage(lab) == pages.Usage(
            running=1, waiting=1, hot=1, hot_bytes=400, archived=2, archived_bytes=200
        )


class TestWays:
    def test_put_dates_on_a_promise(self, lab: Lab, free_user: User, now: datetime) -> None:
        make_archived_file(make_job(free_user, now=now, status=Status.ARCHIVED), now=now, hot_deleted_at=now)
        ways = pages.ways(promises.for_lab(lab, plan=Plan.PREMIUM), now=now)
        assert [way.label for way in ways] == ["Expedited", "Standard", "Bulk"]
        assert (ways[0].earliest, ways[0].latest) == (now + timedelta(minutes=1), now + timedelta(minutes=5))
        assert [way.is_within_a_day for way in ways] == [True, True, False]

    def test_are_none_where_nothing_rests(self, lab: Lab, now: datetime) -> None:
        assert pages.ways(promises.for_lab(lab, plan=Plan.PREMIUM), now=now) == []


class TestPapers:
    def test_ask_to_pay_for_a_subscription_only_while_it_goes_on(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        shop.sandbox.fail_card(shop.customer)
        shop.sandbox.renew(shop.customer)
        mirror.refresh(shop.customer)
        assert [paper.status for paper in pages.papers(shop.customer) if isinstance(paper, Invoice)] == ["open", "paid"]
        stripe.Subscription.cancel(subscription.id)
        mirror.refresh(shop.customer)
        states = [paper.status for paper in pages.papers(shop.customer) if isinstance(paper, Invoice)]
        assert states == ["uncollectible", "paid"]


class TestHistory:
    def test_names_who_acted(self, lab: Lab, free_user: User, stranger: User, now: datetime) -> None:
        actors = (f"user:{free_user.pk}", f"user:{stranger.pk}", "user:0", "admin:1", "billing:evt_1", "sweep", "x")
        for version, actor in enumerate(actors, start=1):
            _change(lab, version, now=now, actor=actor)
        lines = pages.history(lab, reader=free_user)
        assert [line.by for line in reversed(lines)] == [
            "you",
            stranger.email,
            "somebody who has gone",
            "an administrator",
            "Stripe",
            "the clock",
            "the system",
        ]
        assert (lines[0].plan_before, lines[0].plan) == ("Free", "Premium")


class TestReturning:
    def test_counts_since_the_lab_entered_premium(self, lab: Lab, free_user: User, now: datetime) -> None:
        assert pages.returning(lab, now=now) is None
        lab.plan = Plan.PREMIUM
        make_job(free_user, now=now, status=Status.ARCHIVED)
        _change(lab, 1, now=now)
        found = pages.returning(lab, now=now)
        assert found is not None
        assert (found.back, found.coming, found.is_done) == (0, 1, False)

    def test_counts_what_was_asked_for_by_an_older_clock_than_the_change_was_written_by(
        self, lab: Lab, free_user: User, now: datetime
    ) -> None:
        """Two processes reconcile at once: the one that read its clock first waits, and gives the plan."""
        lab.plan = Plan.PREMIUM
        _change(lab, 1, now=now + timedelta(seconds=1))
        _effect(lab, 1, now=now)
        job = make_job(free_user, now=now, status=Status.COMPLETED)
        make_retrieval(make_archived_file(job, now=now), now=now, state=RetrievalState.RESTORED)
        found = pages.returning(lab, now=now)
        assert found is not None
        assert (found.back, found.coming) == (1, 0)

    def test_counts_nothing_from_before_a_change_that_another_one_replaced_at_once(
        self, lab: Lab, free_user: User, now: datetime
    ) -> None:
        lab.plan = Plan.PREMIUM
        _change(lab, 1, now=now)
        _effect(lab, 1, now=now, is_dropped=True)
        _change(lab, 2, now=now, before=Plan.PREMIUM)
        _effect(lab, 2, now=now + timedelta(seconds=2))
        job = make_job(free_user, now=now, status=Status.COMPLETED)
        make_retrieval(make_archived_file(job, now=now), now=now, state=RetrievalState.RESTORED)
        found = pages.returning(lab, now=now)
        assert found is not None
        assert found.back == 0
