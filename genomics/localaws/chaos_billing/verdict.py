"""What came of it: what labs have, what they paid, and how their results fared, against what their acts demand."""

import hashlib
import itertools
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archive.models import Recall, Retrieval, RetrievalState
from billing.models import Customer, Effect, Entitlement, EntitlementChange, News
from genomics.localaws.chaos.verdict import Fault
from genomics.localaws.chaos_billing.account import Account
from genomics.localaws.chaos_billing.dashboard import Json
from genomics.localaws.chaos_billing.papers import Papers
from genomics.queues.models import DeadLetter
from genomics.users.limits import Plan
from genomics.users.models import Lab
from jobs.models import Job, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One lab, as its acts have made it."""

    lab_id: uuid.UUID
    account: Account
    seen: int  # entries into PREMIUM that the product was seen to have made: it cannot have made fewer
    digests: Mapping[uuid.UUID, Mapping[str, str]]  # of each job: SHA-256 of its files, by kind


def judge_lab(expected: Expected) -> Iterator[Fault]:
    """This function will look at a lab's rows: what it has, how it came to that, and what came back from the vault."""
    yield from _plan_faults(expected)
    yield from _history_faults(expected.lab_id)
    yield from _restore_faults(expected)
    yield from _result_faults(expected)


def judge_money(expected: Expected, papers: Papers) -> Iterator[Fault]:
    """This function will look at what Stripe has of a lab: one customer, one subscription at a time, nothing twice."""
    lab, account = expected.lab_id, expected.account
    if len(papers.customers) != account.has_customer:
        yield Fault(check="customers", what=f"lab {lab} is {len(papers.customers)} customers at once")
    if len(papers.subscriptions) != len(account.subscriptions):
        what = f"lab {lab} has {len(papers.subscriptions)} subscriptions instead of {len(account.subscriptions)}"
        yield Fault(check="subscriptions", what=what)
    for first, second in _overlapping(papers.subscriptions):
        yield Fault(check="two at once", what=f"lab {lab} had {first['id']} and {second['id']} at the same time")
    if sum(one["trial_end"] is not None for one in papers.subscriptions) > 1:
        yield Fault(check="trials", what=f"lab {lab} has tried more than once")
    yield from _charge_faults(expected, papers)


def judge_rest(*, refused: Iterable[str]) -> Iterator[Fault]:
    """This function will look at what must have come to its end everywhere; `refused`: events that we never take."""
    for news in News.objects.unread():
        yield Fault(check="unread", what=f"{news} ({news.failures} failures)")
    for effect in Effect.objects.waiting():
        yield Fault(check="waiting", what=f"effect {effect}")
    for letter in DeadLetter.objects.all():
        yield Fault(check="dead letter", what=f"{letter.queue}: {letter.task} {letter.body[:200]}")
    for event in refused:
        yield Fault(check="webhooks", what=f"event {event} is answered with an error, however often it is told")


def entries(effects: Iterable[Effect]) -> list[Effect]:
    """This function will pick, from the effects of one lab in order, those that led it into PREMIUM."""
    found, before = [], str(Plan.FREE)
    for effect in effects:
        if effect.applied_at is None:
            continue
        if effect.plan == Plan.PREMIUM != before:
            found.append(effect)
        before = effect.plan
    return found


def _plan_faults(expected: Expected) -> Iterator[Fault]:
    lab, wanted = expected.lab_id, expected.account.plan
    entitlement = Entitlement.objects.filter(pk=lab).first()
    entitled = entitlement.plan if entitlement else Plan.FREE
    has = Lab.objects.values_list("plan", flat=True).get(pk=lab)
    if entitled != wanted:
        yield Fault(check="entitlement", what=f"lab {lab} is entitled to {entitled} instead of {wanted}")
    if has != wanted:
        yield Fault(check="plan", what=f"lab {lab} has {has} instead of {wanted}")
    there = Customer.objects.filter(lab=lab, gone_at=None).count()
    if there > expected.account.has_customer:
        yield Fault(check="customers", what=f"lab {lab} has a customer that was deleted")


def _history_faults(lab: uuid.UUID) -> Iterator[Fault]:
    """This function will look whether each change has its number and its effect, and how each effect ended."""
    version = Entitlement.objects.filter(pk=lab).values_list("version", flat=True).first() or 0
    changes = list(EntitlementChange.objects.filter(lab=lab).order_by("version"))
    effects = list(Effect.objects.filter(lab=lab).order_by("version"))
    if [change.version for change in changes] != list(range(1, version + 1)):
        yield Fault(check="history", what=f"the changes of lab {lab} have gaps")
    if [(one.version, one.plan) for one in effects] != [(one.version, one.plan) for one in changes]:
        yield Fault(check="history", what=f"lab {lab} has other effects than changes")
    for before, after in itertools.pairwise(changes):
        if (before.plan, before.basis) == (after.plan, after.basis):
            yield Fault(check="history", what=f"change {after.version} of lab {lab} changes nothing: {after.reason}")
    if effects and effects[-1].applied_at is None:
        yield Fault(check="effects", what=f"the last effect of lab {lab} was not applied")
    applied = [one for one in effects if one.applied_at]
    if any(before.applied_at > after.applied_at for before, after in itertools.pairwise(applied)):  # type: ignore[operator]
        yield Fault(check="effects", what=f"the effects of lab {lab} were applied out of order")


