"""Plans and what they allow."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import models


class Plan(models.TextChoices):
    """What a lab may use. GRACE: a subscription has ended, results stay for a while."""

    FREE = "FREE", "Free"
    GRACE = "GRACE", "Grace"
    PREMIUM = "PREMIUM", "Premium"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a lab on one plan may do."""

    max_upload_bytes: int
    max_running_jobs: int
    kept_hot: timedelta | None  # a result, before it is archived; None: for ever
    longest_kept_hot: timedelta | None  # the same, when its owner postpones; None: for ever


def limits_of(plan: str) -> Limits:
    return Limits(**settings.PLAN_LIMITS[Plan(plan)])
