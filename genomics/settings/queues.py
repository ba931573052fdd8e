"""Celery over SQS. One table says which task exists, on which queue it runs and how long it may take."""

from dataclasses import dataclass
from datetime import timedelta

from genomics.settings import env
from genomics.settings.aws import AWS_REGION, STACK
from genomics.settings.core import LOCAL_AWS, VAR_DIR
from genomics.settings.work import ANNOTATION_WALL


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """How one task is run; `every` makes it periodic."""

    queue: str
    limit: timedelta
    every: timedelta | None = None


TASKS = {
    "jobs.annotate": TaskRow(queue="annotation", limit=ANNOTATION_WALL + timedelta(hours=1)),
    "jobs.sweep": TaskRow(queue="maintenance", limit=timedelta(seconds=60), every=timedelta(seconds=15)),
    # Longer than all tries of one call to an S3 that hangs, which must end as an error and not as a killed process.
    "jobs.remove": TaskRow(queue="maintenance", limit=timedelta(seconds=120), every=timedelta(seconds=60)),
    "jobs.publish": TaskRow(queue="maintenance", limit=timedelta(seconds=60), every=timedelta(seconds=15)),
    # As long as a result of the largest size may take to be copied or carried.
    "archive.archive": TaskRow(queue="archive", limit=timedelta(hours=6)),
    "archive.release": TaskRow(queue="archive", limit=timedelta(minutes=10), every=timedelta(seconds=60)),
    "archive.recall": TaskRow(queue="restore", limit=timedelta(minutes=10)),
    "archive.ask": TaskRow(queue="restore", limit=timedelta(minutes=10)),
    "archive.restore": TaskRow(queue="restore", limit=timedelta(hours=6)),
    "archive.watch": TaskRow(queue="maintenance", limit=timedelta(seconds=120), every=timedelta(seconds=15)),
    "archive.sweep": TaskRow(queue="maintenance", limit=timedelta(seconds=60), every=timedelta(seconds=15)),
    "archive.tell": TaskRow(queue="maintenance", limit=timedelta(seconds=60), every=timedelta(seconds=60)),
    # In a queue of their own, as Stripe may keep them waiting.
    "billing.reconcile": TaskRow(queue="billing", limit=timedelta(minutes=2)),
    "billing.apply": TaskRow(queue="billing", limit=timedelta(minutes=2)),
    "billing.sweep": TaskRow(queue="billing", limit=timedelta(minutes=2), every=timedelta(seconds=30)),
    "billing.compare": TaskRow(queue="billing", limit=timedelta(hours=1), every=timedelta(hours=24)),
    "billing.tell": TaskRow(queue="billing", limit=timedelta(seconds=60), every=timedelta(seconds=60)),
    "billing.close": TaskRow(queue="billing", limit=timedelta(minutes=2), every=timedelta(seconds=60)),
    "billing.purge": TaskRow(queue="billing", limit=timedelta(minutes=10), every=timedelta(hours=24)),
    "mail.send": TaskRow(queue="mail", limit=timedelta(seconds=60)),
    "mail.sweep": TaskRow(queue="maintenance", limit=timedelta(seconds=60), every=timedelta(seconds=15)),
    "queues.collect": TaskRow(queue="maintenance", limit=timedelta(seconds=60), every=timedelta(seconds=60)),
}
TASK_QUEUES = sorted({row.queue for row in TASKS.values()})

NOTIFICATIONS_WORKER = "maintenance"  # the workers of this queue read the raw queue `notifications`, too

HEARTBEATS_DIR = VAR_DIR / "heartbeats"
WORKER_SILENCE = env.seconds(
    "WORKER_SILENCE_SECONDS",
    "a worker that has not polled for so long is restarted (a poll takes up to 20 s)",
    default=timedelta(seconds=120),
)

_GRACE = timedelta(seconds=30)  # between the exception in the task and the kill of its process
# So long a periodic message is good for at least. Beat's host writes the time and the worker's host reads it: with a
# few seconds, two clocks that are apart would silently end all sweeps.
_LEAST_EXPIRY = timedelta(seconds=60)

CELERY_BROKER_URL = "sqs://"
CELERY_BROKER_TRANSPORT = "genomics.queues.transport:Transport"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "region": AWS_REGION,
    "is_secure": not LOCAL_AWS,
    "wait_time_seconds": 20,
    "polling_interval": 1,
    "predefined_queues": {queue: {"url": STACK.queue_urls[queue]} for queue in (*TASK_QUEUES, "notifications")},
    # Sends and acknowledgements, and not the long polls, which have a client of their own. A person waits for each
    # hint, while the sweep sends what was not sent: better none than a late one.
    "client-config": {
        "connect_timeout": 2,
        "read_timeout": 3,
        "retries": {"mode": "standard", "total_max_attempts": 1},
    },
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "maintenance"
CELERY_TASK_ROUTES = {name: {"queue": row.queue} for name, row in TASKS.items()}
CELERY_TASK_ANNOTATIONS = {
    name: {
        "soft_time_limit": row.limit.total_seconds(),
        "time_limit": (row.limit + _GRACE).total_seconds(),
    }
    for name, row in TASKS.items()
}
CELERY_BEAT_SCHEDULER = "genomics.queues.beat:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 15  # seconds; it shows that it lives at least as often
CELERY_BEAT_SCHEDULE = {
    name: {
        "task": name,
        "schedule": row.every,
        "options": {"queue": row.queue, "expires": max(row.every, _LEAST_EXPIRY).total_seconds()},
    }
    for name, row in TASKS.items()
    if row.every
}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = False  # delivered again, and a dead letter in the end: nothing vanishes
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_CONSUMER = "genomics.queues.consumer:Consumer"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
