"""The labs of a trial."""

from dataclasses import dataclass

from genomics.users.limits import Plan
from genomics.users.models import Lab, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A lab and the one person in it."""

    user: User
    lab: Lab


def create(name: str, *, plan: Plan = Plan.PREMIUM, password: str | None = None) -> Member:
    user = User.objects.create_user(f"{name}@genomics.example", password, name=name)
    lab = Lab.objects.of(user).get()
    Lab.objects.filter(pk=lab.pk).update(plan=plan)
    lab.refresh_from_db()
    return Member(user=user, lab=lab)
