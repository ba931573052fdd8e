"""Signing up, in, out, and what to do about a forgotten password: as a person does it."""

import re
from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import Page, expect

from genomics.mail.models import Mail
from genomics.users.models import Lab, User
from tests.browser.watching import Watch

PASSWORD = "correct horse battery"
_CODE = re.compile(r"^ {4}(\S+)$", re.MULTILINE)


def code_for(email: str) -> str:
    """This function will give the code of the latest mail to an address."""
    return code_in(Mail.objects.filter(recipient=email).latest("pk").text)


def code_in(text: str) -> str:
    """This function will give the code that a mail tells."""
    found = _CODE.search(text)
    assert found, text
    return found[1]


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


class TestSignUp:
    def test_leads_through_a_code_to_the_jobs(self, page: Page, url: str, watch: Watch) -> None:
        page.goto(url)
        page.get_by_role("link", name="Create an account").click()
        page.get_by_label("Email").fill("new@lab.example")
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Create the account")
        expect(page.get_by_role("heading", name="Confirm your email address")).to_be_visible()
        expect(page.get_by_text("new@lab.example")).to_be_visible()
        expect(page.get_by_text("It is good for 15 minutes.")).to_be_visible()
        watch.check_look()
        page.get_by_label("Code").fill(code_for("new@lab.example"))
        press(page, "Confirm")
        expect(page.get_by_role("heading", name="No jobs yet")).to_be_visible()
        assert [lab.email for lab in Lab.objects.of(User.objects.get())] == ["new@lab.example"]

    def test_refuses_a_wrong_code(self, page: Page, url: str, watch: Watch) -> None:
        page.goto(url + reverse("account_signup"))
        page.get_by_label("Email").fill("new@lab.example")
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Create the account")
        page.get_by_label("Code").fill("WRONG-CODE")
        press(page, "Confirm")
        expect(page.get_by_text("Incorrect code")).to_be_visible()
        watch.check_look()

    def test_sends_a_new_code_on_request(self, page: Page, url: str) -> None:
        page.goto(url + reverse("account_signup"))
        page.get_by_label("Email").fill("new@lab.example")
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Create the account")
        expect(page.get_by_role("heading", name="Confirm your email address")).to_be_visible()
        first = code_for("new@lab.example")
        press(page, "Send a new code")
        expect(page.get_by_role("heading", name="Confirm your email address")).to_be_visible()
        assert code_for("new@lab.example") != first


class TestSignIn:
    def test_leads_to_the_jobs_and_out_again(self, page: Page, url: str, free_user: User) -> None:
        page.goto(url + reverse("jobs:list"))
        page.get_by_label("Email").fill(free_user.email)
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Sign in")
        expect(page).to_have_url(url + reverse("jobs:list"))
        page.get_by_role("button", name="Your account").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
        page.goto(url + reverse("jobs:list"))
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    def test_refuses_a_wrong_password(self, page: Page, url: str, free_user: User, watch: Watch) -> None:
        page.goto(url + reverse("account_login"))
        page.get_by_label("Email").fill(free_user.email)
        page.get_by_label("Password").fill("not this one")
        press(page, "Sign in")
        expect(page.get_by_role("alert")).to_contain_text("not correct")
        watch.check_look()

    def test_goes_nowhere_else_afterwards(self, page: Page, url: str, free_user: User) -> None:
        page.goto(f"{url}{reverse('account_login')}?next=https://elsewhere.example/")
        page.get_by_label("Email").fill(free_user.email)
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Sign in")
        expect(page).to_have_url(url + reverse("jobs:list"))


class TestPasswordReset:
    def test_leads_through_a_code_to_a_new_password(self, page: Page, url: str, free_user: User, watch: Watch) -> None:
        page.goto(url + reverse("account_login"))
        page.get_by_role("link", name="Forgot your password?").click()
        page.get_by_label("Email").fill(free_user.email)
        press(page, "Send me a code")
        page.get_by_label("Code").fill(code_for(free_user.email))
        press(page, "Confirm")
        expect(page.get_by_role("heading", name="Choose a new password")).to_be_visible()
        watch.check_look()
        page.get_by_label("New Password", exact=True).fill("another horse battery")
        page.get_by_label("New Password (again)").fill("another horse battery")
        press(page, "Set the new password")
        expect(page.get_by_role("heading", name="Sign in with your new password")).to_be_visible()
        expect(page.get_by_text("Your password is changed.")).to_have_count(1)
        watch.check_look()
        free_user.refresh_from_db()
        assert free_user.check_password("another horse battery")
        page.get_by_role("main").get_by_role("link", name="Sign in").click()
        expect(page.get_by_label("Email")).to_be_visible()


class TestEmailChange:
    def test_takes_effect_once_password_and_code_are_entered(
        self, page: Page, url: str, free_user: User, sign_in: Callable[[User], None], watch: Watch
    ) -> None:
        """The password is asked for however fresh the session is; the address need not be typed again after it."""
        sign_in(free_user)
        page.goto(url + reverse("account_email"))
        page.get_by_label("New email address").fill("moved@lab.example")
        press(page, "Change the address")
        expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
        watch.check_look()
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Confirm")
        page.get_by_label("Code").fill(code_for("moved@lab.example"))
        press(page, "Confirm")
        expect(page.get_by_text("The email address moved@lab.example is confirmed.")).to_be_visible()
        free_user.refresh_from_db()
        assert free_user.email == "moved@lab.example"


class TestProfile:
    def test_is_saved(self, page: Page, url: str, free_user: User, sign_in: Callable[[User], None]) -> None:
        sign_in(free_user)
        page.goto(url + reverse("users:profile"))
        page.get_by_label("Name").fill("Ana Novak")
        page.get_by_label("Time zone").select_option("Europe/Ljubljana")
        page.get_by_role("button", name="Save the profile").click()
        expect(page.get_by_role("status").filter(has_text="Your profile is saved.")).to_be_visible()
        free_user.refresh_from_db()
        assert (free_user.name, free_user.time_zone) == ("Ana Novak", "Europe/Ljubljana")
