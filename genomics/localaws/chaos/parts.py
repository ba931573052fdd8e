"""The parts of the chaos: kills, outages of SQS, disorder among messages, and fairness between labs."""

import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.conf import settings
from django.utils import timezone

from genomics.localaws.chaos.faults import Disorder, Fate, Outage
from genomics.localaws.chaos.feeding import Feeder, Submitted, submit
from genomics.localaws.chaos.kills import Killer, Victim
from genomics.localaws.chaos.patience import until
from genomics.localaws.chaos.scene import SAMPLES, Outcome, Scene
from genomics.localaws.chaos.verdict import Fault
from genomics.localaws.trials import inputs
from genomics.localaws.trials.processes import Table
from jobs.models import Job, JobEvent, Status

_PAUSE_BETWEEN_KILLS = (1.0, 4.0)
_OUTAGE_IN_FLIGHT = 6
_FAIR_WAITING = 50
_FAIR_GUESTS = 10
_FAIR_WITHIN = 25
_SMALL = inputs.of_records(100)


def kills(scene: Scene, *, victims: Sequence[Victim], rounds: int) -> Outcome:
    """This function will kill each victim `rounds` times while jobs are always in flight."""
    killer = Killer(scene.stack, seed=scene.seed, say=scene.say)
    feeder = Feeder(scene.members, samples=SAMPLES, in_flight=scene.in_flight, seed=scene.seed)
    feeder.start()
    begin = time.monotonic()
    try:
        for victim in killer.order(victims, rounds=rounds):
            killer.kill(victim)
            killer.pause(shortest=_PAUSE_BETWEEN_KILLS[0], longest=_PAUSE_BETWEEN_KILLS[1])
    finally:
        feeder.stop()
        scene.submitted += feeder.submitted
    scene.say(f"{sum(killer.counts.values())} kills in {time.monotonic() - begin:.0f} s, {len(feeder.submitted)} jobs")
    found = scene.verdict()
    counts = {f"kills: {victim}": count for victim, count in killer.counts.items()}
    attempts = sum(
        Job.objects.filter(pk__in=[item.job_id for item in feeder.submitted]).values_list("attempt", flat=True)
    )
    return Outcome(
        part="kills",
        counts={**counts, "jobs": len(feeder.submitted), "attempts": attempts},
        faults=found,
    )


def outages(scene: Scene, *, seconds: float) -> Outcome:
    """This function will take SQS away in each way for so long; the same processes must go on afterwards."""
    found: list[Fault] = []
    counts: dict[str, float] = {}
    before = _children(scene.stack.table())
    for outage in Outage:
        feeder = Feeder(scene.members, samples=[_SMALL], in_flight=_OUTAGE_IN_FLIGHT, seed=scene.seed)
        scene.faults.begin(outage)
        feeder.start()
        time.sleep(seconds)
        feeder.stop()
        scene.faults.end()
        ended = timezone.now()
        scene.submitted += feeder.submitted
        working = until(partial(_claimed_since, ended), seconds=120)
        scene.say(f"SQS {outage} for {seconds:g} s; a job began {(timezone.now() - ended).total_seconds():.1f} s after")
        if not working:
            found.append(Fault(check="stopped working", what=f"no job began after SQS {outage}"))
        counts[f"jobs while SQS {outage}"] = len(feeder.submitted)
    found += scene.verdict()
    after = _children(scene.stack.table())
    found += [
        Fault(check="restarted", what=f"{name}: process {pid} became {after.get(name)}")
        for name, pid in before.items()
        if after.get(name) != pid
    ]
    return Outcome(part="outages", counts=counts, faults=tuple(found))


def disorder(scene: Scene, *, jobs: int) -> Outcome:
    """This function will drop, double and delay hints: no job runs twice to its end, none is forgotten."""
    queue = settings.STACK.queue_urls["annotation"].rpartition("/")[2]
    scene.faults.begin(Disorder(queue=queue, dropped=0.3, doubled=0.3, delayed=0.3, delay_seconds=3.0))
    mine = []
    for number in range(jobs):
        member = scene.members[number % len(scene.members)]
        mine.append(Submitted(job_id=submit(_SMALL, member=member).pk, sample=_SMALL))
    scene.submitted += mine
    found = list(scene.verdict())
    scene.faults.end()
    twice = Job.objects.filter(pk__in=[item.job_id for item in mine], attempt__gt=1)
    found += [Fault(check="ran twice", what=f"job {job.pk} needed {job.attempt} attempts") for job in twice]
    fates = {f"hints {fate}": scene.faults.fates[fate] for fate in Fate}
    return Outcome(part="disorder", counts={"jobs": jobs, **fates}, faults=tuple(found))


def fairness(scene: Scene) -> Outcome:
    """This function will let a lab with few jobs meet one with many: its jobs end among the first."""
    busy, guest = scene.members[0], scene.members[1]
    while Job.objects.filter(lab=busy.lab, status=Status.PENDING).count() < _FAIR_WAITING:
        submit(_SMALL, member=busy)
    since = timezone.now()
    guests = {submit(_SMALL, member=guest).pk for _ in range(_FAIR_GUESTS)}
    until(lambda: not Job.objects.filter(pk__in=guests, finished_at=None).exists(), seconds=120)
    order = list(
        JobEvent.objects.filter(status=Status.COMPLETED, created_at__gte=since)
        .order_by("created_at")
        .values_list("job_id", flat=True)
    )
    places = [place for place, job_id in enumerate(order, start=1) if job_id in guests]
    last = places[-1] if len(places) == _FAIR_GUESTS else None
    faults = []
    if last is None or last > _FAIR_WITHIN:
        faults.append(Fault(check="unfair", what=f"the second lab's jobs ended at the places {places}"))
    return Outcome(part="fairness", counts={"place of the second lab's last job": last or 0}, faults=tuple(faults))


def _claimed_since(since: datetime) -> bool:
    return JobEvent.objects.filter(status=Status.RUNNING, created_at__gte=since).exists()


def _children(table: Table) -> dict[str, int]:
    """This function will name the stack's own children, by what they run."""
    return {" ".join(entry.arguments): entry.pid for entry in table.children}
