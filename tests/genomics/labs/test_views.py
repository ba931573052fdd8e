from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from genomics.labs import invitations
from genomics.labs.models import Invitation, State
from genomics.mail.models import Mail
from genomics.settings import accounts
from genomics.users import memberships
from genomics.users.models import Change, Lab, Membership, Role, User
from tests.at_once import meanwhile

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


@pytest.fixture
def lab(free_user: User) -> Lab:
    return free_user.labs.get()


@pytest.fixture
def member(lab: Lab, premium_user: User) -> Membership:
    memberships.join(lab, user=premium_user, role=Role.MEMBER, actor="admin:1", now=timezone.now())
    return Membership.objects.get(lab=lab, user=premium_user)


@pytest.fixture
def invitation(lab: Lab, free_user: User) -> Invitation:
    return invitations.invite(lab, email="new@lab.example", role=Role.MEMBER, by=free_user, now=timezone.now())


def _owner_urls(lab: Lab, member: Membership, invitation: Invitation) -> list[str]:
    return [
        reverse("labs:edit", args=[lab.pk]),
        reverse("labs:invite", args=[lab.pk]),
        reverse("labs:change-role", args=[lab.pk, member.pk]),
        reverse("labs:remove", args=[lab.pk, member.pk]),
        reverse("labs:send-again", args=[lab.pk, invitation.pk]),
        reverse("labs:revoke", args=[lab.pk, invitation.pk]),
    ]


class TestAccess:
    def test_is_the_owners_for_every_change(
        self, client_of: SignIn, lab: Lab, member: Membership, invitation: Invitation, stranger: User
    ) -> None:
        form = {"role": "OWNER", "name": "Taken", "email": "taken@lab.example"}
        for url in _owner_urls(lab, member, invitation):
            assert client_of(stranger).post(url, form).status_code == 404
            assert client_of(member.user).post(url, form).status_code == 403
            assert Client().post(url, form)["Location"].startswith(reverse("account_login"))
            assert client_of(lab.members.earliest("pk")).get(url).status_code == 405
        lab.refresh_from_db()
        member.refresh_from_db()
        invitation.refresh_from_db()
        assert (lab.name, member.role, invitation.state) == ("free", Role.MEMBER, State.OPEN)

    def test_does_not_reach_into_another_lab(
        self, client_of: SignIn, lab: Lab, member: Membership, invitation: Invitation, stranger: User
    ) -> None:
        own = stranger.labs.get()
        for url in _owner_urls(own, member, invitation)[2:]:
            assert client_of(stranger).post(url, {"role": "OWNER"}).status_code == 404
        member.refresh_from_db()
        invitation.refresh_from_db()
        assert (member.role, invitation.state) == (Role.MEMBER, State.OPEN)

    def test_w04_ends_with_the_role(self, client_of: SignIn, lab: Lab, member: Membership, free_user: User) -> None:
        memberships.change_role(member, role=Role.OWNER, actor="user:1", now=timezone.now())
        mine = Membership.objects.get(lab=lab, user=free_user)
        memberships.change_role(mine, role=Role.MEMBER, actor="user:2", now=timezone.now())
        answer = client_of(free_user).post(reverse("labs:remove", args=[lab.pk, member.pk]))
        assert answer.status_code == 403


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_an_owner_who_is_demoted_meanwhile_changes_nothing(
        self, client_of: SignIn, lab: Lab, member: Membership, free_user: User
    ) -> None:
        memberships.change_role(member, role=Role.OWNER, actor="admin:1", now=timezone.now())
        mine, client = Membership.objects.get(lab=lab, user=free_user), client_of(free_user)
        url = reverse("labs:remove", args=[lab.pk, member.pk])
        late = meanwhile(
            lambda: client.post(url).status_code,
            first=lambda: memberships.change_role(mine, role=Role.MEMBER, actor="user:2", now=timezone.now()),
        )
        assert late.result() == 403
        assert lab.memberships.count() == 2


class TestList:
    def test_names_the_labs_of_the_user(self, client_of: SignIn, lab: Lab, member: Membership) -> None:
        page = client_of(member.user).get(reverse("labs:list")).content.decode()
        assert reverse("labs:detail", args=[lab.pk]) in page
        assert page.count('class="labs-name"') == 2

    def test_asks_strangers_to_sign_in(self, client: Client) -> None:
        assert client.get(reverse("labs:list")).status_code == 302


class TestNew:
    def test_makes_a_lab_and_chooses_it(self, client_of: SignIn, free_user: User) -> None:
        page = client_of(free_user).post(reverse("labs:new"), {"name": " Second \n lab "}, follow=True)
        free_user.refresh_from_db()
        assert free_user.current_lab is not None
        assert free_user.current_lab.name == "Second lab"
        assert "Second lab is ready" in page.content.decode()

    @pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\x00b"])
    def test_refuses_a_name_that_is_none(self, client_of: SignIn, free_user: User, name: str) -> None:
        page = client_of(free_user).post(reverse("labs:new"), {"name": name})
        assert page.status_code == 200
        assert "form-error" in page.content.decode()
        assert free_user.labs.count() == 1

    def test_stops_at_the_limit(self, client_of: SignIn, free_user: User, settings: Any) -> None:
        settings.LABS_PER_OWNER = 1
        page = client_of(free_user).post(reverse("labs:new"), {"name": "Second lab"}, follow=True)
        assert "as many as one person may" in page.content.decode()
        assert free_user.labs.count() == 1


