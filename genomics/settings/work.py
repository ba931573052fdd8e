"""The life of a job: times, attempts, and what one annotation may use."""

from datetime import timedelta

from genomics.settings import env
from genomics.settings.core import VAR_DIR

WORK_DIR = VAR_DIR / "work"
STARTER_REFERENCE = "GRCh38-starter"  # ships with the annotator
REFERENCES_DIR = env.path(
    "REFERENCES_DIR",
    "folder of further references, one folder each",
    default=VAR_DIR / "references",
    shown="var/references",
)
DEFAULT_REFERENCES = env.pairs(
    "DEFAULT_REFERENCES",
    "references that new jobs name, as BUILD=NAME, comma-separated, for example GRCh38=GRCh38-2026-03; without one for "
    "a build, the newest in REFERENCES_DIR",
    shown="",
)

LEASE_DURATION = env.seconds(
    "LEASE_SECONDS",
    "a worker's claim on a job ends this long after its last renewal",
    default=timedelta(seconds=60),
)
LEASE_RENEWAL = env.seconds(
    "LEASE_RENEWAL_SECONDS", "how often a worker renews its claim", default=timedelta(seconds=15)
)
HINT_TIMEOUT = timedelta(seconds=30)  # a waiting job that nobody picked up is hinted again after this
LONGEST_HINT_PAUSE = timedelta(minutes=5)  # between two hints of one job, however long it has been waiting
FIRST_PAUSE = env.seconds(
    "FIRST_PAUSE_SECONDS",
    "pause after an attempt that a fault of ours ended; doubles with each further one",
    default=timedelta(seconds=15),
)
MESSAGE_VISIBILITY = timedelta(seconds=120)  # what the template gives the queues; renewed together with the lease
MAX_ATTEMPTS = env.integer("MAX_ATTEMPTS", "how often a job is tried before it fails", default=5)

ANNOTATION_PROCESSES = env.integer("ANNOTATION_PROCESSES", "processes that share the work of one annotation", default=1)
ANNOTATION_MEMORY_BYTES = env.integer(
    "ANNOTATION_MEMORY_BYTES",
    "memory of each process of one annotation, without the reference that they share",
    default=8 * 1024**3,
)
ANNOTATION_CPU = env.seconds(
    "ANNOTATION_CPU_SECONDS", "processor time of each process of one annotation", default=timedelta(hours=4)
)
ANNOTATION_WALL = env.seconds(
    "ANNOTATION_WALL_SECONDS", "time that one annotation may take", default=timedelta(hours=5)
)
ANNOTATION_OUTPUT_BYTES = env.integer(
    "ANNOTATION_OUTPUT_BYTES", "largest file that one annotation may write", default=50 * 1024**3
)

DOWNLOAD_URL_LIFETIME = env.seconds(
    "DOWNLOAD_URL_LIFETIME_SECONDS", "how long a link to a file of a result is good", default=timedelta(seconds=60)
)
UPLOAD_URL_LIFETIME = timedelta(minutes=15)
UPLOAD_PART_BYTES = 16 * 1024**2
DRAFT_LIFETIME = timedelta(hours=24)  # an upload that nobody goes on with can be resumed for so long
MAX_OPEN_UPLOADS = env.integer("MAX_OPEN_UPLOADS", "uploads that one lab may have open at a time", default=50)
REFUSED_UPLOAD_LIFETIME = timedelta(hours=1)  # so long its page can still ask why
REMOVAL_PAUSE = max(timedelta(minutes=2), 2 * LEASE_DURATION)  # a worker that has lost its job writes no longer
FORECAST_LIFETIME = timedelta(seconds=5)  # so long a web process shows the same places in the queue
