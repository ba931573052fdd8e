"""Working together in a lab: as two people do it, each in a browser of their own."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from genomics.labs import invitations
from genomics.labs.models import Invitation
from genomics.mail.models import Mail
from genomics.users import memberships
from genomics.users.models import Lab, Membership, Role, User
from jobs.models import Status
from tests.browser.test_accounts import PASSWORD, code_for, press
from tests.browser.watching import PATIENCE_MS, PHONE, Watch
from tests.jobs.factory import make_job

SignIn = Callable[[User], None]

# Names of what stands in the header and is narrower than a finger, or hidden in part by its neighbour.
_COVERED = """
() => {
  const shown = [...document.querySelectorAll(".site-header :is(a, button)")].filter((one) => one.checkVisibility());
  const boxes = shown.filter((one) => !one.closest(".dropdown-menu")).map((one) => [one, one.getBoundingClientRect()]);
  const isHidden = ([, box], index) => box.width < 24 || boxes[index + 1]?.[1].left < box.right;
  return boxes.filter(isHidden).map(([one]) => one.textContent.trim());
}
"""


@pytest.fixture
def other_page(browser: Browser, url: str) -> Iterator[Page]:
    """This function will give a page in a second browser, whose complaints count as well."""
    context = browser.new_context(color_scheme="light", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    watch = Watch(page, hosts={url.removeprefix("http://")})
    yield page
    context.close()
    assert watch.complaints == []


def _link(url: str, email: str) -> str:
    """This function will give the link of the latest invitation to an address."""
    mail = Mail.objects.filter(recipient=email, subject__startswith="An invitation").latest("pk")
    found = re.search(rf"{re.escape(settings.WEB_ORIGIN)}(/invitations/\S+)", mail.text)
    assert found, mail.text
    return url + found[1]


def _second_lab(user: User, name: str = "Novak lab") -> Lab:
    return memberships.found(user, name=name, now=timezone.now())


class TestInvitation:
    def test_leads_a_new_person_through_a_mail_to_the_jobs_of_the_lab(
        self, page: Page, other_page: Page, url: str, sign_in: SignIn, free_user: User
    ) -> None:
        make_job(free_user, now=timezone.now(), status=Status.COMPLETED, name="shared.vcf")
        lab = free_user.labs.get()
        sign_in(free_user)
        page.goto(url + reverse("labs:detail", args=[lab.pk]))
        page.get_by_label("Email address").fill("new@lab.example")
        press(page, "Send the invitation")
        expect(page.get_by_text("We mail an invitation to new@lab.example.")).to_be_visible()

        other_page.goto(_link(url, "new@lab.example"))
        expect(other_page.get_by_role("heading", name="You are invited to a lab")).to_be_visible()
        other_page.get_by_role("link", name="Create an account").click()
        other_page.get_by_label("Email").fill("new@lab.example")
        other_page.get_by_label("Password").fill(PASSWORD)
        press(other_page, "Create the account")
        other_page.get_by_label("Code").fill(code_for("new@lab.example"))
        press(other_page, "Confirm")
        expect(other_page.get_by_role("heading", name=f"Join {lab.name}?")).to_be_visible()
        press(other_page, "Join the lab")
        expect(other_page.get_by_text(f"You are a member of {lab.name} now.")).to_be_visible()

        for somebody in (page, other_page):
            somebody.goto(url + reverse("jobs:list"))
            expect(somebody.get_by_role("link", name="shared.vcf")).to_be_visible()

    def test_leads_a_person_with_an_account_through_the_sign_in(
        self, page: Page, url: str, free_user: User, stranger: User
    ) -> None:
        lab = free_user.labs.get()
        invitations.invite(lab, email=stranger.email, role=Role.OWNER, by=free_user, now=timezone.now())
        page.goto(_link(url, stranger.email))
        page.get_by_role("link", name="Sign in").click()
        page.get_by_label("Email").fill(stranger.email)
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Sign in")
        press(page, "Join the lab")
        expect(page.get_by_role("heading", name=lab.name, level=1)).to_be_visible()
        assert Membership.objects.get(lab=lab, user=stranger).role == Role.OWNER

    def test_lets_a_person_with_two_accounts_change_over(
        self, page: Page, url: str, sign_in: SignIn, free_user: User, stranger: User, premium_user: User, watch: Watch
    ) -> None:
        watch.expect("403")
        invitations.invite(
            free_user.labs.get(), email=stranger.email, role=Role.MEMBER, by=free_user, now=timezone.now()
        )
        sign_in(premium_user)
        page.goto(_link(url, stranger.email))
        expect(page.get_by_role("heading", name="This invitation is for another address")).to_be_visible()
        watch.check_look()
        press(page, "Sign out")
        expect(page.get_by_role("heading", name="You are invited to a lab")).to_be_visible()
        watch.check_look()

    def test_says_that_it_is_no_longer_open(self, page: Page, url: str, watch: Watch) -> None:
        watch.expect("404")
        page.goto(url + reverse("labs:invitation", args=["x" * 43]))
        expect(page.get_by_role("heading", name="This invitation is no longer open")).to_be_visible()
        watch.check_look()

    def test_asks_before_somebody_joins(
        self, page: Page, url: str, sign_in: SignIn, free_user: User, stranger: User, watch: Watch
    ) -> None:
        Lab.objects.of(free_user).update(name="A" * 190)
        invitations.invite(
            free_user.labs.get(), email=stranger.email, role=Role.OWNER, by=free_user, now=timezone.now()
        )
        sign_in(stranger)
        page.goto(_link(url, stranger.email))
        watch.check_look()
        press(page, "Decline")
        expect(page.get_by_text("You have declined the invitation.")).to_be_visible()


class TestLab:
    @pytest.fixture
    def lab(self, free_user: User, stranger: User) -> Lab:
        """This function will give a lab with everything that its page can show, under long names."""
        lab = _second_lab(free_user, name="Laboratory of comparative genomics " + "x" * 60)
        now = timezone.now()
        User.objects.filter(pk=stranger.pk).update(name="A" * 100)
        memberships.join(lab, user=stranger, role=Role.MEMBER, actor=f"user:{free_user.pk}", now=now)
        for email in ("new@lab.example", f"{'a' * 60}@{'b' * 60}.example"):
            invitations.invite(lab, email=email, role=Role.MEMBER, by=free_user, now=now)
        Invitation.objects.filter(email="new@lab.example").update(expires_at=now)
        return lab

    def test_looks_right_for_its_owner(
        self, page: Page, url: str, sign_in: SignIn, free_user: User, lab: Lab, watch: Watch
    ) -> None:
        sign_in(free_user)
        page.goto(url + reverse("labs:detail", args=[lab.pk]))
        expect(page.get_by_role("heading", name="Open invitations")).to_be_visible()
        watch.check_look()
        page.get_by_role("button", name="Remove stranger@elsewhere.example").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        watch.check_look()

    def test_looks_right_for_a_member(
        self, page: Page, url: str, sign_in: SignIn, stranger: User, lab: Lab, watch: Watch
    ) -> None:
        sign_in(stranger)
        page.goto(url + reverse("labs:detail", args=[lab.pk]))
        expect(page.get_by_role("heading", name="Members")).to_be_visible()
        expect(page.get_by_role("heading", name="Invite somebody")).to_have_count(0)
        watch.check_look()
        page.goto(url + reverse("labs:list"))
        expect(page.get_by_role("link", name=lab.name)).to_be_visible()
        watch.check_look()

    def test_lets_go_of_a_member_after_a_question(
        self, page: Page, url: str, sign_in: SignIn, free_user: User, stranger: User, lab: Lab
    ) -> None:
        sign_in(free_user)
        page.goto(url + reverse("labs:detail", args=[lab.pk]))
        remove = page.get_by_role("button", name=f"Remove {stranger.email}")
        remove.click()
        page.get_by_role("dialog").get_by_role("button", name="Keep").click()
        assert lab.memberships.filter(user=stranger).exists()
        remove.click()
        page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(page.get_by_text(f"{stranger.email} is no longer a member.")).to_be_visible()
        assert not lab.memberships.filter(user=stranger).exists()

    def test_changes_hands(
        self, page: Page, url: str, sign_in: SignIn, free_user: User, stranger: User, lab: Lab
    ) -> None:
        sign_in(free_user)
        page.goto(url + reverse("labs:detail", args=[lab.pk]))
        page.get_by_role("combobox", name=f"Role of {stranger.email}").select_option("Owner")
        page.get_by_role("button", name=f"Save the role of {stranger.email}").click()
        expect(page.get_by_text(f"{stranger.email} has the role Owner now.")).to_be_visible()
        page.get_by_role("button", name="Leave the lab").click()
        page.get_by_role("dialog").get_by_role("button", name="Leave").click()
        expect(page.get_by_text(f"You have left {lab.name}.")).to_be_visible()
        assert [owner.user for owner in lab.memberships.all()] == [stranger]


class TestSwitch:
    def test_is_not_shown_to_who_has_one_lab(self, page: Page, url: str, sign_in: SignIn, free_user: User) -> None:
        sign_in(free_user)
        page.goto(url + reverse("labs:list"))
        expect(page.get_by_role("button", name="Your account")).to_be_visible()
        expect(page.get_by_role("button", name="Your lab:")).to_have_count(0)

    def test_chooses_a_lab_with_the_keyboard_and_stays_on_the_page(
        self, page: Page, url: str, sign_in: SignIn, free_user: User
    ) -> None:
        lab = _second_lab(free_user)
        sign_in(free_user)
        page.goto(url + reverse("users:profile"))
        switch = page.get_by_role("button", name="Your lab: free")
        switch.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("button", name=lab.name, exact=True)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=f"Your lab: {lab.name}")).to_be_visible()
        expect(page).to_have_url(url + reverse("users:profile"))
        free_user.refresh_from_db()
        assert free_user.current_lab == lab

    def test_looks_right_when_open(self, page: Page, url: str, sign_in: SignIn, free_user: User, watch: Watch) -> None:
        for name in ("Novak lab", "x" * 150, "Laboratory of comparative and evolutionary genomics"):
            _second_lab(free_user, name=name)
        sign_in(free_user)
        page.goto(url + reverse("users:profile"))
        page.get_by_role("button", name="Your lab: free").click()
        expect(page.get_by_role("button", name="Novak lab")).to_be_visible()
        watch.check_look()

    def test_works_on_a_phone(self, page: Page, url: str, sign_in: SignIn, free_user: User) -> None:
        _second_lab(free_user)
        sign_in(free_user)
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        page.goto(url + reverse("jobs:list"))
        assert page.evaluate(_COVERED) == []
        page.get_by_role("button", name="Your lab: free").click()
        page.get_by_role("button", name="Novak lab").click()
        page.get_by_role("button", name="Your lab: Novak lab").wait_for()


class TestProfile:
    def test_switches_mails_off(self, page: Page, url: str, sign_in: SignIn, free_user: User) -> None:
        sign_in(free_user)
        page.goto(url + reverse("users:profile"))
        page.get_by_label("Mail me when a job of mine is done").uncheck()
        press(page, "Save the profile")
        expect(page.get_by_text("Your profile is saved.")).to_be_visible()
        free_user.refresh_from_db()
        assert (free_user.mail_when_done, free_user.mail_when_failed) == (False, True)


class TestDeactivatedUsers:
    def test_are_told_so_at_the_sign_in(self, page: Page, url: str, free_user: User, watch: Watch) -> None:
        User.objects.update(is_active=False)
        page.goto(url + reverse("account_login"))
        page.get_by_label("Email").fill(free_user.email)
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Sign in")
        expect(page.get_by_role("heading", name="Your account is switched off")).to_be_visible()
        watch.check_look()
        page.goto(url + reverse("jobs:list"))
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
