"""The benchmark of the archive archives and restores for real, if less."""

from pathlib import Path

import pytest

from genomics.localaws.bench import archive
from genomics.localaws.trials import labs
from genomics.users.limits import Plan
from jobs.models import Job, Status

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aws")]


class TestOneLarge:
    def test_brings_the_result_back_and_gives_rates(self, tmp_path: Path) -> None:
        figures = archive.one_large(labs.create("a", plan=Plan.FREE), size_bytes=300_000, folder=tmp_path)
        assert [figure.unit for figure in figures] == ["MB/s", "MB"] * 4
        assert all(figure.value > 0 for figure in figures if figure.unit == "MB/s")
        assert Job.objects.get().status == Status.COMPLETED
        assert list(tmp_path.iterdir()) == []

    def test_fails_when_the_result_is_not_archived(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("genomics.localaws.bench.archive.archiving.archive", lambda *_, **__: False)
        with pytest.raises(archive.ArchiveBenchError, match="COMPLETED instead of ARCHIVED"):
            archive.one_large(labs.create("a", plan=Plan.FREE), size_bytes=1000, folder=tmp_path)


class TestMany:
    def test_asks_for_all_once(self, tmp_path: Path) -> None:
        figures = {
            figure.name: figure.value
            for figure in archive.many(labs.create("a", plan=Plan.FREE), results=5, folder=tmp_path)
        }
        assert figures["calls of the vault for it"] == 5
        assert set(Job.objects.values_list("status", flat=True)) == {Status.RESTORING}
