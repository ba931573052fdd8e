"""What each plan allows. A lab has a plan, a plan has limits; nobody asks whether a lab pays."""

from genomics.settings import env

_FREE = {
    "max_upload_bytes": env.integer(
        "FREE_MAX_UPLOAD_BYTES", "largest upload of a lab on the plans FREE and GRACE", default=150_000
    ),
    "max_running_jobs": env.integer(
        "FREE_MAX_RUNNING_JOBS", "jobs that a lab on the plans FREE and GRACE runs at once", default=2
    ),
}
PLAN_LIMITS = {
    "FREE": _FREE,
    "GRACE": _FREE,
    "PREMIUM": {
        "max_upload_bytes": env.integer(
            "PREMIUM_MAX_UPLOAD_BYTES", "largest upload of a lab on the plan PREMIUM", default=5 * 1024**3
        ),
        "max_running_jobs": env.integer(
            "PREMIUM_MAX_RUNNING_JOBS", "jobs that a lab on the plan PREMIUM runs at once", default=8
        ),
    },
}
