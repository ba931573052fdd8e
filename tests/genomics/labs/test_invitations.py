import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from genomics.labs import invitations
from genomics.labs.errors import InvitationEndedError, NotInvitableError
from genomics.labs.models import Invitation, State, digest
from genomics.mail.models import Mail
from genomics.users import memberships
from genomics.users.models import Change, Lab, Membership, Role, User

_LINK = re.compile(rf"^{re.escape(settings.WEB_ORIGIN)}/invitations/([\w-]+)/$", re.MULTILINE)
EMAIL = "new@lab.example"


def token_of(mail: Mail) -> str:
    """This function will give the token of the link in an invitation."""
    found = _LINK.search(mail.text)
    assert found, mail.text
    return found[1]


@pytest.fixture
def lab(free_user: User) -> Lab:
    return free_user.labs.get()


@pytest.fixture
def invitation(lab: Lab, free_user: User, now: datetime) -> Invitation:
    return invitations.invite(lab, email=EMAIL, role=Role.MEMBER, by=free_user, now=now)


@pytest.fixture
def invited(db: None) -> User:
    user = User.objects.create_user(EMAIL)
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    return user


@pytest.mark.django_db
class TestInvite:
    def test_mails_a_link_whose_token_is_stored_nowhere(self, invitation: Invitation) -> None:
        mail = Mail.objects.get()
        token = token_of(mail)
        assert mail.recipient == EMAIL
        assert token in mail.html
        assert token not in mail.key
        assert invitation.token_sha256 == digest(token)
        assert len(token) >= 43

    def test_is_good_for_seven_days(self, invitation: Invitation, now: datetime) -> None:
        assert invitation.expires_at == now + timedelta(days=7)
        assert "7 days" in Mail.objects.get().text

    def test_leaves_an_event_with_its_actor(self, lab: Lab, invitation: Invitation, free_user: User) -> None:
        event = lab.membership_events.latest("id")
        assert (event.email, event.change, event.actor) == (EMAIL, Change.INVITED, f"user:{free_user.pk}")

    def test_says_the_same_to_people_with_and_without_an_account(
        self, lab: Lab, free_user: User, stranger: User, now: datetime
    ) -> None:
        texts = []
        for email in (stranger.email, EMAIL):
            invitations.invite(lab, email=email, role=Role.MEMBER, by=free_user, now=now)
            mail = Mail.objects.latest("pk")
            texts.append(mail.text.replace(email, "").replace(token_of(mail), ""))
        assert texts[0] == texts[1]

    @pytest.mark.parametrize("email", [EMAIL, "NEW@lab.example"])
    def test_refuses_an_address_with_an_open_invitation(
        self, lab: Lab, invitation: Invitation, free_user: User, now: datetime, email: str
    ) -> None:
        with pytest.raises(NotInvitableError, match="open invitation"):
            invitations.invite(lab, email=email, role=Role.MEMBER, by=free_user, now=now)
        assert Mail.objects.count() == 1

    def test_refuses_a_member(self, lab: Lab, free_user: User, now: datetime) -> None:
        with pytest.raises(NotInvitableError, match="member"):
            invitations.invite(lab, email="FREE@lab.example", role=Role.MEMBER, by=free_user, now=now)
        assert not Mail.objects.exists()

    def test_does_not_know_the_members_of_other_labs(
        self, lab: Lab, invitation: Invitation, stranger: User, now: datetime
    ) -> None:
        other = stranger.labs.get()
        invitations.invite(other, email=EMAIL, role=Role.MEMBER, by=stranger, now=now)
        assert Invitation.objects.open().count() == 2

    def test_names_no_line_or_header_after_a_lab(self, lab: Lab, free_user: User, now: datetime) -> None:
        lab.name = "Lab\r\nBcc: all@evil.example <b>" + "x" * 170
        invitations.invite(lab, email=EMAIL, role=Role.MEMBER, by=free_user, now=now)
        mail = Mail.objects.get()
        assert len(mail.subject) < 100
        assert len(mail.subject.splitlines()) == 1
        assert not any(line.startswith("Bcc") for line in mail.text.splitlines())
        assert "<b>" not in mail.html

    def test_is_open_once_for_each_lab_and_address_in_the_database_too(
        self, invitation: Invitation, now: datetime
    ) -> None:
        twin = Invitation(
            lab=invitation.lab,
            email=EMAIL.upper(),
            invited_by=invitation.invited_by,
            token_sha256="0",
            created_at=now,
            expires_at=now,
        )
        with pytest.raises(IntegrityError), transaction.atomic():
            twin.save()


@pytest.mark.django_db
class TestSendAgain:
    def test_mails_a_new_link_in_place_of_the_old_one(
        self, invitation: Invitation, free_user: User, now: datetime
    ) -> None:
        later = now + timedelta(days=8)
        old = token_of(Mail.objects.get())
        invitations.send_again(invitation, by=free_user, now=later)
        new = token_of(Mail.objects.latest("pk"))
        assert not Invitation.objects.with_token(old).exists()
        assert Invitation.objects.with_token(new).get().expires_at == later + timedelta(days=7)

    def test_is_too_late_after_the_end(self, invitation: Invitation, free_user: User, now: datetime) -> None:
        invitations.revoke(invitation, by=free_user, now=now)
        with pytest.raises(InvitationEndedError):
            invitations.send_again(invitation, by=free_user, now=now)
        assert Mail.objects.count() == 1