def _restore_faults(expected: Expected) -> Iterator[Fault]:
    """This function will compare upgrades, recalls and retrievals: one recall each, and each file once in a recall."""
    lab = expected.lab_id
    upgrades = entries(Effect.objects.filter(lab=lab).order_by("version"))
    recalls = Counter(Recall.objects.filter(lab=lab).values_list("actor", "begun_at"))
    wanted = Counter((one.actor, one.applied_at) for one in upgrades if one.applied_at)
    for actor, begun_at in (recalls - wanted).elements():
        yield Fault(
            check="restored twice", what=f"lab {lab}: a recall by {actor} at {begun_at} follows from no upgrade"
        )
    for actor, applied_at in (wanted - recalls).elements():
        yield Fault(check="not restored", what=f"lab {lab}: the upgrade by {actor} at {applied_at} recalled nothing")
    if not expected.seen <= len(upgrades) <= expected.account.entries:
        what = (
            f"lab {lab} was upgraded {len(upgrades)} times; {expected.seen} were seen, {expected.account.entries} made"
        )
        yield Fault(check="upgrades", what=what)
    restored = Retrieval.objects.filter(recall__lab=lab, state=RetrievalState.RESTORED)
    for archived, times in Counter(restored.values_list("archived_file", flat=True)).items():
        if times > 1:
            yield Fault(check="restored twice", what=f"lab {lab}: archive {archived} was fetched {times} times")


def _result_faults(expected: Expected) -> Iterator[Fault]:
    wanted = status_of_results(expected.lab_id, plan=expected.account.plan)
    for job in Job.objects.filter(pk__in=expected.digests):
        if job.status != wanted:
            yield Fault(check="results", what=f"job {job.pk} of a lab on {expected.account.plan} is {job.status}")


def status_of_results(lab: uuid.UUID, *, plan: Plan) -> Status:
    """This function will tell how a lab's results must be in the end; grace leaves them as the plan before did."""
    if plan == Plan.GRACE:
        effects = Effect.objects.filter(lab=lab).exclude(applied_at=None).exclude(plan=Plan.GRACE).order_by("version")
        before = effects.values_list("plan", flat=True).last()
        plan = Plan(before) if before else Plan.FREE
    return Status.COMPLETED if plan == Plan.PREMIUM else Status.ARCHIVED


def judge_bytes(expected: Expected, downloaded: Mapping[uuid.UUID, Mapping[str, bytes]]) -> Iterator[Fault]:
    """This function will compare what a person downloads with what was made; files are named by kind."""
    for job, files in downloaded.items():
        found = {kind: hashlib.sha256(content).hexdigest() for kind, content in files.items()}
        if found != expected.digests[job]:
            yield Fault(check="bytes", what=f"job {job} is not downloaded as it was made")


def _overlapping(subscriptions: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    """This function will find subscriptions of which one began before the one before it had ended."""
    ordered = sorted(subscriptions, key=lambda one: (one["start_date"], one["ended_at"] or float("inf")))
    for first, second in itertools.pairwise(ordered):
        if first["ended_at"] is None or first["ended_at"] > second["start_date"]:
            yield first, second


def _charge_faults(expected: Expected, papers: Papers) -> Iterator[Fault]:
    lab, account = expected.lab_id, expected.account
    for (subscription, begins, _), times in _paid_periods(papers.invoices).items():
        if times > 1:
            what = f"lab {lab}: the period of {subscription} from {begins} is paid {times} times"
            yield Fault(check="charged twice", what=what)
    charges = [one for one in papers.charges if one["paid"]]
    for intent, times in Counter(one["payment_intent"] for one in charges).items():
        if times > 1:
            yield Fault(check="charged twice", what=f"lab {lab}: {intent} was charged {times} times")
    amounts = Counter(one["amount"] for one in charges)
    if not _is_close(sorted(amounts.elements()), sorted(account.paid), cents=account.prorations):
        what = f"lab {lab} paid {sorted(amounts.elements())} instead of {sorted(account.paid)}"
        yield Fault(check="charges", what=what)
    returned = sum(one["amount_refunded"] for one in charges)
    if abs(returned - account.given_back) > account.prorations:
        yield Fault(check="refunds", what=f"lab {lab} got {returned} back instead of {account.given_back}")


def _is_close(found: Sequence[int], wanted: Sequence[int], *, cents: int) -> bool:
    return len(found) == len(wanted) and all(abs(a - b) <= cents for a, b in zip(found, wanted, strict=True))


def _paid_periods(invoices: Iterable[Json]) -> dict[tuple[str, int, int], int]:
    """This function will tell how often each period of each subscription is paid, by its beginning and end.

    What is given back for the whole of a period, when somebody changes at its very beginning, counts against it.
    """
    paid: Counter[tuple[str, int, int]] = Counter()
    for invoice in invoices:
        if invoice["status"] != "paid":
            continue
        for line in invoice["lines"]["data"]:
            details = line["parent"]["subscription_item_details"]
            period = (details["subscription"], line["period"]["start"], line["period"]["end"])
            if details["proration"]:
                paid[period] -= 1
            elif line["amount"]:
                paid[period] += 1
    return dict(paid)
