from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import settings

from genomics.users import memberships
from genomics.users.errors import LastOwnerError, TooManyLabsError
from genomics.users.models import Change, Lab, Membership, Role, User
from tests.at_once import meanwhile


def _membership(user: User, lab: Lab) -> Membership:
    return Membership.objects.get(user=user, lab=lab)


def _history(lab: Lab) -> list[tuple[str, str, str, str]]:
    """This function will give what has happened in a lab, without its founding."""
    events = lab.membership_events.exclude(change=Change.FOUNDED).order_by("id")
    return [(event.email, event.change, event.role, event.actor) for event in events]


@pytest.fixture
def lab(free_user: User) -> Lab:
    return free_user.labs.get()


@pytest.mark.django_db
class TestFound:
    def test_makes_a_lab_with_its_owner_and_its_first_event(self, free_user: User, now: datetime) -> None:
        lab = memberships.found(free_user, name="Second lab", now=now)
        assert (lab.name, lab.email, lab.plan) == ("Second lab", free_user.email, "FREE")
        assert _membership(free_user, lab).role == Role.OWNER
        event = lab.membership_events.get()
        assert (event.change, event.actor) == (Change.FOUNDED, f"user:{free_user.pk}")

    def test_stops_at_the_number_that_one_person_may_own(self, free_user: User, now: datetime) -> None:
        for number in range(settings.LABS_PER_OWNER - 1):
            memberships.found(free_user, name=f"Lab {number}", now=now)
        with pytest.raises(TooManyLabsError):
            memberships.found(free_user, name="One more", now=now)
        assert free_user.labs.count() == settings.LABS_PER_OWNER


@pytest.mark.django_db
class TestJoin:
    def test_makes_a_member_and_an_event(self, lab: Lab, stranger: User, now: datetime) -> None:
        memberships.join(lab, user=stranger, role=Role.MEMBER, actor="admin:1", now=now)
        assert _membership(stranger, lab).role == Role.MEMBER
        assert _history(lab) == [(stranger.email, Change.JOINED, Role.MEMBER, "admin:1")]

    def test_leaves_the_role_of_a_member_alone(self, lab: Lab, free_user: User, now: datetime) -> None:
        memberships.join(lab, user=free_user, role=Role.MEMBER, actor="admin:1", now=now)
        assert _membership(free_user, lab).role == Role.OWNER
        assert _history(lab) == []


@pytest.mark.django_db
class TestChangeRole:
    def test_changes_it_and_says_who_did(self, lab: Lab, stranger: User, now: datetime) -> None:
        memberships.join(lab, user=stranger, role=Role.MEMBER, actor="user:1", now=now)
        memberships.change_role(_membership(stranger, lab), role=Role.OWNER, actor="user:1", now=now)
        assert _membership(stranger, lab).role == Role.OWNER
        assert _history(lab)[-1] == (stranger.email, Change.ROLE_CHANGED, Role.OWNER, "user:1")

    def test_notes_nothing_when_nothing_changes(self, lab: Lab, free_user: User, now: datetime) -> None:
        memberships.change_role(_membership(free_user, lab), role=Role.OWNER, actor="user:1", now=now)
        assert _history(lab) == []

    def test_never_takes_the_last_owner(self, lab: Lab, free_user: User, stranger: User, now: datetime) -> None:
        memberships.join(lab, user=stranger, role=Role.MEMBER, actor="user:1", now=now)
        with pytest.raises(LastOwnerError):
            memberships.change_role(_membership(free_user, lab), role=Role.MEMBER, actor="user:1", now=now)
        assert _membership(free_user, lab).role == Role.OWNER


@pytest.mark.django_db
class TestRemove:
    def test_ends_the_membership_and_says_who_did(self, lab: Lab, stranger: User, now: datetime) -> None:
        memberships.join(lab, user=stranger, role=Role.OWNER, actor="user:1", now=now)
        memberships.remove(_membership(stranger, lab), actor="user:1", now=now)
        assert not lab.memberships.filter(user=stranger).exists()
        assert _history(lab)[-1] == (stranger.email, Change.REMOVED, "", "user:1")

    def test_never_takes_the_last_owner(self, lab: Lab, free_user: User, now: datetime) -> None:
        with pytest.raises(LastOwnerError):
            memberships.remove(_membership(free_user, lab), actor="admin:1", now=now)

    def test_says_when_somebody_was_quicker(self, lab: Lab, stranger: User, now: datetime) -> None:
        memberships.join(lab, user=stranger, role=Role.MEMBER, actor="user:1", now=now)
        membership = _membership(stranger, lab)
        memberships.remove(membership, actor="user:1", now=now)
        with pytest.raises(Membership.DoesNotExist):
            memberships.remove(membership, actor="user:1", now=now)
        assert len(_history(lab)) == 2


@pytest.mark.django_db
class TestLeave:
    def test_is_the_members_own_doing(self, lab: Lab, stranger: User, now: datetime) -> None:
        memberships.join(lab, user=stranger, role=Role.MEMBER, actor="user:1", now=now)
        memberships.leave(_membership(stranger, lab), now=now)
        assert _history(lab)[-1] == (stranger.email, Change.LEFT, "", f"user:{stranger.pk}")

    def test_is_not_for_the_last_owner(self, lab: Lab, free_user: User, now: datetime) -> None:
        with pytest.raises(LastOwnerError):
            memberships.leave(_membership(free_user, lab), now=now)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.mark.parametrize("change", ["demote", "remove", "leave"])
    def test_two_owners_leave_one(self, free_user: User, stranger: User, now: datetime, change: str) -> None:
        lab = free_user.labs.get()
        memberships.join(lab, user=stranger, role=Role.OWNER, actor="user:1", now=now)
        first, second = _membership(free_user, lab), _membership(stranger, lab)
        changes: dict[str, Callable[[Membership], None]] = {
            "demote": lambda membership: memberships.change_role(membership, role=Role.MEMBER, actor="user:1", now=now),
            "remove": lambda membership: memberships.remove(membership, actor="user:1", now=now),
            "leave": lambda membership: memberships.leave(membership, now=now),
        }
        late = meanwhile(lambda: changes[change](second), first=lambda: changes[change](first))
        assert isinstance(late.exception(), LastOwnerError)
        assert [member.user for member in lab.memberships.filter(role=Role.OWNER)] == [stranger]


@pytest.mark.django_db
class TestDisband:
    def test_leaves_a_lab_that_nobody_sees(self, lab: Lab, free_user: User, stranger: User, now: datetime) -> None:
        memberships.join(lab, user=stranger, role=Role.MEMBER, actor="admin:1", now=now)
        memberships.disband(lab, now=now)
        assert not Lab.objects.of(free_user).filter(pk=lab.pk).exists()
        assert not Lab.objects.of(stranger).filter(pk=lab.pk).exists()
        assert list(Lab.objects.closed()) == [lab]

    def test_keeps_the_moment_of_the_first_time(self, lab: Lab, now: datetime) -> None:
        memberships.disband(lab, now=now)
        memberships.disband(lab, now=now + timedelta(hours=1))
        assert Lab.objects.closed().get().closed_at == now
