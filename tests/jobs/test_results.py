from datetime import datetime
from pathlib import Path

import pytest
from django.http import Http404

from genomics.aws import s3
from genomics.users.models import User
from jobs import results, storage, transitions
from jobs.errors import ResultRestsError
from jobs.models import Job, Kind, Status
from tests.at_once import meanwhile
from tests.jobs.factory import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aws")]


@pytest.fixture
def running(free_user: User, now: datetime) -> Job:
    return make_job(free_user, now=now, status=Status.RUNNING)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "log.txt"
    file.write_text("What happened.\n")
    return file


def _keys(job: Job) -> list[str]:
    return s3.keys_under(storage.bucket(storage.RESULTS), prefix=f"{job.lab_id}/{job.pk}/")


class TestStore:
    def test_writes_under_the_attempt_and_saves_no_row_yet(self, running: Job, log: Path) -> None:
        file = results.store(running, kind=Kind.LOG, source=log, name="a.log.txt")
        assert _keys(running) == [file.key] == [f"{running.lab_id}/{running.pk}/1/log.txt"]
        assert running.files.count() == 0


class TestReplace:
    def test_gives_the_keys_that_nobody_needs_any_more(self, running: Job, log: Path) -> None:
        first = results.store(running, kind=Kind.LOG, source=log, name="a")
        assert results.replace(running, files=[first]) == []
        running.attempt = 2
        second = results.store(running, kind=Kind.LOG, source=log, name="a")
        assert results.replace(running, files=[second]) == [first.key]
        assert running.files.get().key == second.key


class TestDiscardAttempt:
    def test_deletes_what_is_not_published(self, running: Job, log: Path) -> None:
        results.store(running, kind=Kind.LOG, source=log, name="a")
        results.discard_attempt(running)
        assert _keys(running) == []

    def test_spares_what_is(self, running: Job, log: Path) -> None:
        file = results.store(running, kind=Kind.LOG, source=log, name="a")
        results.replace(running, files=[file])
        results.discard_attempt(running)
        assert _keys(running) == [file.key]

    def test_spares_other_attempts(self, running: Job, log: Path) -> None:
        results.store(running, kind=Kind.LOG, source=log, name="a")
        running.attempt = 11
        results.discard_attempt(running)
        assert len(_keys(running)) == 1


class TestDiscardEarlier:
    def test_deletes_what_killed_attempts_left_and_spares_the_current_one(self, running: Job, log: Path) -> None:
        published = results.store(running, kind=Kind.LOG, source=log, name="a")
        results.replace(running, files=[published])
        kept = [published.key]
        for attempt in (2, 3, 4):
            running.attempt = attempt
            left = results.store(running, kind=Kind.VCF, source=log, name="a")
        results.discard_earlier(running)
        assert _keys(running) == [*kept, left.key]


@pytest.fixture
def archived(free_user: User, now: datetime, log: Path) -> Job:
    """This function will give an archived job with a file of each kind, all of them still hot."""
    job = make_job(free_user, now=now, status=Status.ARCHIVED)
    for kind in Kind:
        if kind != Kind.INPUT:
            source = log.with_name(kind.lower())
            source.write_text(kind)
            results.store(job, kind=kind, source=source, name=f"a.{kind}").save()
    return job


class TestResting:
    def test_gives_the_large_files_alone(self, archived: Job) -> None:
        assert [file.kind for file in results.resting(archived)] == [Kind.VCF, Kind.TABLE]


class TestDropHotCopies:
    def test_deletes_the_large_files_alone(self, archived: Job) -> None:
        kept = {file.key for file in archived.files.all()} - {file.key for file in results.resting(archived)}
        assert results.drop_hot_copies(archived)
        assert set(_keys(archived)) == kept
        assert len(kept) == len(Kind) - 3
        assert archived.files.count() == len(Kind) - 1
        assert results.drop_hot_copies(archived)

    @pytest.mark.parametrize("status", [status for status in Status if status != Status.ARCHIVED])
    def test_deletes_nothing_in_another_state(self, archived: Job, status: Status) -> None:
        lease = archived.finished_at if status == Status.RUNNING else None
        Job.objects.update(status=status, lease_expires_at=lease, ready_at=archived.finished_at)
        before = _keys(archived)
        assert not results.drop_hot_copies(archived)
        assert _keys(archived) == before

    def test_deletes_nothing_of_a_deleted_job_or_another_attempt(self, archived: Job, now: datetime) -> None:
        before = _keys(archived)
        Job.objects.update(attempt=2)
        assert not results.drop_hot_copies(archived)
        Job.objects.update(attempt=1, deleted_at=now)
        assert not results.drop_hot_copies(archived)
        assert _keys(archived) == before


