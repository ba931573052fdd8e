"""The journal on places of plain dicts; what moto's places hold is tested by killing the local AWS (test_snapshots)."""

import pickle
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from genomics.localaws import journal
from genomics.localaws.journal import Journal

STATE: dict[str, Any] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    name: str

    def read(self) -> Any:
        return STATE.get(self.name)

    def write(self, value: Any) -> None:
        STATE[self.name] = value


@pytest.fixture(autouse=True)
def empty_state() -> None:
    STATE.clear()


def _dump(record: Any, file: BinaryIO) -> None:
    pickle.dump(record, file)


def _set(changes: Journal, **values: Any) -> None:
    for name, value in values.items():
        STATE[name] = value
        journal.touch(_Place(name=name))
    changes.write_touched()


def _replayed(folder: Path) -> dict[str, Any]:
    STATE.clear()
    journal.replay(folder, load=pickle.load)
    return dict(STATE)


class TestReplay:
    def test_puts_back_the_latest_value_of_each_place(self, tmp_path: Path) -> None:
        changes = Journal(tmp_path, dump=_dump)
        _set(changes, a=1, b=1)
        _set(changes, a=2)
        _set(changes, b=None)
        assert _replayed(tmp_path) == {"a": 2, "b": None}

    def test_stops_at_a_record_that_was_cut_off(self, tmp_path: Path) -> None:
        changes = Journal(tmp_path, dump=_dump)
        _set(changes, a=1)
        _set(changes, b="x" * 1000)
        changes.close()
        (file,) = tmp_path.iterdir()
        file.write_bytes(file.read_bytes()[:-500])
        assert _replayed(tmp_path) == {"a": 1}

    def test_finds_nothing_where_there_is_no_journal(self, tmp_path: Path) -> None:
        assert journal.replay(tmp_path / "none", load=pickle.load) == 0


class TestSnapshot:
    def test_forgets_what_the_snapshot_holds_and_keeps_what_came_meanwhile(self, tmp_path: Path) -> None:
        changes = Journal(tmp_path, dump=_dump)
        _set(changes, a=1)
        changes.begin_snapshot()
        _set(changes, b=2)
        changes.end_snapshot()
        assert _replayed(tmp_path) == {"b": 2}

    def test_keeps_everything_when_the_snapshot_fails(self, tmp_path: Path) -> None:
        changes = Journal(tmp_path, dump=_dump)
        _set(changes, a=1, b=1)
        changes.begin_snapshot()
        _set(changes, b=2)
        changes.begin_snapshot()
        assert _replayed(tmp_path) == {"a": 1, "b": 2}

    def test_goes_on_after_a_start_with_files_of_its_own(self, tmp_path: Path) -> None:
        _set(Journal(tmp_path, dump=_dump), a=1)
        _set(Journal(tmp_path, dump=_dump), a=2)
        assert _replayed(tmp_path) == {"a": 2}


class TestWriteTouched:
    def test_writes_what_the_own_request_has_changed(self, tmp_path: Path) -> None:
        changes = Journal(tmp_path, dump=_dump)
        journal.touch(_Place(name="a"))
        other = threading.Thread(target=changes.write_touched)
        other.start()
        other.join()
        assert _replayed(tmp_path) == {}
        changes.write_touched()
        assert _replayed(tmp_path) == {"a": None}

    def test_tries_again_when_a_value_changes_meanwhile(self, tmp_path: Path) -> None:
        failures = [RuntimeError("dictionary changed size during iteration")] * 2

        def dump(record: Any, file: BinaryIO) -> None:
            if failures:
                file.write(b"half a record")
                raise failures.pop()
            _dump(record, file)

        _set(Journal(tmp_path, dump=dump), a=1)
        assert _replayed(tmp_path) == {"a": 1}
