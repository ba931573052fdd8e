"""Hostile text in a real browser: nothing runs, nothing leaves its place, nothing makes a page wider than a phone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Dialog, Page

from genomics.users.models import Lab, Membership, Role, User
from jobs.models import Job, JobEvent, Status
from tests import hostile
from tests.browser.watching import DESKTOP, PHONE, Watch
from tests.jobs.factory import make_job

SignIn = Callable[[User], None]
EVERYTHING = " ".join(text for name, text in hostile.ALL.items() if name != "headers")
_OBSERVE = """
  window.ran = [];
  window.alert = text => window.ran.push(text);
  document.addEventListener("securitypolicyviolation", event => window.ran.push(event.violatedDirective));
"""


@pytest.fixture(autouse=True)
def ran(page: Page) -> list[str]:
    """This function will give a list of dialogs; the page keeps its own of alerts and of breaches of its policy."""
    seen: list[str] = []

    def note(dialog: Dialog) -> None:
        seen.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    page.add_init_script(_OBSERVE)
    return seen


def _check(page: Page, url: str, ran: list[str]) -> None:
    for width, height in (DESKTOP, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(url)
        page.wait_for_load_state("networkidle")
        assert (ran, page.evaluate("window.ran")) == ([], [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{url} is wider than {width}"
        assert page.locator("main b, main svg[onload], [onerror], main iframe").count() == 0


class TestAJobWithHostileText:
    @pytest.mark.parametrize("name", hostile.FILE_NAMES.values(), ids=hostile.FILE_NAMES.keys())
    def test_does_no_harm_by_its_name(
        self, page: Page, url: str, sign_in: SignIn, free_user: User, ran: list[str], name: str
    ) -> None:
        job = make_job(free_user, now=timezone.now() - timedelta(minutes=1), status=Status.COMPLETED, name=name)
        sign_in(free_user)
        for path in (reverse("jobs:list"), reverse("jobs:detail", args=[job.pk])):
            _check(page, url + path, ran)
            assert name in page.locator("main").inner_text()

    def test_does_no_harm_by_its_failure(
        self, page: Page, url: str, sign_in: SignIn, free_user: User, ran: list[str]
    ) -> None:
        job = make_job(free_user, now=timezone.now() - timedelta(minutes=1), status=Status.FAILED)
        said = {"failure_message": EVERYTHING, "failure_advice": EVERYTHING, "failure_column": hostile.SCRIPT[:60]}
        Job.objects.filter(pk=job.pk).update(**said, failure_line=7)
        JobEvent.objects.filter(job=job).update(note=EVERYTHING, actor=hostile.HANDLER)
        sign_in(free_user)
        _check(page, url + reverse("jobs:detail", args=[job.pk]), ran)
        assert hostile.SCRIPT in page.locator("main").inner_text()


class TestPeopleWithHostileNames:
    def test_do_no_harm_on_the_pages_of_their_lab(
        self, page: Page, url: str, sign_in: SignIn, free_user: User, stranger: User, ran: list[str]
    ) -> None:
        lab = Lab.objects.of(free_user)[0]
        Membership.objects.create(lab=lab, user=stranger, role=Role.MEMBER)
        User.objects.update(name=EVERYTHING[:150], institution=EVERYTHING[:200])
        Lab.objects.filter(pk=lab.pk).update(name=EVERYTHING[:200])
        sign_in(free_user)
        for path in ("users:profile", "jobs:list", "jobs:new", "labs:list"):
            _check(page, url + reverse(path), ran)
        _check(page, url + reverse("labs:detail", args=[lab.pk]), ran)

    def test_do_no_harm_in_the_admin(
        self, page: Page, url: str, sign_in: SignIn, admin_user: User, free_user: User, ran: list[str], watch: Watch
    ) -> None:
        job = make_job(free_user, now=timezone.now(), name=hostile.FILE_NAMES["markup"])
        JobEvent.objects.filter(job=job).update(note=EVERYTHING)
        User.objects.filter(pk=free_user.pk).update(name=EVERYTHING[:150])
        Lab.objects.update(name=hostile.SCRIPT + hostile.HANDLER)
        sign_in(admin_user)
        watch.expect("404")  # the admin has no icon
        for name, pk in (("jobs_job", job.pk), ("users_user", free_user.pk), ("users_lab", job.lab_id)):
            for path in (reverse(f"admin:{name}_changelist"), reverse(f"admin:{name}_change", args=[pk])):
                page.goto(url + path)
                assert (ran, page.evaluate("window.ran")) == ([], [])
