import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from genomics.queues import heartbeat


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    settings.HEARTBEATS_DIR = tmp_path / "heartbeats"
    monkeypatch.setattr(heartbeat, "_MARK_SECONDS", 0.0)
    yield settings.HEARTBEATS_DIR
    heartbeat.end()


def _age(node: str) -> timedelta:
    found = heartbeat.age(node)
    assert found is not None
    return found


def _make_old(folder: Path, node: str, *, seconds: float) -> None:
    (folder / node).write_text(str(time.monotonic() - seconds))


class TestMark:
    def test_makes_the_heartbeat_young_again(self, folder: Path) -> None:
        heartbeat.begin("mail-1@somewhere")
        _make_old(folder, "mail-1", seconds=100)
        heartbeat.mark("mail")
        assert _age("mail-1") < timedelta(seconds=5)

    def test_is_as_old_as_the_loop_that_is_silent_longest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        heartbeat.begin("maintenance-1")
        heartbeat.mark("notifications")
        later = time.monotonic() + 100
        monkeypatch.setattr(time, "monotonic", lambda: later)
        heartbeat.mark("maintenance")
        assert _age("maintenance-1") > timedelta(seconds=99)
        heartbeat.mark("notifications")
        assert _age("maintenance-1") < timedelta(seconds=5)

    def test_writes_at_most_once_in_a_while(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        heartbeat.begin("mail-1")
        heartbeat.mark("mail")
        monkeypatch.setattr(heartbeat, "_MARK_SECONDS", 60.0)
        _make_old(folder, "mail-1", seconds=100)
        heartbeat.mark("mail")
        assert _age("mail-1") > timedelta(seconds=99)

    def test_does_nothing_in_a_process_without_one(self, folder: Path) -> None:
        heartbeat.mark("mail")
        assert not folder.exists()


class TestEnd:
    def test_leaves_nothing_that_could_grow_old(self) -> None:
        heartbeat.begin("mail-1")
        heartbeat.end()
        heartbeat.mark("mail")
        assert heartbeat.age("mail-1") is None


class TestAge:
    def test_is_none_before_the_first(self) -> None:
        assert heartbeat.age("mail-1") is None

    def test_takes_a_heartbeat_from_before_the_start_of_the_machine_for_an_old_one(self, folder: Path) -> None:
        heartbeat.reset("mail-1")
        _make_old(folder, "mail-1", seconds=-1_000_000)
        assert _age("mail-1") > timedelta(0)

    def test_stays_within_its_folder(self, folder: Path) -> None:
        heartbeat.reset("../../mail@host")
        assert [file.name for file in folder.iterdir()] == [".._.._mail"]
