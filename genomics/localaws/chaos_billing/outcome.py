"""What a run was, in numbers, and what is wrong after it."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import requests

from archive.models import Recall, Retrieval, RetrievalState
from billing.models import Customer, Effect, EntitlementChange
from genomics.localaws.chaos.verdict import Fault
from genomics.localaws.chaos_billing import papers, settling, verdict
from genomics.localaws.chaos_billing.cast import RESTING, Role
from genomics.localaws.chaos_billing.dashboard import Dashboard
from genomics.localaws.chaos_billing.papers import Papers
from genomics.localaws.chaos_billing.settling import Settled
from genomics.localaws.chaos_billing.verdict import Expected
from genomics.localaws.trials import audits
from jobs.models import Status

_AUDITS = ("jobs_audit", "archive_audit")  # compare PostgreSQL, DynamoDB, S3 and the vault


def judge(roles: Sequence[Role], *, dashboard: Dashboard, say: Callable[[str], None]) -> Iterator[Fault]:
    """This function will judge every lab, its money at Stripe, what a person can download, and all that is stored."""
    found = _papers(roles, dashboard=dashboard)
    for role in roles:
        expected = _expected(role)
        yield from verdict.judge_lab(expected)
        yield from verdict.judge_money(expected, found.get(expected.lab_id, Papers()))
        yield from _download_faults(role, expected)
    yield from verdict.judge_rest(refused=dashboard.state()["refused"])
    audits.mend(*_AUDITS, say=say)
    for audit in _AUDITS:
        if left := audits.run(audit, say=say):
            yield Fault(check="audit", what=left)


def count(roles: Sequence[Role], *, dashboard: Dashboard, settled: Settled) -> dict[str, int]:
    """This function will count what happened, by name."""
    lives = [role.life for role in roles]
    deliveries = settling.tally(dashboard)
    taken = deliveries.get("delivered", 0)
    acts = Counter(act for life in lives for act in life.done)
    ways = sum((life.ways for life in lives), Counter())
    plans = Counter(str(life.account.plan) for life in lives)
    return {
        "labs": len(lives),
        "acts": sum(acts.values()),
        **{f"acts: {name}": number for name, number in sorted(acts.items())},
        **{f"ways: {name}": number for name, number in sorted(ways.items())},
        "pages that were tried again": sum(life.person.tries for life in lives),
        "webhooks taken": taken,
        "webhooks dropped": deliveries.get("dropped", 0),
        "webhooks given up, as the site was down": deliveries.get("failed", 0),
        "attempts beyond those: doubled, lost, or site down": deliveries.get("attempts", 0) - taken,
        **{f"changes noticed by {who}": number for who, number in sorted(settling.healers().items())},
        "labs wrong until the comparison": settled.hidden,
        "labs that the comparison found to differ": settled.drift,
        "events that it found undelivered": settled.missed,
        "changes of entitlements": EntitlementChange.objects.count(),
        "effects dropped": Effect.objects.exclude(dropped_at=None).count(),
        "upgrades": sum(len(_entries(life.member.lab.pk)) for life in lives),
        "restores of labs": Recall.objects.count(),
        "files brought back": Retrieval.objects.filter(state=RetrievalState.RESTORED).count(),
        "charges": sum(len(life.account.paid) for life in lives),
        "cents paid": sum(sum(life.account.paid) for life in lives),
        "cents given back": sum(life.account.given_back for life in lives),
        **{f"labs on {plan} in the end": number for plan, number in sorted(plans.items())},
    }


def _entries(lab: uuid.UUID) -> list[Effect]:
    return verdict.entries(Effect.objects.filter(lab=lab).order_by("version"))


def _expected(role: Role) -> Expected:
    life = role.life
    return Expected(
        lab_id=life.member.lab.pk, account=life.account, seen=life.seen, digests={role.job_id: role.digests}
    )


def _papers(roles: Sequence[Role], *, dashboard: Dashboard) -> Mapping[uuid.UUID, Papers]:
    known = {
        role.life.member.lab.pk: list(Customer.objects.filter(lab=role.life.member.lab.pk).values_list("pk", flat=True))
        for role in roles
    }
    return papers.collect(dashboard, known=known)


def _download_faults(role: Role, expected: Expected) -> Iterator[Fault]:
    """This function will download what is hot as a person does, and see what sleeps refused."""
    browser = role.life.person
    state = browser.state(role.job_id)
    files = [file for kind in RESTING if (file := state.file(kind)) is not None and file.url]
    wanted = verdict.status_of_results(expected.lab_id, plan=expected.account.plan)
    if wanted == Status.COMPLETED and state.status == Status.COMPLETED:
        content = {file.kind: browser.download(file) for file in files}
        yield from verdict.judge_bytes(expected, {role.job_id: content})
        return
    for file in files:
        try:
            browser.download(file)
        except requests.HTTPError:
            continue
        yield Fault(check="bytes", what=f"{file.name} of job {role.job_id} can be downloaded although it sleeps")
