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
        assert (ids(store, "letter"), ids(store, "ghost")) == (["a", "c", "d"], ["b"])
        assert store.peek("a") == {"id": "a", "size": 9}
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
