import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from archive.models import ArchivedFile, Recall, Retrieval, RetrievalState, Tier, VaultName, name_of
from jobs import needs
from jobs.models import Job, Kind
from tests.archive.factory import make_archived_file, make_recall, make_retrieval

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


class TestArchivedFile:
    def test_rests_once_at_a_time(self, job: Job, now: datetime) -> None:
        first = make_archived_file(job, now=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            make_archived_file(job, now=now)
        ArchivedFile.objects.filter(pk=first.pk).update(removed_at=now)
        make_archived_file(job, now=now)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"vault": "TAPE"},
            {"archive_id": ""},
            {"sha256": ""},
            {"size_bytes": None},
            {"stored_at": None, "hot_deleted_at": datetime(2026, 3, 1).astimezone()},
        ],
    )
    def test_is_never_half_true(self, job: Job, now: datetime, wrong: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            make_archived_file(job, now=now, **wrong)

    def test_has_an_archive_of_its_own(self, job: Job, now: datetime) -> None:
        make_archived_file(job, now=now, kind=Kind.VCF, archive_id="one")
        with pytest.raises(IntegrityError), transaction.atomic():
            make_archived_file(job, now=now, kind=Kind.TABLE, archive_id="one")


class TestNameOf:
    def test_stands_under_lab_and_job(self, job: Job) -> None:
        new = uuid.uuid4()
        assert name_of(new, job=job) == f"{job.lab_id}/{job.pk}/{new}"


class TestArchivedFileQuestions:
    @pytest.fixture
    def files(self, job: Job, now: datetime) -> dict[str, ArchivedFile]:
        intent = {"stored_at": None, "archive_id": "", "sha256": "", "size_bytes": None}
        return {
            "intended": make_archived_file(job, now=now, kind=Kind.VCF, **intent),
            "hot": make_archived_file(job, now=now, kind=Kind.TABLE),
            "cold": make_archived_file(job, now=now, kind=Kind.INDEX, hot_deleted_at=now),
            "removed": make_archived_file(job, now=now, kind=Kind.LOG, hot_deleted_at=now, removed_at=now),
        }

    def test_at_rest(self, files: dict[str, ArchivedFile]) -> None:
        assert set(ArchivedFile.objects.at_rest()) == {files["hot"], files["cold"]}

    def test_still_hot(self, files: dict[str, ArchivedFile]) -> None:
        assert set(ArchivedFile.objects.still_hot()) == {files["hot"]}

    def test_unfinished(self, files: dict[str, ArchivedFile], now: datetime) -> None:
        assert list(ArchivedFile.objects.unfinished(begun_before=now)) == []
        assert list(ArchivedFile.objects.unfinished(begun_before=now + MINUTE)) == [files["intended"]]


class TestJob:
    def test_stays_while_its_files_rest(self, job: Job, now: datetime) -> None:
        assert job in needs.free_of_upper_floors(Job.objects.all())
        make_archived_file(job, now=now)
        assert job not in needs.free_of_upper_floors(Job.objects.all())
        with pytest.raises(ProtectedError):
            job.delete()


class TestRecall:
    def test_needs_an_actor(self, job: Job, now: datetime) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Recall.objects.create(lab=job.lab, actor="", begun_at=now)

    def test_is_untold_when_all_is_back_and_no_mail_has_told_it(self, job: Job, now: datetime) -> None:
        done, running, told, _just_begun = (make_recall(job, now=now) for _ in range(4))
        Recall.objects.filter(pk=told.pk).update(told_at=now)
        first, second = (make_archived_file(job, now=now, kind=kind) for kind in (Kind.VCF, Kind.TABLE))
        make_retrieval(first, now=now, recall=done, state=RetrievalState.RESTORED)
        make_retrieval(second, now=now, recall=running, state=RetrievalState.REQUESTED)
        assert list(Recall.objects.untold()) == [done]


class TestRetrieval:
    def test_is_open_once(self, job: Job, now: datetime) -> None:
        archived = make_archived_file(job, now=now)
        retrieval = make_retrieval(archived, now=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            Retrieval.objects.create(
                archived_file=archived, recall=retrieval.recall, tier=Tier.BULK, wanted_tier=Tier.BULK, intended_at=now
            )

    @pytest.mark.parametrize(
        "wrong",
        [
            {"state": "LOST"},
            {"tier": "FAST"},
            {"wanted_tier": "FAST"},
            {"state": RetrievalState.REQUESTED},
            {"state": RetrievalState.FAILED},
            {"ended_at": datetime(2026, 3, 1).astimezone()},
            {"state": RetrievalState.RESTORED, "ended_at": datetime(2026, 3, 1).astimezone()},
        ],
    )
    def test_is_never_half_true(self, job: Job, now: datetime, wrong: dict[str, Any]) -> None:
        retrieval = make_retrieval(make_archived_file(job, now=now), now=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            Retrieval.objects.filter(pk=retrieval.pk).update(**wrong)

    def test_says_how_long_vault_and_transfer_took(self, job: Job, now: datetime) -> None:
        retrieval = make_retrieval(make_archived_file(job, now=now), now=now, state=RetrievalState.RESTORED)
        retrieval.ready_at = now + 3 * MINUTE
        retrieval.ended_at = now + 4 * MINUTE
        assert (retrieval.waited, retrieval.fetched_in) == (3 * MINUTE, MINUTE)

    def test_does_not_know_before(self, job: Job, now: datetime) -> None:
        retrieval = make_retrieval(make_archived_file(job, now=now), now=now)
        assert (retrieval.waited, retrieval.fetched_in) == (None, None)


class TestRetrievalQuestions:
    @pytest.fixture
    def rows(self, job: Job, now: datetime) -> dict[str, Retrieval]:
        states = (RetrievalState.INTENDED, RetrievalState.REQUESTED, RetrievalState.READY, RetrievalState.RESTORED)
        kinds = (Kind.VCF, Kind.TABLE, Kind.INDEX, Kind.LOG)
        return {
            state: make_retrieval(make_archived_file(job, now=now, kind=kind), now=now, state=state)
            for state, kind in zip(states, kinds, strict=True)
        }

    def test_open(self, rows: dict[str, Retrieval]) -> None:
        assert set(Retrieval.objects.open()) == set(rows.values()) - {rows["RESTORED"]}

    def test_to_ask(self, rows: dict[str, Retrieval]) -> None:
        assert list(Retrieval.objects.to_ask()) == [rows["INTENDED"]]

    def test_to_look_after(self, rows: dict[str, Retrieval], now: datetime) -> None:
        assert list(Retrieval.objects.to_look_after(checked_before=now)) == []
        assert list(Retrieval.objects.to_look_after(checked_before=now + MINUTE)) == [rows["REQUESTED"]]

    def test_to_fetch_begins_with_what_expires_first(self, job: Job, rows: dict[str, Retrieval], now: datetime) -> None:
        other = make_retrieval(make_archived_file(job, now=now, kind=Kind.LEDGER), now=now, state=RetrievalState.READY)
        Retrieval.objects.filter(pk=other.pk).update(expires_at=now + MINUTE)
        assert list(Retrieval.objects.to_fetch(now=now)) == [other, rows["READY"]]

    def test_to_fetch_leaves_vaults_to_lambda_for_a_time(
        self, job: Job, rows: dict[str, Retrieval], now: datetime, settings: Any
    ) -> None:
        archived = make_archived_file(job, now=now, kind=Kind.LEDGER, vault=VaultName.GLACIER, storage_class="")
        in_vault = make_retrieval(archived, now=now, state=RetrievalState.READY)
        assert set(Retrieval.objects.to_fetch(now=now)) == {rows["READY"], in_vault}
        settings.RESTORE_EXECUTOR = "lambda"
        assert set(Retrieval.objects.to_fetch(now=now)) == {rows["READY"]}
        later = now + settings.LAMBDA_PATIENCE
        assert set(Retrieval.objects.to_fetch(now=later)) == {rows["READY"], in_vault}

    def test_measured_gives_the_latest_of_one_kind(self, rows: dict[str, Retrieval], now: datetime) -> None:
        Retrieval.objects.filter(pk=rows["RESTORED"].pk).update(ready_at=now + 2 * MINUTE)
        Retrieval.objects.filter(pk=rows["READY"].pk).update(ready_at=now + 3 * MINUTE)

        def measured(**kind: Any) -> list[timedelta]:
            asked = {"vault": "S3", "storage_class": "GLACIER", "tier": "EXPEDITED", "most": 9, **kind}
            return Retrieval.objects.measured(**asked)

        assert measured() == [3 * MINUTE, 2 * MINUTE]
        assert measured(most=1) == [3 * MINUTE]
        assert measured(tier="BULK") == measured(storage_class="DEEP_ARCHIVE") == measured(vault="GLACIER") == []
