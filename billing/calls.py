"""What the page of an archived result calls its reader to do, so that the result comes back."""

from django.conf import settings
from django.urls import reverse

from archive.upgrading import Way
from genomics.users.models import Membership, Role, User
from jobs.models import Job


def way(job: Job, user: User) -> Way | None:
    """This function will lead owners to the upgrade, and others to the owners; None: only an admin gives plans."""
    if settings.BILLING_MODE == "off":
        return None
    if Membership.objects.filter(lab=job.lab_id, user=user, role=Role.OWNER).exists():
        return Way(url=reverse("billing:upgrade", args=[job.lab_id]), words="See what comes back")
    return Way(url="", words=f"An owner of the lab {job.lab.name} can upgrade it: ask one of them.")