@pytest.mark.django_db(transaction=True)
class TestDropHotCopiesMeanwhile:
    def test_leaves_what_has_just_begun_to_come_back(self, archived: Job, now: datetime) -> None:
        def recall() -> None:
            transitions.move(Job.objects.get(), Status.RESTORING, actor="admin:1", now=now)

        before = _keys(archived)
        assert meanwhile(lambda: results.drop_hot_copies(archived), first=recall).result() is False
        assert _keys(archived) == before


class TestLink:
    @pytest.mark.parametrize(("status", "code"), [(Status.ARCHIVED, "ARCHIVED"), (Status.RESTORING, "RESTORING")])
    def test_refuses_what_is_away_with_words_and_gives_the_rest(self, archived: Job, status: Status, code: str) -> None:
        archived.status = status
        for kind in Kind:
            if kind in {Kind.VCF, Kind.TABLE}:
                with pytest.raises(ResultRestsError, match=f"a.{kind}") as refusal:
                    results.link(archived, kind=kind)
                assert (refusal.value.code, refusal.value.status) == (f"RESULT_{code}", 409)
                assert refusal.value.advice
            else:
                assert "X-Amz-Signature" in results.link(archived, kind=kind)

    @pytest.mark.parametrize("status", [Status.COMPLETED, Status.ARCHIVING])
    def test_gives_what_is_hot(self, archived: Job, status: Status) -> None:
        archived.status = status
        assert "X-Amz-Signature" in results.link(archived, kind=Kind.VCF)


class TestLogText:
    def test_gives_the_text(self, running: Job, log: Path) -> None:
        results.replace(running, files=[results.store(running, kind=Kind.LOG, source=log, name="a")])
        assert results.log_text(running) == ("What happened.\n", False)

    def test_says_when_it_is_only_the_beginning(self, running: Job, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(results, "LOG_BYTES_SHOWN", 4)
        results.replace(running, files=[results.store(running, kind=Kind.LOG, source=log, name="a")])
        assert results.log_text(running) == ("What", True)

    def test_is_404_without_a_log_or_its_object(self, running: Job, log: Path) -> None:
        with pytest.raises(Http404):
            results.log_text(running)
        file = results.store(running, kind=Kind.LOG, source=log, name="a")
        results.replace(running, files=[file])
        results.drop([file.key])
        with pytest.raises(Http404):
            results.log_text(running)


class TestPreviewOf:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        file = tmp_path / "preview.json"
        file.write_text('{"columns": ["chrom"], "rows": [["chrM"]]}')
        return file

    def test_gives_the_rows(self, running: Job, file: Path) -> None:
        results.replace(running, files=[results.store(running, kind=Kind.PREVIEW, source=file, name="a")])
        shown = results.preview_of(running)
        assert shown is not None
        assert shown.rows[0][0].text == "chrM"

    def test_is_none_when_there_is_too_much_to_show(
        self, running: Job, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(results, "PREVIEW_BYTES_SHOWN", 4)
        results.replace(running, files=[results.store(running, kind=Kind.PREVIEW, source=file, name="a")])
        assert results.preview_of(running) is None

    def test_is_404_without_a_preview_or_its_object(self, running: Job, file: Path) -> None:
        with pytest.raises(Http404):
            results.preview_of(running)
        stored = results.store(running, kind=Kind.PREVIEW, source=file, name="a")
        results.replace(running, files=[stored])
        results.drop([stored.key])
        with pytest.raises(Http404):
            results.preview_of(running)