class TestDetail:
    def test_shows_owners_members_invitations_and_history(
        self, client_of: SignIn, lab: Lab, member: Membership, invitation: Invitation, free_user: User
    ) -> None:
        page = client_of(free_user).get(reverse("labs:detail", args=[lab.pk])).content.decode()
        for words in (member.user.email, invitation.email, "Who came and went", "Invite somebody", "only owner"):
            assert words in page

    def test_shows_members_the_members_alone(
        self, client_of: SignIn, lab: Lab, member: Membership, invitation: Invitation, free_user: User
    ) -> None:
        page = client_of(member.user).get(reverse("labs:detail", args=[lab.pk])).content.decode()
        assert free_user.email in page
        for words in (invitation.email, "Who came and went", "Invite somebody", "Remove"):
            assert words not in page

    def test_is_hidden_from_strangers(self, client_of: SignIn, lab: Lab, stranger: User) -> None:
        assert client_of(stranger).get(reverse("labs:detail", args=[lab.pk])).status_code == 404

    def test_costs_the_same_however_many_there_are(
        self, client_of: SignIn, lab: Lab, free_user: User, django_assert_max_num_queries: Any
    ) -> None:
        client = client_of(free_user)
        for number in range(20):
            user = User.objects.create_user(f"{number}@lab.example")
            memberships.join(lab, user=user, role=Role.MEMBER, actor=f"user:{user.pk}", now=timezone.now())
            email = f"invited-{number}@lab.example"
            invitations.invite(lab, email=email, role=Role.MEMBER, by=free_user, now=timezone.now())
        with django_assert_max_num_queries(10):
            client.get(reverse("labs:detail", args=[lab.pk]))

    def test_escapes_what_people_write(self, client_of: SignIn, lab: Lab, member: Membership, free_user: User) -> None:
        Lab.objects.update(name="<script>alert(1)</script>")
        User.objects.update(name="<script>alert(2)</script>")
        client = client_of(free_user)
        for url in (reverse("labs:detail", args=[lab.pk]), reverse("labs:list")):
            assert "<script>alert" not in client.get(url).content.decode()


class TestEdit:
    def test_saves_name_and_contact_and_nothing_else(self, client_of: SignIn, lab: Lab, free_user: User) -> None:
        form = {"name": "Novak lab", "email": "office@lab.example", "plan": "PREMIUM"}
        client_of(free_user).post(reverse("labs:edit", args=[lab.pk]), form)
        lab.refresh_from_db()
        assert (lab.name, lab.email, lab.plan) == ("Novak lab", "office@lab.example", "FREE")

    def test_says_what_is_wrong(self, client_of: SignIn, lab: Lab, free_user: User) -> None:
        page = client_of(free_user).post(reverse("labs:edit", args=[lab.pk]), {"name": "New", "email": "no"})
        assert "Enter a valid email address" in page.content.decode()
        lab.refresh_from_db()
        assert lab.name == "free"


class TestChangeRole:
    def test_changes_it(self, client_of: SignIn, lab: Lab, member: Membership, free_user: User) -> None:
        client_of(free_user).post(reverse("labs:change-role", args=[lab.pk, member.pk]), {"role": "OWNER"})
        member.refresh_from_db()
        assert member.role == Role.OWNER
        assert lab.membership_events.latest("id").actor == f"user:{free_user.pk}"

    @pytest.mark.parametrize("role", ["", "KING"])
    def test_knows_two_roles_only(
        self, client_of: SignIn, lab: Lab, member: Membership, free_user: User, role: str
    ) -> None:
        client_of(free_user).post(reverse("labs:change-role", args=[lab.pk, member.pk]), {"role": role})
        member.refresh_from_db()
        assert member.role == Role.MEMBER

    def test_says_that_a_lab_needs_an_owner(self, client_of: SignIn, lab: Lab, free_user: User) -> None:
        mine = lab.memberships.get()
        url = reverse("labs:change-role", args=[lab.pk, mine.pk])
        page = client_of(free_user).post(url, {"role": "MEMBER"}, follow=True)
        assert "is the only owner of this lab" in page.content.decode()
        mine.refresh_from_db()
        assert mine.role == Role.OWNER


class TestRemove:
    def test_takes_the_lab_from_the_member_at_once(
        self, client_of: SignIn, lab: Lab, member: Membership, free_user: User
    ) -> None:
        client_of(free_user).post(reverse("labs:remove", args=[lab.pk, member.pk]))
        assert client_of(member.user).get(reverse("labs:detail", args=[lab.pk])).status_code == 404
        assert lab.membership_events.latest("id").change == Change.REMOVED


