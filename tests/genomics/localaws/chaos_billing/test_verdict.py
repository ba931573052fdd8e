"""What the verdict calls a fault: each test breaks one thing in a lab that is otherwise right."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from archive.models import Recall, Retrieval, RetrievalState
from billing.models import Basis, Customer, Effect, Entitlement, EntitlementChange, News
from genomics.localaws.chaos_billing import verdict
from genomics.localaws.chaos_billing.account import DAY, Account, Card, Pace
from genomics.localaws.chaos_billing.papers import Papers
from genomics.localaws.chaos_billing.verdict import Expected
from genomics.queues.models import DeadLetter
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs.models import Job, Status
from tests.archive.factory import make_archived_file, make_retrieval
from tests.jobs.factory import make_job

CUSTOMER = "cus_1"
START = 1_800_000_000
MONTH, YEAR = 9_900, 99_000
PERIOD = 31 * DAY
SECOND = timedelta(seconds=1)


def _account() -> Account:
    account = Account(prices={Pace.MONTHLY: MONTH, Pace.YEARLY: YEAR}, trial_days=0, now=START)
    account.meet_customer()
    return account


@dataclass(slots=True)
class Story:
    """A free lab that subscribed, and whose one result came back."""

    lab: Lab
    job: Job
    now: datetime
    account: Account
    seen: int = 1

    @property
    def expected(self) -> Expected:
        return Expected(lab_id=self.lab.pk, account=self.account, seen=self.seen, digests={self.job.pk: {}})

    def change(
        self, version: int, plan: Plan, *, basis: Basis = Basis.SUBSCRIPTION, is_dropped: bool = False
    ) -> Effect:
        """This function will write what one change of the entitlement leaves behind."""
        at = self.now + version * SECOND
        Entitlement.objects.filter(pk=self.lab.pk).update(plan=plan, basis=basis, version=version)
        if not is_dropped:
            Lab.objects.filter(pk=self.lab.pk).update(plan=plan)
        EntitlementChange.objects.create(
            lab=self.lab, version=version, plan_before=Plan.FREE, plan=plan, basis=basis,
            actor="billing:evt_1", reason="Because.", created_at=at,
        )  # fmt: skip
        return Effect.objects.create(
            lab=self.lab, version=version, plan=plan, actor="billing:evt_1", created_at=at,
            **{"dropped_at" if is_dropped else "applied_at": at},
        )  # fmt: skip

    def recall(self, effect: Effect) -> Recall:
        """This function will write what an upgrade leaves behind in the archive."""
        assert effect.applied_at
        return Recall.objects.create(lab=self.lab, actor=effect.actor, begun_at=effect.applied_at)

    def checks(self) -> set[str]:
        return {fault.check for fault in verdict.judge_lab(self.expected)}


@pytest.fixture
def story(free_user: User, now: datetime) -> Story:
    lab = Lab.objects.of(free_user).get()
    job = make_job(free_user, now=now, status=Status.COMPLETED)
    account = _account()
    account.subscribe(Pace.MONTHLY, card=Card.PAYS)
    Entitlement.objects.create(lab=lab, customer_id=CUSTOMER)
    Customer.objects.create(id=CUSTOMER, lab=lab, livemode=False, since_at=now)
    story = Story(lab=lab, job=job, now=now, account=account)
    recall = story.recall(story.change(1, Plan.PREMIUM))
    make_retrieval(make_archived_file(job, now=now), now=now, state=RetrievalState.RESTORED, recall=recall)
    return story


def _entitle_wrongly(story: Story) -> None:
    Entitlement.objects.update(plan=Plan.GRACE)


def _plan_wrongly(story: Story) -> None:
    Lab.objects.filter(pk=story.lab.pk).update(plan=Plan.FREE)


def _keep_a_deleted_customer(story: Story) -> None:
    story.account.has_customer = False


def _skip_a_version(story: Story) -> None:
    Entitlement.objects.update(version=3)


def _lose_an_effect(story: Story) -> None:
    Effect.objects.all().delete()


def _change_nothing(story: Story) -> None:
    story.change(2, Plan.PREMIUM)


def _leave_the_last_effect(story: Story) -> None:
    Effect.objects.update(applied_at=None)


def _apply_backwards(story: Story) -> None:
    story.change(2, Plan.PREMIUM, basis=Basis.TRIAL)
    Effect.objects.filter(version=2).update(applied_at=story.now)


def _recall_again(story: Story) -> None:
    Recall.objects.create(lab=story.lab, actor="billing:evt_1", begun_at=story.now + 5 * SECOND)


def _recall_by_sweep(story: Story) -> None:
    Recall.objects.create(lab=story.lab, actor="sweep", begun_at=story.now + 5 * SECOND)


def _recall_never(story: Story) -> None:
    Retrieval.objects.all().delete()
    Recall.objects.all().delete()


def _upgrade_too_often(story: Story) -> None:
    story.change(2, Plan.GRACE)
    story.recall(story.change(3, Plan.PREMIUM))


def _upgrade_too_rarely(story: Story) -> None:
    story.seen = 2


def _fetch_twice(story: Story) -> None:
    retrieval = Retrieval.objects.get()
    retrieval.pk = uuid.uuid4()
    retrieval.save(force_insert=True)


def _sleep_on(story: Story) -> None:
    Job.objects.update(status=Status.ARCHIVED)


class TestJudgeLab:
    def test_finds_nothing_in_a_lab_that_is_right(self, story: Story) -> None:
        assert story.checks() == set()

    @pytest.mark.parametrize(
        ("break_it", "check"),
        [
            (_entitle_wrongly, "entitlement"),
            (_plan_wrongly, "plan"),
            (_keep_a_deleted_customer, "customers"),
            (_skip_a_version, "history"),
            (_lose_an_effect, "history"),
            (_change_nothing, "history"),
            (_leave_the_last_effect, "effects"),
            (_apply_backwards, "effects"),
            (_recall_again, "restored twice"),
            (_recall_by_sweep, "restored twice"),
            (_recall_never, "not restored"),
            (_upgrade_too_often, "upgrades"),
            (_upgrade_too_rarely, "upgrades"),
            (_fetch_twice, "restored twice"),
            (_sleep_on, "results"),
        ],
    )
    def test_finds_what_is_broken(self, story: Story, break_it: Callable[[Story], None], check: str) -> None:
        break_it(story)
        assert check in story.checks()

    def test_takes_no_change_of_basis_for_an_upgrade(self, story: Story) -> None:
        story.change(2, Plan.PREMIUM, basis=Basis.TRIAL)
        assert story.checks() == set()

    def test_takes_no_dropped_effect_for_an_upgrade(self, story: Story) -> None:
        story.account.end()
        story.change(2, Plan.GRACE)
        story.account.subscribe(Pace.MONTHLY, card=Card.PAYS)
        story.change(3, Plan.PREMIUM, is_dropped=True)
        story.account.end()
        story.change(4, Plan.GRACE, basis=Basis.TRIAL)
        assert story.checks() == set()

    def test_wants_results_of_a_free_lab_to_sleep(self, story: Story) -> None:
        story.account.pass_time(START + PERIOD // 2)
        story.account.end()
        story.account.pass_time(START + PERIOD)
        story.change(2, Plan.FREE)
        assert story.checks() == {"results"}
        Job.objects.update(status=Status.ARCHIVED)
        assert story.checks() == set()


class TestStatusOfResults:
    def test_is_left_as_it_was_in_grace(self, story: Story) -> None:
        story.change(2, Plan.GRACE)
        assert verdict.status_of_results(story.lab.pk, plan=Plan.GRACE) == Status.COMPLETED
        story.change(3, Plan.FREE)
        story.change(4, Plan.GRACE)
        assert verdict.status_of_results(story.lab.pk, plan=Plan.GRACE) == Status.ARCHIVED


def _subscription(name: str = "sub_1", *, start: int = START, end: int | None = None, trial: int | None = None) -> Any:
    return {"id": name, "start_date": start, "ended_at": end, "trial_end": trial}


def _line(amount: int, *, start: int = START, end: int = START + PERIOD, is_proration: bool = False) -> Any:
    details = {"subscription": "sub_1", "proration": is_proration}
    return {"amount": amount, "period": {"start": start, "end": end}, "parent": {"subscription_item_details": details}}


def _invoice(name: str, *lines: Any, status: str = "paid") -> Any:
    return {"id": name, "status": status, "lines": {"data": list(lines)}}


def _charge(amount: int, *, intent: str = "pi_1", returned: int = 0, is_paid: bool = True) -> Any:
    return {"amount": amount, "payment_intent": intent, "amount_refunded": returned, "paid": is_paid}


@pytest.fixture
def papers() -> Papers:
    return Papers(
        customers=[CUSTOMER],
        subscriptions=[_subscription()],
        invoices=[_invoice("in_1", _line(MONTH))],
        charges=[_charge(MONTH)],
    )


@pytest.fixture
def paying() -> Account:
    account = _account()
    account.subscribe(Pace.MONTHLY, card=Card.PAYS)
    return account


def _money_checks(account: Account, papers: Papers) -> set[str]:
    expected = Expected(lab_id=uuid.uuid4(), account=account, seen=0, digests={})
    return {fault.check for fault in verdict.judge_money(expected, papers)}


class TestJudgeMoney:
    def test_finds_nothing_in_papers_that_are_right(self, paying: Account, papers: Papers) -> None:
        assert _money_checks(paying, papers) == set()

    @pytest.mark.parametrize(
        ("changes", "check"),
        [
            ({"customers": [CUSTOMER, "cus_2"]}, "customers"),
            ({"customers": []}, "customers"),
            ({"subscriptions": [_subscription(), _subscription("sub_2", start=START + DAY)]}, "two at once"),
            (
                {"subscriptions": [_subscription(end=START + 5), _subscription("sub_2", start=START + 5)]},
                "subscriptions",
            ),
            ({"subscriptions": [_subscription(trial=START + DAY)] * 2}, "trials"),
            ({"invoices": [_invoice("in_1", _line(MONTH)), _invoice("in_2", _line(MONTH))]}, "charged twice"),
            ({"charges": [_charge(MONTH), _charge(MONTH)]}, "charged twice"),
            ({"charges": [_charge(MONTH), _charge(MONTH, intent="pi_2")]}, "charges"),
            ({"charges": [_charge(YEAR)]}, "charges"),
            ({"charges": []}, "charges"),
            ({"charges": [_charge(MONTH, returned=MONTH)]}, "refunds"),
        ],
    )
    def test_finds_what_is_broken(self, paying: Account, papers: Papers, changes: dict[str, Any], check: str) -> None:
        assert check in _money_checks(paying, replace(papers, **changes))

    def test_allows_one_subscription_after_the_other(self, paying: Account, papers: Papers) -> None:
        paying.end()
        paying.subscribe(Pace.YEARLY, card=Card.PAYS)
        papers.subscriptions = [_subscription("sub_2"), _subscription(end=START)]
        papers.invoices.append(_invoice("in_2", _line(YEAR, end=START + 365 * DAY)))
        papers.charges.append(_charge(YEAR, intent="pi_2"))
        assert _money_checks(paying, papers) == set()

    def test_allows_a_period_that_was_given_back_and_bought_again(self, paying: Account, papers: Papers) -> None:
        paying.switch()
        paying.switch()
        end = START + 365 * DAY
        papers.invoices += [
            _invoice("in_2", _line(-MONTH, is_proration=True), _line(YEAR, end=end)),
            _invoice("in_3", _line(-YEAR, is_proration=True, end=end), _line(MONTH)),
        ]
        papers.charges.append(_charge(YEAR - MONTH + 1, intent="pi_2"))  # rounded
        assert _money_checks(paying, papers) == set()

    def test_minds_no_charge_that_was_declined_and_no_invoice_that_is_open(
        self, paying: Account, papers: Papers
    ) -> None:
        papers.charges.append(_charge(MONTH, intent="pi_2", is_paid=False))
        papers.invoices.append(_invoice("in_2", _line(MONTH), status="open"))
        assert _money_checks(paying, papers) == set()


class TestJudgeBytes:
    def test_finds_a_file_that_came_back_otherwise(self) -> None:
        job = uuid.uuid4()
        digests = {job: {"VCF": hashlib.sha256(b"made").hexdigest()}}
        expected = Expected(lab_id=uuid.uuid4(), account=_account(), seen=0, digests=digests)
        assert not list(verdict.judge_bytes(expected, {job: {"VCF": b"made"}}))
        assert {fault.check for fault in verdict.judge_bytes(expected, {job: {"VCF": b"damaged"}})} == {"bytes"}
        assert {fault.check for fault in verdict.judge_bytes(expected, {job: {}})} == {"bytes"}


@pytest.mark.django_db
class TestJudgeRest:
    def test_finds_nothing_where_all_is_done(self) -> None:
        assert not list(verdict.judge_rest(refused=[]))

    def test_finds_events_that_are_never_taken(self) -> None:
        assert {fault.check for fault in verdict.judge_rest(refused=["evt_1"])} == {"webhooks"}

    def test_finds_what_was_left(self, story: Story) -> None:
        News.objects.create(pk=CUSTOMER, heard_at=story.now)
        Effect.objects.update(applied_at=None)
        DeadLetter.objects.create(
            queue="billing", task="billing.apply", message_id="m", body="{}", receive_count=8,
            sent_at=story.now, first_received_at=story.now, collected_at=story.now,
        )  # fmt: skip
        assert {fault.check for fault in verdict.judge_rest(refused=[])} == {"unread", "waiting", "dead letter"}
