from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from archive import postponing, recall, upgrading
from archive.models import ArchivedFile
from genomics.users.models import Lab, Membership, Role, User
from jobs.models import Job, Status
from tests.archive.world import World, hints

SignIn = Callable[[User], Client]


def _at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """This function will let pages go by the world's clock."""
    monkeypatch.setattr("genomics.clock.now", world.clock)
    monkeypatch.setattr("django.utils.timezone.now", world.clock)


@pytest.fixture(autouse=True)
def _clock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _at(world, monkeypatch)


def _due_in(world: World, user: User, duration: timedelta) -> Job:
    job = world.result(user)
    Job.objects.filter(pk=job.pk).update(archive_due_at=world.clock.now + duration)
    job.refresh_from_db()
    return job


class TestReceipt:
    def test_tells_size_and_digest_of_each_stay_and_each_return(
        self, world: World, client_of: SignIn, free_user: User
    ) -> None:
        job = world.result(free_user)
        world.archive(job)
        world.clock.forward(timedelta(hours=1))
        job.refresh_from_db()
        with hints():
            recall.begin_for([job], actor="admin:1", now=world.clock.now)
            world.ask(job)
            world.watch()
        world.restore(job)
        told = client_of(free_user).get(reverse("archive:receipt", args=[job.pk])).json()
        vcf = next(file for file in told["files"] if file["kind"] == "VCF")
        made = job.files.get(kind="VCF")
        (stay,) = vcf["stays"]
        for entry in (vcf["made"], stay["archived"], *stay["restored"]):
            assert (entry["size_bytes"], entry["sha256"]) == (made.size_bytes, made.sha256)
        assert len(stay["restored"]) == 1
        assert vcf["is_unbroken"]
        assert stay["left_at"] is not None
        assert [file["kind"] for file in told["files"]] == ["VCF", "TABLE"]

    def test_says_when_the_bytes_are_not_the_same(self, world: World, client_of: SignIn, free_user: User) -> None:
        job = world.result(free_user)
        world.archive(job)
        ArchivedFile.objects.update(sha256="0" * 64)
        told = client_of(free_user).get(reverse("archive:receipt", args=[job.pk])).json()
        assert not any(file["is_unbroken"] for file in told["files"])

    def test_is_not_for_strangers_nor_for_posting(
        self, world: World, client_of: SignIn, free_user: User, stranger: User, client: Client
    ) -> None:
        url = reverse("archive:receipt", args=[world.result(free_user).pk])
        assert client_of(stranger).get(url).status_code == 404
        assert client_of(free_user).post(url).status_code == 405
        assert client.get(url).status_code == 302