class TestLeave:
    def test_takes_the_user_out(self, client_of: SignIn, lab: Lab, member: Membership) -> None:
        client_of(member.user).post(reverse("labs:leave", args=[lab.pk]))
        assert not lab.memberships.filter(pk=member.pk).exists()
        assert lab.membership_events.latest("id").change == Change.LEFT

    def test_keeps_the_last_owner(self, client_of: SignIn, lab: Lab, free_user: User) -> None:
        page = client_of(free_user).post(reverse("labs:leave", args=[lab.pk]), follow=True)
        assert "is the only owner of this lab" in page.content.decode()
        assert lab.memberships.count() == 1

    def test_is_not_for_strangers(self, client_of: SignIn, lab: Lab, stranger: User) -> None:
        assert client_of(stranger).post(reverse("labs:leave", args=[lab.pk])).status_code == 404


class TestInvite:
    def _post(self, client: Client, lab: Lab, email: str) -> Any:
        return client.post(reverse("labs:invite", args=[lab.pk]), {"email": email, "role": "MEMBER"}, follow=True)

    def test_does_not_tell_who_has_an_account(
        self, client_of: SignIn, lab: Lab, free_user: User, stranger: User
    ) -> None:
        client = client_of(free_user)
        pages = [self._post(client, lab, email).content.decode() for email in (stranger.email, "new@lab.example")]
        assert f"We mail an invitation to {stranger.email}." in pages[0]
        assert "We mail an invitation to new@lab.example." in pages[1]
        assert Mail.objects.count() == 2

    @pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "a@lab.example\nBcc: b@lab.example"])
    def test_wants_an_address(self, client_of: SignIn, lab: Lab, free_user: User, email: str) -> None:
        assert "form-error" in self._post(client_of(free_user), lab, email).content.decode()
        assert not Mail.objects.exists()

    def test_says_why_an_address_cannot_be_invited(self, client_of: SignIn, lab: Lab, free_user: User) -> None:
        page = self._post(client_of(free_user), lab, free_user.email)
        assert "is a member of this lab already" in page.content.decode()

    def test_is_limited_for_an_owner_with_many_labs(self, client_of: SignIn, free_user: User, settings: Any) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"invite": "2/h/user"}
        client = client_of(free_user)
        for number in range(3):
            lab = memberships.found(free_user, name=f"Lab {number}", now=timezone.now())
            page = self._post(client, lab, f"{number}@lab.example")
        assert "many invitations" in page.content.decode()
        assert Mail.objects.count() == 2

    def test_is_limited_for_an_address_however_many_owners_invite_it(
        self, client_of: SignIn, free_user: User, premium_user: User, stranger: User, settings: Any
    ) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"invite": "2/h/key"}
        for owner, email in (
            (free_user, "New@lab.example"),
            (premium_user, "new@lab.example"),
            (stranger, "new@lab.example"),
        ):
            self._post(client_of(owner), owner.labs.get(), email)
        assert Mail.objects.count() == 2

    def test_is_limited_by_default(self) -> None:
        assert "invite" in accounts.ACCOUNT_RATE_LIMITS


class TestSendAgain:
    def test_mails_a_new_link(self, client_of: SignIn, lab: Lab, invitation: Invitation, free_user: User) -> None:
        client_of(free_user).post(reverse("labs:send-again", args=[lab.pk, invitation.pk]))
        assert Mail.objects.filter(recipient=invitation.email).count() == 2

    def test_is_limited(
        self, client_of: SignIn, lab: Lab, invitation: Invitation, free_user: User, settings: Any
    ) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"invite": "1/h/key"}
        for _ in range(3):
            client_of(free_user).post(reverse("labs:send-again", args=[lab.pk, invitation.pk]))
        assert Mail.objects.filter(recipient=invitation.email).count() == 2


class TestRevoke:
    def test_ends_the_invitation_and_says_when_it_has_ended(
        self, client_of: SignIn, lab: Lab, invitation: Invitation, free_user: User
    ) -> None:
        url = reverse("labs:revoke", args=[lab.pk, invitation.pk])
        assert "is revoked" in client_of(free_user).post(url, follow=True).content.decode()
        assert "no longer open" in client_of(free_user).post(url, follow=True).content.decode()


class TestAdmin:
    def test_lists_and_opens_invitations_without_their_tokens(
        self, client_of: SignIn, invitation: Invitation, admin_user: User
    ) -> None:
        client = client_of(admin_user)
        for url in (
            reverse("admin:labs_invitation_changelist"),
            reverse("admin:labs_invitation_change", args=[invitation.pk]),
        ):
            page = client.get(url)
            assert page.status_code == 200
            assert invitation.email in page.content.decode()
            assert invitation.token_sha256 not in page.content.decode()


class TestHistory:
    def test_keeps_what_happened_apart_from_the_role(
        self, client_of: SignIn, lab: Lab, free_user: User, invitation: Invitation
    ) -> None:
        page = " ".join(client_of(free_user).get(reverse("labs:detail", args=[lab.pk])).content.decode().split())
        assert f"<strong>{invitation.email}</strong> Invited (Member)" in page
        assert "good for 7 days" in page
