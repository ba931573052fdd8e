"""Archiving and recall: which vault, which tiers, and what AWS asks for it."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from genomics.settings import env
from genomics.settings.core import LOCAL_AWS, PRODUCTION

if TYPE_CHECKING:  # the stubs are not installed in production
    from mypy_boto3_s3.literals import StorageClassType

VAULT = env.choice(
    "VAULT",
    "where results are archived: s3 (archive classes of S3), glacier (vaults, for accounts that have them) or memory "
    "(tests only)",
    options=("s3", "glacier", "memory"),
    default="s3",
).upper()
ARCHIVE_STORAGE_CLASS: "StorageClassType" = env.choice(
    "ARCHIVE_STORAGE_CLASS",
    "S3's class for archived results: GLACIER, GLACIER_IR or DEEP_ARCHIVE",
    options=("GLACIER", "GLACIER_IR", "DEEP_ARCHIVE"),
    default="GLACIER",
)
RESTORED_COPY_DAYS = env.integer(
    "RESTORED_COPY_DAYS", "days that S3 keeps the temporary copy of an archived object", default=1
)
RESTORE_EXECUTOR = env.choice(
    "RESTORE_EXECUTOR",
    "who carries results out of Glacier vaults: celery (the workers) or lambda (the function of the template)",
    options=("celery", "lambda"),
    default="celery",
)
LAMBDA_PATIENCE = env.seconds(
    "LAMBDA_PATIENCE_SECONDS",
    "so long after Glacier has brought the bytes the workers leave them to Lambda; then they carry them themselves",
    default=timedelta(minutes=30),
)
ARCHIVE_PAUSE = env.seconds(
    "ARCHIVE_PAUSE_SECONDS",
    "so long the sweeps of the archive leave work to whoever may still be at it",
    default=timedelta(seconds=60),
)
ARCHIVE_RETRY_PAUSE = env.seconds(
    "ARCHIVE_RETRY_PAUSE_SECONDS",
    "pause before a result that the vault refused is archived, or a lost recall begun, again",
    default=timedelta(minutes=15),
)
RETRIEVAL_POLL = env.seconds(
    "RETRIEVAL_POLL_SECONDS",
    "pause between two questions to the vault about a retrieval of which no message came",
    default=timedelta(seconds=10) if LOCAL_AWS else timedelta(minutes=10),
)
# After its completion; what the plan allows at most is offered in any case.
POSTPONE_CHOICES = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
ARCHIVE_WARNING = timedelta(hours=1)  # before a result is archived; only of plans that keep results for longer
# Results that are archived, or will be, one soon after the other make one mail: it waits until none has followed for
# the first time, or the oldest has waited for the second.
ARCHIVE_MAIL_QUIET = timedelta(minutes=5)
ARCHIVE_MAIL_PATIENCE = timedelta(minutes=30)
S3_COPY_LIMIT_BYTES = 5 * 1024**3  # of one CopyObject; larger files are copied in parts
ARCHIVE_PART_BYTES = 64 * 1024**2  # suits S3 (5 MiB to 5 GiB) and Glacier (2ⁿ MiB)

if PRODUCTION and VAULT == "MEMORY":
    raise ImproperlyConfigured("VAULT=memory forgets all results when the process ends")


def _price(per_gb: str, per_request: str) -> dict[str, Decimal]:
    return {"per_gb": Decimal(per_gb), "per_request": Decimal(per_request)}


def _time(*, minutes: tuple[int, int] = (0, 0), hours: tuple[int, int] = (0, 0)) -> dict[str, timedelta]:
    low, high = (timedelta(minutes=minute, hours=hour) for minute, hour in zip(minutes, hours, strict=True))
    return {"at_least": low, "at_most": high}


# US dollars for each 10⁹ bytes and each request, in us-east-1, and how long AWS says that it takes; docs/archive.md
# names the sources. Glacier's own vaults count as GLACIER.
PRICES_AS_OF = "mid-2026"
RETRIEVALS: dict[str, dict[str, dict[str, Any]]] = {
    "GLACIER": {
        "EXPEDITED": {**_price("0.03", "0.01"), **_time(minutes=(1, 5))},
        "STANDARD": {**_price("0.01", "0.00005"), **_time(hours=(3, 5))},
        "BULK": {**_price("0", "0"), **_time(hours=(5, 12))},
    },
    "DEEP_ARCHIVE": {
        "STANDARD": {**_price("0.02", "0.0001"), **_time(hours=(0, 12))},
        "BULK": {**_price("0.0025", "0.000025"), **_time(hours=(0, 48))},
    },
    "GLACIER_IR": {
        "STANDARD": {**_price("0.03", "0"), **_time(minutes=(0, 0))},
    },
}

# In which tiers the results of one recall are asked back: so many of the newest in the first, the rest in the second.
RECALL_NEWEST = env.integer(
    "RECALL_NEWEST", "results of one recall that are asked back in tier Expedited, the newest first", default=20
)
RECALL_TIERS = {
    "FREE": ("STANDARD", "BULK"),
    "GRACE": ("STANDARD", "BULK"),
    "PREMIUM": ("EXPEDITED", "BULK"),
}
