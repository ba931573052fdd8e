from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from archive import recall
from archive.models import ArchivedFile, ArchivedResult, Recall, Retrieval, Tier
from genomics.users.models import User
from jobs import storage
from jobs.models import Job, Status
from tests.admin_pages import act, only_looks, queries_with
from tests.archive.world import World, hints
from tests.genomics.localaws.fixtures import client as aws_client

SignIn = Callable[[User], Client]

RESULTS = "admin:archive_archivedresult_changelist"


def _asleep(world: World, user: User, *, name: str = "sample.vcf") -> ArchivedResult:
    job = world.result(user, name=name)
    assert world.archive(job)
    return ArchivedResult.objects.get(pk=job.pk)


class TestPages:
    def test_show_a_result_with_its_files_events_and_retrievals(
        self, world: World, client_of: SignIn, admin_user: User, free_user: User
    ) -> None:
        job = _asleep(world, free_user)
        with hints():
            recall.begin_for([job], actor="admin:1", now=world.clock.now)
        client = client_of(admin_user)
        page = client.get(reverse("admin:archive_archivedresult_change", args=[job.pk])).content.decode()
        archived = ArchivedFile.objects.filter(job=job)[0]
        assert archived.sha256 in page
        assert "Asked back in tier Standard." in page
        page = client.get(reverse("admin:archive_archivedfile_change", args=[archived.pk])).content.decode()
        assert "To be asked for" in page
        assert reverse("admin:archive_archivedresult_change", args=[job.pk]) in page
        one = Recall.objects.get()
        page = client.get(reverse("admin:archive_recall_change", args=[one.pk])).content.decode()
        assert "To be asked for: 2" in page
        listed = client.get(reverse("admin:archive_retrieval_changelist"), {"q": str(one.pk)}).content.decode()
        assert "2 retrievals" in listed

    @pytest.mark.parametrize("model", ["archivedfile", "archivedresult", "recall", "retrieval"])
    def test_change_nothing_by_hand(
        self, world: World, client_of: SignIn, admin_user: User, free_user: User, model: str
    ) -> None:
        job = _asleep(world, free_user)
        with hints():
            recall.begin_for([job], actor="admin:1", now=world.clock.now)
        rows = {
            "archivedfile": ArchivedFile,
            "archivedresult": ArchivedResult,
            "recall": Recall,
            "retrieval": Retrieval,
        }
        key = rows[model]._default_manager.all()[0].pk
        client = client_of(admin_user)
        assert client.get(reverse(f"admin:archive_{model}_add")).status_code == 403
        assert client.post(reverse(f"admin:archive_{model}_change", args=[key]), {}).status_code == 403
        assert client.post(reverse(f"admin:archive_{model}_delete", args=[key])).status_code == 403

    def test_need_as_many_queries_for_many_as_for_few(
        self, world: World, client_of: SignIn, admin_user: User, free_user: User, premium_user: User
    ) -> None:
        _asleep(world, free_user)

        def add() -> None:
            for _ in range(5):
                _asleep(world, free_user)
            _asleep(world, premium_user)

        few, many = queries_with(client_of(admin_user), RESULTS, add=add)
        assert few == many


