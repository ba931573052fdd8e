"""What each plan allows. A lab has a plan, a plan has limits; nobody asks whether a lab pays."""

from datetime import timedelta
from typing import Any

from genomics.settings import env

_FREE = {
    "max_upload_bytes": env.integer(
        "FREE_MAX_UPLOAD_BYTES", "largest upload of a lab on the plans FREE and GRACE", default=150_000
    ),
    "max_running_jobs": env.integer(
        "FREE_MAX_RUNNING_JOBS", "jobs that a lab on the plans FREE and GRACE runs at once", default=2
    ),
}
_KEPT_HOT_FOR_EVER = {"kept_hot": None, "longest_kept_hot": None}
PLAN_LIMITS: dict[str, dict[str, Any]] = {
    "FREE": {
        **_FREE,
        "kept_hot": env.seconds(
            "FREE_KEPT_HOT_SECONDS",
            "results of a lab on the plan FREE are archived so long after they are made",
            default=timedelta(minutes=3),
        ),
        "longest_kept_hot": env.seconds(
            "FREE_LONGEST_KEPT_HOT_SECONDS",
            "up to so long after it is made may the owner of such a result postpone its archiving",
            default=timedelta(hours=24),
        ),
    },
    "GRACE": {**_FREE, **_KEPT_HOT_FOR_EVER},
    "PREMIUM": {
        "max_upload_bytes": env.integer(
            "PREMIUM_MAX_UPLOAD_BYTES", "largest upload of a lab on the plan PREMIUM", default=5 * 1024**3
        ),
        "max_running_jobs": env.integer(
            "PREMIUM_MAX_RUNNING_JOBS", "jobs that a lab on the plan PREMIUM runs at once", default=8
        ),
        **_KEPT_HOT_FOR_EVER,
    },
}
