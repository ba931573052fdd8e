"""Where a result is: the panel on the page of its job, postponing, and what an administrator brings back."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from archive import recall
from archive.models import ArchivedFile
from genomics import clock as database
from genomics.users.models import User
from jobs.models import Job, Status
from tests.archive.world import Clock, World, hints, memory_vault
from tests.browser.watching import PHONE, Watch

SignIn = Callable[[User], None]


@pytest.fixture
def world(aws: object, transactional_db: None) -> Iterator[World]:
    """This function will give a world whose vault is in memory and whose clock began some hours ago."""
    clock = Clock(timezone.now() - timedelta(hours=3))
    with memory_vault(clock) as vault:
        yield World(clock=clock, vault=vault)


def _asleep(world: World, user: User, *, name: str = "sample.vcf") -> Job:
    job = world.result(user, name=name)
    assert world.archive(job)
    job.refresh_from_db()
    return job


def _due(world: World, user: User, *, name: str = "sample.vcf") -> Job:
    world.clock.now = timezone.now() - timedelta(minutes=1)
    job = world.result(user, name=name)
    Job.objects.filter(pk=job.pk).update(archive_due_at=world.clock.now + timedelta(minutes=30))
    return job


def _coming(world: World, user: User, *, name: str = "sample.vcf") -> Job:
    job = _asleep(world, user, name=name)
    world.clock.now = database.now()
    with hints():
        recall.begin_for([job], actor="admin:1", now=world.clock.now)
        world.ask(job)
    return job


def _back(world: World, user: User, *, name: str = "sample.vcf") -> Job:
    job = _coming(world, user, name=name)
    with hints():
        world.watch()
    assert world.restore(job)
    return job


MAKERS = {"due": _due, "asleep": _asleep, "coming": _coming, "back": _back}


class TestPanel:
    @pytest.mark.parametrize("stage", MAKERS)
    def test_looks_right_wherever_the_result_is(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, free_user: User, world: World, stage: str
    ) -> None:
        job = MAKERS[stage](world, free_user, name="a" * 60 + ".vcf")
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        page.get_by_text("Receipt: size and SHA-256").click()
        expect(page.get_by_role("link", name="The receipt as JSON")).to_be_visible()
        watch.check_look()

    def test_lets_people_postpone(self, page: Page, url: str, sign_in: SignIn, free_user: User, world: World) -> None:
        job = _due(world, free_user)
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        group = page.get_by_role("group", name="Keep it hot for longer, until")
        expect(group.get_by_role("button")).to_have_count(3)
        group.get_by_role("button", name="6 h after it was made").click()
        expect(page.get_by_text("sample.vcf is kept hot until")).to_be_visible()
        expect(group.get_by_role("button")).to_have_count(1)
        job.refresh_from_db()
        assert job.finished_at is not None
        assert job.archive_due_at == job.finished_at + timedelta(hours=6)

    def test_follows_the_result_without_a_reload(
        self, page: Page, url: str, sign_in: SignIn, free_user: User, world: World
    ) -> None:
        job = _coming(world, free_user)
        sign_in(free_user)
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        expect(page.get_by_text("Asked back in tier Standard", exact=True)).to_be_visible()
        with hints():
            world.watch()
        assert world.restore(job)
        expect(page.get_by_text("Restored, byte for byte")).to_be_visible()
        expect(page.get_by_role("link", name="Download the annotated VCF")).to_be_visible()

    def test_fits_on_a_phone(
        self, page: Page, url: str, watch: Watch, sign_in: SignIn, free_user: User, world: World
    ) -> None:
        job = _asleep(world, free_user)
        sign_in(free_user)
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        page.goto(url + reverse("jobs:detail", args=[job.pk]))
        expect(page.get_by_role("heading", name="Get it back, byte for byte")).to_be_visible()
        watch.check_look()


class TestAdminRecall:
    def test_shows_the_promise_and_brings_a_result_back(
        self, page: Page, url: str, sign_in: SignIn, free_user: User, admin_user: User, world: World
    ) -> None:
        job = _asleep(world, free_user)
        sign_in(admin_user)
        page.goto(url + reverse("admin:archive_archivedresult_changelist"))
        page.get_by_role("row", name="sample.vcf").get_by_role("checkbox").check()
        page.get_by_label("Action:").select_option("recall")
        page.get_by_role("button", name="Go").click()
        expect(page.get_by_role("row", name="Bulk")).to_contain_text("5 to 12 hours")
        expect(page.get_by_text("1 result, 2 files")).to_be_visible()
        page.get_by_label("Tier").select_option("BULK")
        page.get_by_role("button", name="Recall 1 result").click()
        expect(page.get_by_text("Recalled in tier Bulk (1)")).to_be_visible()
        job.refresh_from_db()
        assert job.status == Status.RESTORING
        assert ArchivedFile.objects.get(job=job, file__kind="VCF").retrievals.get().tier == "BULK"