class TestRecall:
    def test_shows_the_promise_first_and_changes_nothing(
        self, world: World, client_of: SignIn, admin_user: User, free_user: User
    ) -> None:
        job = _asleep(world, free_user)
        page = " ".join(act(client_of(admin_user), RESULTS, "recall", [job]).split())
        for words in ("1 result, 2 files", "Usual: Standard", "3 to 5 hours", "1 to 5 minutes", "$0.03", "mid-2026"):
            assert words in page
        job.refresh_from_db()
        assert job.status == Status.ARCHIVED

    @pytest.mark.parametrize(
        ("chosen", "asked"), [("USUAL", Tier.STANDARD), ("BULK", Tier.BULK), ("EXPEDITED", Tier.EXPEDITED)]
    )
    def test_asks_back_in_the_tier_that_is_confirmed(
        self, world: World, client_of: SignIn, admin_user: User, free_user: User, chosen: str, asked: Tier
    ) -> None:
        job = _asleep(world, free_user)
        page = act(client_of(admin_user), RESULTS, "recall", [job], confirmed="yes", tier=chosen)
        assert "(1)" in page
        job.refresh_from_db()
        assert job.status == Status.RESTORING
        assert set(Retrieval.objects.values_list("tier", flat=True)) == {asked}
        assert Recall.objects.get().actor == f"admin:{admin_user.pk}"
        assert "Recalled in" in LogEntry.objects.get().change_message

    def test_asks_again_for_a_tier_that_there_is_not(
        self, world: World, client_of: SignIn, admin_user: User, free_user: User
    ) -> None:
        job = _asleep(world, free_user)
        assert "Let them rest" in act(client_of(admin_user), RESULTS, "recall", [job], confirmed="yes", tier="ALL")
        assert not Recall.objects.exists()

    def test_leaves_alone_what_does_not_sleep(
        self, world: World, client_of: SignIn, admin_user: User, free_user: User
    ) -> None:
        asleep, coming = _asleep(world, free_user), _asleep(world, free_user)
        with hints():
            recall.begin_for([coming], actor="admin:1", now=world.clock.now)
        client = client_of(admin_user)
        assert "1 more that you chose are not archived" in act(client, RESULTS, "recall", [asleep, coming])
        act(client, RESULTS, "recall", [asleep, coming], confirmed="yes", tier="USUAL")
        assert Recall.objects.count() == 2
        assert "there is nothing to bring back" in act(client, RESULTS, "recall", [coming])

    def test_tells_that_somebody_else_was_faster(
        self,
        world: World,
        client_of: SignIn,
        admin_user: User,
        free_user: User,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        job = _asleep(world, free_user)
        begin_for = recall.begin_for

        def late(jobs: list[Job], **fields: object) -> int:
            with hints():
                begin_for(list(Job.objects.filter(pk=job.pk)), actor="admin:2", now=world.clock.now)
            return begin_for(jobs, **fields)  # type: ignore[arg-type]

        monkeypatch.setattr(recall, "begin_for", late)
        page = act(client_of(admin_user), RESULTS, "recall", [job], confirmed="yes", tier="USUAL")
        assert "Not done: 1 had moved on meanwhile." in page
        assert Recall.objects.count() == 1

    def test_is_not_for_who_only_looks(self, world: World, client_of: SignIn, free_user: User, stranger: User) -> None:
        job = _asleep(world, free_user)
        client = client_of(only_looks(stranger, "archive.archivedresult"))
        act(client, RESULTS, "recall", [job], confirmed="yes", tier="USUAL")
        assert not Recall.objects.exists()


class TestVerify:
    def test_reports_each_file(self, world: World, client_of: SignIn, admin_user: User, free_user: User) -> None:
        job = _asleep(world, free_user)
        page = act(client_of(admin_user), RESULTS, "verify", [job])
        assert f"Job {job.pk}: Annotated VCF, Memory: as recorded;" in page

    def test_reports_what_is_missing_or_different(
        self, world: World, client_of: SignIn, admin_user: User, free_user: User
    ) -> None:
        job = _asleep(world, free_user)
        first, second = ArchivedFile.objects.filter(job=job).order_by("file_id")
        world.vault.delete(first.archive_id)
        ArchivedFile.objects.filter(pk=second.pk).update(checksum="other")
        page = act(client_of(admin_user), RESULTS, "verify", [job])
        assert "the archive is missing" in page
        assert "the archive is not what was stored" in page

    def test_reads_hot_copies(self, world: World, client_of: SignIn, admin_user: User, free_user: User) -> None:
        job = _asleep(world, free_user)
        with hints():
            recall.begin_for([job], actor="admin:1", now=world.clock.now)
            world.ask(job)
            world.watch()
        world.restore(job)
        assert "hot copy: read, and the same bytes" in act(client_of(admin_user), RESULTS, "verify", [job])
        vcf = job.files.get(kind="VCF")
        content = bytes(vcf.size_bytes)
        aws_client("s3").put_object(Bucket=storage.bucket(storage.RESULTS), Key=vcf.key, Body=content)
        assert "hot copy: it is not what was made" in act(client_of(admin_user), RESULTS, "verify", [job])