@pytest.mark.django_db
class TestRevoke:
    def test_ends_the_invitation_with_an_event(self, invitation: Invitation, free_user: User, now: datetime) -> None:
        invitations.revoke(invitation, by=free_user, now=now)
        invitation.refresh_from_db()
        assert (invitation.state, invitation.ended_at) == (State.REVOKED, now)
        assert invitation.lab.membership_events.latest("id").change == Change.REVOKED

    def test_happens_once(self, invitation: Invitation, free_user: User, now: datetime) -> None:
        invitations.revoke(invitation, by=free_user, now=now)
        with pytest.raises(InvitationEndedError):
            invitations.revoke(invitation, by=free_user, now=now)

    def test_lets_the_address_be_invited_again(self, invitation: Invitation, free_user: User, now: datetime) -> None:
        invitations.revoke(invitation, by=free_user, now=now)
        invitations.invite(invitation.lab, email=EMAIL, role=Role.OWNER, by=free_user, now=now)
        assert Invitation.objects.open().get().role == Role.OWNER


@pytest.mark.django_db
class TestIsFor:
    def test_asks_for_a_verified_address(self, invitation: Invitation, invited: User, stranger: User) -> None:
        assert invitations.is_for(invitation, user=invited)
        assert not invitations.is_for(invitation, user=stranger)
        EmailAddress.objects.filter(user=invited).update(verified=False)
        assert not invitations.is_for(invitation, user=invited)

    def test_does_not_look_at_capitals(self, invitation: Invitation, invited: User) -> None:
        invitation.email = EMAIL.upper()
        assert invitations.is_for(invitation, user=invited)


@pytest.mark.django_db
class TestAccept:
    def test_makes_a_member_with_the_role_of_the_invitation(
        self, invitation: Invitation, invited: User, now: datetime
    ) -> None:
        invitations.accept(invitation, user=invited, now=now)
        assert Membership.objects.get(lab=invitation.lab, user=invited).role == Role.MEMBER
        event = invitation.lab.membership_events.latest("id")
        assert (event.change, event.actor) == (Change.JOINED, f"user:{invited.pk}")

    def test_happens_once(self, invitation: Invitation, invited: User, now: datetime) -> None:
        invitations.accept(invitation, user=invited, now=now)
        memberships.leave(Membership.objects.get(lab=invitation.lab, user=invited), now=now)
        with pytest.raises(InvitationEndedError):
            invitations.accept(invitation, user=invited, now=now)
        assert not invitation.lab.memberships.filter(user=invited).exists()

    def test_is_too_late_after_seven_days(self, invitation: Invitation, invited: User, now: datetime) -> None:
        with pytest.raises(InvitationEndedError):
            invitations.accept(invitation, user=invited, now=now + timedelta(days=7))
        assert not invitation.lab.memberships.filter(user=invited).exists()

    @pytest.mark.parametrize("end", [invitations.revoke, invitations.send_again])
    def test_is_too_late_once_an_owner_has_changed_it(
        self, invitation: Invitation, invited: User, free_user: User, now: datetime, end: Callable[..., None]
    ) -> None:
        end(Invitation.objects.get(), by=free_user, now=now)
        with pytest.raises(InvitationEndedError):
            invitations.accept(invitation, user=invited, now=now)
        assert not invitation.lab.memberships.filter(user=invited).exists()

    @pytest.mark.parametrize("loss", ["removed", "demoted", "deactivated"])
    def test_is_too_late_once_who_invited_is_no_owner_any_more(
        self, invitation: Invitation, invited: User, free_user: User, stranger: User, now: datetime, loss: str
    ) -> None:
        """Or an owner could invite an address of their own, be removed, and come back."""
        memberships.join(invitation.lab, user=stranger, role=Role.OWNER, actor="admin:1", now=now)
        inviter = Membership.objects.get(lab=invitation.lab, user=free_user)
        if loss == "removed":
            memberships.remove(inviter, actor="user:1", now=now)
        elif loss == "demoted":
            memberships.change_role(inviter, role=Role.MEMBER, actor="user:1", now=now)
        else:
            User.objects.filter(pk=free_user.pk).update(is_active=False)
        with pytest.raises(InvitationEndedError):
            invitations.accept(invitation, user=invited, now=now)
        assert not invitation.lab.memberships.filter(user=invited).exists()
        invitations.send_again(invitation, by=stranger, now=now)
        invitations.accept(invitation, user=invited, now=now)
        assert invitation.lab.memberships.filter(user=invited).exists()

    def test_does_not_demote_who_is_a_member_already(
        self, invitation: Invitation, invited: User, now: datetime
    ) -> None:
        memberships.join(invitation.lab, user=invited, role=Role.OWNER, actor="admin:1", now=now)
        invitations.accept(invitation, user=invited, now=now)
        assert Membership.objects.get(lab=invitation.lab, user=invited).role == Role.OWNER


@pytest.mark.django_db
class TestDecline:
    def test_ends_the_invitation_with_an_event(self, invitation: Invitation, invited: User, now: datetime) -> None:
        invitations.decline(invitation, user=invited, now=now)
        invitation.refresh_from_db()
        assert invitation.state == State.DECLINED
        assert invitation.lab.membership_events.latest("id").change == Change.DECLINED
        assert not invitation.lab.memberships.filter(user=invited).exists()


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_a_link_is_used_once_by_many_tabs(self, invitation: Invitation, invited: User, now: datetime) -> None:
        def accept(_: int) -> bool:
            try:
                invitations.accept(Invitation.objects.get(), user=User.objects.get(email=EMAIL), now=now)
            except InvitationEndedError:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(4) as tabs:
            assert sum(tabs.map(accept, range(4))) == 1
        assert invitation.lab.membership_events.filter(change=Change.JOINED).count() == 1
