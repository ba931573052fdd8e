"""What a member of the lab may do with a job beyond looking at it."""

from genomics.users.models import Membership, Role, User
from jobs.models import Job


def decides(job: Job, *, user: User) -> bool:
    """This function will tell whether a member of the lab may decide what becomes of a job and its result.

    Who submitted it may, and the owners of the lab.
    """
    if job.owner_id == user.pk:
        return True
    return Membership.objects.filter(lab=job.lab_id, user=user, role=Role.OWNER).exists()
