from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from archive import notices, plans, recall
from archive.models import Announcement, ArchivedFile, Recall
from genomics.mail import letters
from genomics.mail.models import Mail
from genomics.users.limits import Plan
from genomics.users.models import Lab, Membership, User
from jobs import deletion, retention
from jobs.models import Job, Status
from tests.archive.world import World, hints

QUIET = settings.ARCHIVE_MAIL_QUIET + timedelta(seconds=1)
HOSTILE = "<img src=x onerror=alert(1)>\r\nBcc: all@evil.example.vcf"


def _subjects() -> list[str]:
    return list(Mail.objects.order_by("pk").values_list("subject", flat=True))


def _asleep(world: World, user: User, *, name: str = "sample.vcf") -> Job:
    job = world.result(user, name=name)
    assert world.archive(job)
    job.refresh_from_db()
    return job


def _set_long(settings_: object) -> None:
    limits = {**settings.PLAN_LIMITS["FREE"], "kept_hot": timedelta(hours=6)}
    settings_.PLAN_LIMITS = {**settings.PLAN_LIMITS, "FREE": limits}  # type: ignore[attr-defined]


class TestArchived:
    def test_makes_one_mail_of_results_that_went_to_sleep_one_after_the_other(
        self, world: World, free_user: User
    ) -> None:
        jobs = [_asleep(world, free_user, name=f"{number}.vcf") for number in range(3)]
        assert notices.sweep(now=world.clock.forward(timedelta(minutes=1))) == 0
        assert notices.sweep(now=world.clock.forward(QUIET)) == 3
        assert notices.sweep(now=world.clock.forward(QUIET)) == 0
        mail = Mail.objects.get()
        assert (mail.recipient, mail.subject) == (free_user.email, "Archived: 3 results")
        for form in (mail.text, mail.html):
            for words in ("3 results rest", "0.vcf", "2.vcf", reverse("jobs:detail", args=[jobs[1].pk])):
                assert words in form
            assert settings.WEB_ORIGIN + reverse("users:profile") in form

    def test_waits_no_longer_than_patience_says(self, world: World, free_user: User) -> None:
        for _ in range(12):
            _asleep(world, free_user)
            if notices.sweep(now=world.clock.forward(timedelta(minutes=3))):
                break
        assert _subjects() == ["Archived: 8 results"]

    def test_names_one_result_and_breaks_no_header(self, world: World, free_user: User) -> None:
        _asleep(world, free_user, name=HOSTILE)
        notices.sweep(now=world.clock.forward(QUIET))
        mail = Mail.objects.get()
        assert mail.subject.startswith("Archived: <img src=x onerror=alert(1)> Bcc")
        assert "<img" not in mail.html
        assert "A result rests" in mail.text

    def test_counts_what_it_does_not_name(self, world: World, free_user: User) -> None:
        for number in range(22):
            _asleep(world, free_user, name=f"n{number}.vcf")
        notices.sweep(now=world.clock.forward(QUIET))
        assert "and 2 more" in Mail.objects.get().text

    @pytest.mark.parametrize("reason", ["unwanted", "left", "inactive"])
    def test_tells_nobody_who_wants_no_mail_or_may_not_see_the_result(
        self, world: World, free_user: User, reason: str
    ) -> None:
        _asleep(world, free_user)
        match reason:
            case "unwanted":
                User.objects.update(mail_when_archived=False)
            case "left":
                Membership.objects.filter(user=free_user).delete()
            case "inactive":
                User.objects.update(is_active=False)
        assert notices.sweep(now=world.clock.forward(QUIET)) == 0
        assert not ArchivedFile.objects.untold().exists()
        assert _subjects() == []

    def test_is_silent_about_what_has_come_back_or_was_deleted_meanwhile(self, world: World, free_user: User) -> None:
        back, deleted = _asleep(world, free_user), _asleep(world, free_user)
        recall.begin_for([back], actor="admin:1", now=world.clock.now)
        deletion.delete(deleted, actor="user:1", now=world.clock.now)
        assert notices.sweep(now=world.clock.forward(QUIET)) == 0
        assert not ArchivedFile.objects.untold().exists()

    def test_tells_each_owner_of_their_own(self, world: World, free_user: User, stranger: User) -> None:
        Membership.objects.create(lab=Lab.objects.of(free_user)[0], user=stranger)
        first, second = _asleep(world, free_user, name="a.vcf"), _asleep(world, free_user, name="b.vcf")
        Job.objects.filter(pk=second.pk).update(owner=stranger)
        notices.sweep(now=world.clock.forward(QUIET))
        told = set(Mail.objects.values_list("recipient", "subject"))
        assert told == {(free_user.email, f"Archived: {first.name}"), (stranger.email, "Archived: b.vcf")}


