from pathlib import Path

import pytest

from billing.sandbox.errors import ApiError, SandboxError
from billing.sandbox.store import Store


def ids(store: Store, kind: str) -> list[str]:
    return [document["id"] for document in store.scan(kind)]


@pytest.fixture
def store() -> Store:
    made = Store()
    with made.unit():
        for identifier in ("a", "b", "c"):
            made.put("letter", {"id": identifier, "size": 1})
    return made


class TestUnit:
    def test_undoes_everything_after_an_error(self, store: Store) -> None:
        with pytest.raises(RuntimeError):
            change_all(store, RuntimeError())
        assert (ids(store, "letter"), ids(store, "ghost")) == (["a", "b", "c"], [])
        assert store.peek("a") == {"id": "a", "size": 1}

    def test_keeps_what_an_error_says_to_keep(self, store: Store) -> None:
        with pytest.raises(ApiError):
            change_all(store, ApiError("declined", keeps=True))
        assert (ids(store, "letter"), ids(store, "ghost")) == (["a", "c", "d"], ["b"])
        assert store.peek("a") == {"id": "a", "size": 9}

    def test_joins_an_outer_unit(self, store: Store) -> None:
        with pytest.raises(RuntimeError), store.unit():
            change_all(store, RuntimeError())
        assert store.peek("a") == {"id": "a", "size": 1}


def change_all(store: Store, error: Exception) -> None:
    """This function will change, drop and add documents, turn one into another kind, and fail."""
    with store.unit():
        with store.unit():
            store.get("letter", "a")["size"] = 9
        store.drop("b")
        store.put("ghost", {"id": "b"})
        store.put("letter", {"id": "d"})
        raise error


class TestStore:
    def test_remembers_what_was_committed(self, tmp_path: Path) -> None:
        path = str(tmp_path / "deep" / "store.sqlite3")
        first = Store(path)
        with first.unit():
            first.put("letter", {"id": "a", "size": 1})
            first.put("letter", {"id": "b", "size": 1})
        with first.unit():
            first.get("letter", "a")["size"] = 2
            first.drop("b")
            first.put("ghost", {"id": "b"})
        first.close()
        again = Store(path)
        assert (again.scan("letter"), ids(again, "ghost")) == ([{"id": "a", "size": 2}], ["b"])
        again.close()

    def test_belongs_to_one_sandbox(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("billing.sandbox.store._PATIENCE_SECONDS", 0.05)
        path = str(tmp_path / "store.sqlite3")
        first = Store(path)
        with pytest.raises(SandboxError, match="Another sandbox"):
            Store(path)
        first.close()


class TestGet:
    def test_refuses_another_kind(self, store: Store) -> None:
        with pytest.raises(ApiError, match="No such number: 'a'") as refused:
            store.get("number", "a")
        assert (refused.value.status, refused.value.code) == (404, "resource_missing")