class TestPostpone:
    def test_keeps_a_result_hot_up_to_24_hours_after_it_was_made(
        self, world: World, client_of: SignIn, free_user: User
    ) -> None:
        job = _due_in(world, free_user, timedelta(minutes=3))
        client = client_of(free_user)
        page = client.get(reverse("jobs:detail", args=[job.pk])).content.decode()
        for seconds in (3600, 21600, 86400):
            assert f'value="{seconds}"' in page
        answer = client.post(reverse("archive:postpone", args=[job.pk]), {"seconds": "21600"}, follow=True)
        assert "sample.vcf is kept hot until 1 March 2026, 18:00 UTC." in answer.content.decode()
        job.refresh_from_db()
        assert job.archive_due_at == world.clock.now + timedelta(hours=6)
        event = job.events.latest("sequence")
        assert (event.status, event.actor) == (Status.COMPLETED, f"user:{free_user.pk}")
        page = client.get(reverse("jobs:detail", args=[job.pk])).content.decode()
        assert 'value="21600"' not in page
        assert 'value="86400"' in page

    @pytest.mark.parametrize("seconds", ["", "1", "-3600", "3600.0", "90000", "٣٦٠٠", "1e9"])
    def test_refuses_what_is_no_choice(self, world: World, client_of: SignIn, free_user: User, seconds: str) -> None:
        job = _due_in(world, free_user, timedelta(minutes=3))
        answer = client_of(free_user).post(
            reverse("archive:postpone", args=[job.pk]), {"seconds": seconds}, follow=True
        )
        assert "cannot be kept hot for that long" in answer.content.decode()
        before = job.archive_due_at
        job.refresh_from_db()
        assert job.archive_due_at == before

    def test_refuses_a_time_that_has_passed_since_the_page_was_shown(
        self, world: World, client_of: SignIn, free_user: User
    ) -> None:
        job = _due_in(world, free_user, timedelta(hours=2))
        answer = client_of(free_user).post(reverse("archive:postpone", args=[job.pk]), {"seconds": "3600"}, follow=True)
        assert "is kept hot until 1 March 2026, 14:00 UTC already" in answer.content.decode()

    def test_refuses_when_it_rests_already(self, world: World, client_of: SignIn, free_user: User) -> None:
        job = world.result(free_user)
        world.archive(job)
        answer = client_of(free_user).post(reverse("archive:postpone", args=[job.pk]), {"seconds": "3600"}, follow=True)
        assert "sample.vcf is archived: that cannot be done now." in answer.content.decode()

    def test_is_for_who_decides_about_the_job(
        self, world: World, client_of: SignIn, free_user: User, stranger: User
    ) -> None:
        job = _due_in(world, free_user, timedelta(minutes=3))
        url = reverse("archive:postpone", args=[job.pk])
        assert client_of(stranger).post(url, {"seconds": "3600"}).status_code == 404
        Membership.objects.create(lab=Lab.objects.of(free_user)[0], user=stranger, role=Role.MEMBER)
        assert client_of(stranger).post(url, {"seconds": "3600"}).status_code == 403
        assert "postpone" not in client_of(stranger).get(reverse("jobs:detail", args=[job.pk])).content.decode()
        assert client_of(free_user).get(url).status_code == 405
        before = job.archive_due_at
        job.refresh_from_db()
        assert job.archive_due_at == before

    def test_is_refused_without_a_token(self, world: World, free_user: User) -> None:
        job = _due_in(world, free_user, timedelta(minutes=3))
        client = Client(enforce_csrf_checks=True)
        client.force_login(free_user, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.post(reverse("archive:postpone", args=[job.pk]), {"seconds": "3600"}).status_code == 403

    def test_is_limited(self, world: World, client_of: SignIn, free_user: User, settings: Any) -> None:
        settings.RATE_LIMITING = True
        job = _due_in(world, free_user, timedelta(minutes=3))
        client, url = client_of(free_user), reverse("archive:postpone", args=[job.pk])
        answers = [client.post(url, {"seconds": "x"}).status_code for _ in range(61)]
        assert answers == [302] * 60 + [429]


class TestPanel:
    def _page(self, client: Client, job: Job) -> str:
        return " ".join(client.get(reverse("jobs:detail", args=[job.pk])).content.decode().split())

    def test_tells_until_when_a_result_is_hot(self, world: World, client_of: SignIn, free_user: User) -> None:
        job = _due_in(world, free_user, timedelta(minutes=3))
        page = self._page(client_of(free_user), job)
        assert "Kept hot until" in page
        assert "1 March 2026, 12:03:00 UTC" in page
        world.clock.forward(timedelta(minutes=4))
        assert "To be archived any moment" in self._page(client_of(free_user), job)

    def test_tells_times_in_the_zone_of_the_reader(self, world: World, client_of: SignIn, free_user: User) -> None:
        User.objects.update(time_zone="Asia/Tokyo")
        job = _due_in(world, free_user, timedelta(minutes=3))
        assert "1 March 2026, 21:03:00 JST" in self._page(client_of(free_user), job)

    def test_keeps_hot_what_a_plan_keeps(self, world: World, client_of: SignIn, premium_user: User) -> None:
        job = world.result(premium_user, due=False)
        assert "Kept hot as long as the lab is on plan Premium" in self._page(client_of(premium_user), job)

    def test_follows_a_result_to_the_archive_and_back(
        self, world: World, client_of: SignIn, free_user: User, settings: Any
    ) -> None:
        client = client_of(free_user)
        job = world.result(free_user)
        world.clock.forward(timedelta(minutes=1))
        world.archive(job)
        page = self._page(client, job)
        assert "Archived</strong>" in page
        assert "Get it back, byte for byte" in page
        assert "See what comes back" in page
        world.clock.forward(timedelta(minutes=9))
        job.refresh_from_db()
        with hints():
            recall.begin_for([job], actor="admin:1", now=world.clock.now)
        page = self._page(client, job)
        assert "Asked back in tier Standard" in page
        assert "Expected between <time" in page
        assert "1 March 2026, 15:11" in page
        assert "1 March 2026, 17:11 UTC" in page
        assert "Get it back" not in page
        with hints():
            world.ask(job)
            world.clock.forward(timedelta(hours=6))
            assert "It takes longer than expected" in self._page(client, job)
            world.watch()
        assert "The vault has it ready" in self._page(client, job)
        world.restore(job)
        page = self._page(client, job)
        assert "Restored, byte for byte" in page
        assert "The same bytes each time." in page

    def test_names_who_changes_the_plan_where_no_page_does(
        self, world: World, client_of: SignIn, free_user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(upgrading, "_ways", [])
        job = world.result(free_user)
        world.archive(job)
        assert "An administrator of Genomics Cloud changes the plan" in self._page(client_of(free_user), job)

    def test_leads_to_where_the_plan_is_changed_once_there_is_such_a_page(
        self, world: World, client_of: SignIn, free_user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(upgrading, "_ways", [])
        upgrading.offer(lambda job, user: upgrading.Way(url=f"/plans/{job.lab_id}/", words=f"Upgrade, {user.email}"))
        with pytest.raises(ValueError, match="already"):
            upgrading.offer(lambda job, user: None)
        job = world.result(free_user)
        world.archive(job)
        page = self._page(client_of(free_user), job)
        assert f'href="/plans/{job.lab_id}/"' in page
        assert "An administrator of Genomics Cloud" not in page

    def test_is_not_there_without_a_result(self, world: World, client_of: SignIn, free_user: User) -> None:
        job = world.result(free_user)
        Job.objects.update(status=Status.FAILED, archive_due_at=None)
        assert "Where the result is" not in self._page(client_of(free_user), job)


class TestChoices:
    def test_end_with_what_the_plan_allows(self, world: World, free_user: User, settings: Any) -> None:
        limits = {**settings.PLAN_LIMITS["FREE"], "longest_kept_hot": timedelta(hours=2)}
        settings.PLAN_LIMITS = {**settings.PLAN_LIMITS, "FREE": limits}
        job = _due_in(world, free_user, timedelta(minutes=3))
        found = postponing.choices(job, user=free_user, now=world.clock.now)
        assert [choice.seconds for choice in found] == [3600, 7200]