class TestAnnounced:
    def test_tells_once_before_it_happens_where_results_are_kept_for_long(
        self, world: World, free_user: User, settings: object
    ) -> None:
        _set_long(settings)
        job = world.result(free_user)
        due_at = world.clock.now + timedelta(hours=6)
        Job.objects.update(archive_due_at=due_at)
        assert notices.sweep(now=world.clock.forward(timedelta(hours=4, minutes=50))) == 0
        assert notices.sweep(now=world.clock.forward(timedelta(minutes=20))) == 1
        assert notices.sweep(now=world.clock.forward(timedelta(minutes=20))) == 0
        mail = Mail.objects.get()
        assert mail.subject == "Archived soon: sample.vcf"
        for form in (mail.text, mail.html):
            assert "1 March 2026, 18:00 UTC" in form
            assert "kept hot for longer" in form
            assert reverse("jobs:detail", args=[job.pk]) in form

    def test_tells_times_in_the_zone_of_the_owner(self, world: World, free_user: User, settings: object) -> None:
        _set_long(settings)
        User.objects.update(time_zone="Europe/Berlin")
        world.result(free_user)
        Job.objects.update(archive_due_at=world.clock.now + timedelta(minutes=30))
        notices.sweep(now=world.clock.now)
        assert "1 March 2026, 13:30 CET" in Mail.objects.get().text

    def test_takes_those_along_that_follow_soon(self, world: World, free_user: User, settings: object) -> None:
        _set_long(settings)
        for minutes in (50, 80, 200):
            job = world.result(free_user)
            Job.objects.filter(pk=job.pk).update(archive_due_at=world.clock.now + timedelta(minutes=minutes))
        assert notices.sweep(now=world.clock.now) == 2
        assert Announcement.objects.count() == 2

    def test_tells_of_a_new_date_again_and_not_of_postponing_what_cannot_be(
        self, world: World, free_user: User, settings: object
    ) -> None:
        _set_long(settings)
        job = world.result(free_user)
        Job.objects.update(archive_due_at=world.clock.now + timedelta(minutes=30))
        notices.sweep(now=world.clock.now)
        job.refresh_from_db()
        retention.postpone(
            job, until=world.clock.now + timedelta(hours=24), actor=f"user:{free_user.pk}", now=world.clock.now
        )
        notices.sweep(now=world.clock.forward(timedelta(hours=23, minutes=30)))
        last = Mail.objects.latest("pk")
        assert Mail.objects.count() == 2
        assert "download it" in last.text
        assert "longer" not in last.text

    def test_is_silent_where_results_are_kept_for_minutes(self, world: World, free_user: User) -> None:
        world.result(free_user)
        Job.objects.update(archive_due_at=world.clock.now + timedelta(minutes=2))
        assert notices.sweep(now=world.clock.now) == 0


class TestRestored:
    def _recalled(self, world: World, user: User) -> None:
        with hints():
            plans.change_plan(Lab.objects.of(user)[0].pk, Plan.PREMIUM, actor="admin:1", now=world.clock.now)
            world.collect()

    def test_tells_once_and_only_when_all_is_back(self, world: World, free_user: User) -> None:
        jobs = [_asleep(world, free_user, name=f"{number}.vcf") for number in range(2)]
        self._recalled(world, free_user)
        with hints():
            world.ask(jobs[0])
            world.watch()
        assert world.restore(jobs[0])
        assert notices.sweep(now=world.clock.now) == 0
        assert world.restore(jobs[1])
        assert notices.sweep(now=world.clock.now) == 2
        assert notices.sweep(now=world.clock.now) == 0
        mail = Mail.objects.get()
        assert mail.subject == "Back from the archive: 2 results"
        for form in (mail.text, mail.html):
            assert "byte for byte" in form
            assert "1.vcf" in form
        assert Recall.objects.get().told_at == world.clock.now

    def test_waits_for_what_the_recall_has_not_collected_yet(self, world: World, free_user: User) -> None:
        first = _asleep(world, free_user)
        self._recalled(world, free_user)
        second = world.result(free_user)
        Job.objects.filter(pk=second.pk).update(status=Status.ARCHIVED, archive_due_at=None)
        with hints():
            world.ask(first)
            world.watch()
        world.restore(first)
        assert notices.sweep(now=world.clock.now) == 0

    def test_tells_nobody_who_wants_no_mail(self, world: World, free_user: User) -> None:
        User.objects.update(mail_when_restored=False)
        job = _asleep(world, free_user)
        self._recalled(world, free_user)
        with hints():
            world.ask(job)
            world.watch()
        world.restore(job)
        assert notices.sweep(now=world.clock.now) == 0
        assert Recall.objects.get().told_at is not None

    def test_says_how_many_did_not_come_back(self, world: World, free_user: User) -> None:
        jobs = [_asleep(world, free_user, name=f"{number}.vcf") for number in range(2)]
        notices.sweep(now=world.clock.forward(QUIET))
        with hints():
            recall.begin_for(jobs, actor="admin:1", now=world.clock.now)
            world.ask(jobs[0])
            world.vault.delete(ArchivedFile.objects.filter(job=jobs[1])[0].archive_id)
            for _ in range(4):
                world.watch()
                world.ask(jobs[0])
        for job in jobs:
            world.restore(job)
        assert notices.sweep(now=world.clock.now) == 1
        assert "1 more did not come back" in Mail.objects.latest("pk").text


class TestSweep:
    def test_writes_the_mail_and_what_it_told_together(
        self, world: World, free_user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _asleep(world, free_user)

        def fail(*_args: object, **_fields: object) -> None:
            raise RuntimeError

        with monkeypatch.context() as patch:
            patch.setattr(letters, "post", fail)
            with pytest.raises(RuntimeError), transaction.atomic():
                notices.sweep(now=world.clock.forward(QUIET))
        assert notices.sweep(now=world.clock.forward(QUIET)) == 1
        assert timezone.get_current_timezone_name() == "UTC"
