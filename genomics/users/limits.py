"""Plans and what they allow."""

from dataclasses import dataclass

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


def limits_of(plan: str) -> Limits:
    return Limits(**settings.PLAN_LIMITS[Plan(plan)])
