"""Everything the sandbox remembers: JSON documents in SQLite, written in transactions.

The documents are held in memory and written through: a unit of work changes them in place and either commits all of
them or none. What is committed survives `kill -9`. One process owns a store.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from billing.sandbox.errors import SandboxError, missing

# A document in Stripe's own shape: its keys are the contract, which contract.py checks.
Json = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
)
"""


_PATIENCE_SECONDS = 5.0  # with another sandbox that is about to end


class Store:
    """Documents by kind and id, in the order of their creation."""

    def __init__(self, path: str = ":memory:") -> None:
        self.lock = threading.RLock()
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=_PATIENCE_SECONDS)
        self._claim(path)
        self._database.execute(_SCHEMA)
        self._kinds: dict[str, dict[str, Json]] = {}
        self._kind_of: dict[str, str] = {}
        self._written: dict[str, tuple[str, str]] = {}  # kind and text of each document, as committed
        self._touched: dict[str, None] = {}  # ids that this unit of work may have changed, in order
        self._depth = 0
        for identifier, kind, body in self._database.execute("SELECT id, kind, body FROM documents ORDER BY seq"):
            self._remember(kind, identifier, json.loads(body))
            self._written[identifier] = (kind, body)

    def _claim(self, path: str) -> None:
        """Hold the file alone: two sandboxes on one store would each believe in their own memory."""
        try:
            self._database.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._database.close()
            raise SandboxError(f"Another sandbox works on {path}.") from error

    def close(self) -> None:
        with self.lock:
            self._database.close()

    @contextmanager
    def unit(self) -> Iterator[None]:
        """One unit of work under the store's lock; an inner unit joins the outer one.

        An exception undoes everything, unless it says that it `keeps`.
        """
        with self.lock:
            self._depth += 1
            try:
                yield
            except BaseException as error:
                if self._depth == 1:
                    self._commit() if getattr(error, "keeps", False) else self._undo()
                raise
            else:
                if self._depth == 1:
                    self._commit()
            finally:
                self._depth -= 1

    def put(self, kind: str, document: Json) -> Json:
        """Add a document, which carries its `id`."""
        identifier: str = document["id"]
        self._remember(kind, identifier, document)
        self._touched[identifier] = None
        return document

    def find(self, kind: str, identifier: str | None) -> Json | None:
        """The document, to be read or changed within this unit of work; None where there is none."""
        document = self._kinds.get(kind, {}).get(identifier or "")
        if document is not None:
            self._touched[document["id"]] = None
        return document

    def get(self, kind: str, identifier: str | None, *, param: str = "id") -> Json:
        """The document, or Stripe's answer that there is no such thing."""
        document = self.find(kind, identifier)
        if document is None:
            raise missing(kind, identifier or "", param=param)
        return document

    def peek(self, identifier: str) -> Json | None:
        """A document of any kind, to be read only."""
        kind = self._kind_of.get(identifier)
        return self._kinds[kind][identifier] if kind else None

    def each(self, kind: str, **equal: Any) -> list[Json]:
        """The documents of one kind whose fields have these values, oldest first, to be read or changed."""
        found = [d for d in self._kinds.get(kind, {}).values() if all(d.get(k) == v for k, v in equal.items())]
        self._touched.update(dict.fromkeys(d["id"] for d in found))
        return found

    def scan(self, kind: str) -> list[Json]:
        """All documents of one kind, oldest first, to be read only."""
        return list(self._kinds.get(kind, {}).values())

    def drop(self, identifier: str) -> None:
        """Forget a document."""
        kind = self._kind_of.pop(identifier, None)
        if kind:
            del self._kinds[kind][identifier]
            self._touched[identifier] = None

    def private(self, identifier: str) -> Json:
        """What only the sandbox knows about an object (a card's number, a secret), to be read or changed."""
        key = f"private:{identifier}"
        return self.find("private", key) or self.put("private", {"id": key})

    def setting(self, name: str) -> Json:
        """A document of the sandbox's own, made when first asked for."""
        return self.find("setting", name) or self.put("setting", {"id": name})

    def _remember(self, kind: str, identifier: str, document: Json) -> None:
        self._kinds.setdefault(kind, {})[identifier] = document
        self._kind_of[identifier] = kind

    def _commit(self) -> None:
        changed = self._changed()
        self._touched.clear()
        if not changed:
            return
        self._database.execute("BEGIN")
        for identifier, now in changed:
            if now is None:
                self._database.execute("DELETE FROM documents WHERE id = ?", (identifier,))
                self._written.pop(identifier, None)
            else:
                self._database.execute(
                    "INSERT INTO documents (id, kind, body) VALUES (?, ?, ?)"
                    " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, body = excluded.body",
                    (identifier, *now),
                )
                self._written[identifier] = now
        self._database.execute("COMMIT")

    def _changed(self) -> list[tuple[str, tuple[str, str] | None]]:
        """What differs from the committed state: ids with kind and text, None where the document is gone."""
        changed: list[tuple[str, tuple[str, str] | None]] = []
        for identifier in self._touched:
            document = self.peek(identifier)
            now = None if document is None else (self._kind_of[identifier], json.dumps(document))
            if now != self._written.get(identifier):
                changed.append((identifier, now))
        return changed

    def _undo(self) -> None:
        for identifier, now in self._changed():
            if now is not None:
                del self._kinds[self._kind_of.pop(identifier)][identifier]
            before = self._written.get(identifier)
            if before is not None:
                self._remember(before[0], identifier, json.loads(before[1]))
                self._reorder(before[0])
        self._touched.clear()

    def _reorder(self, kind: str) -> None:
        """Bring the documents of a kind back into the order of their creation."""
        place = {identifier: position for position, identifier in enumerate(self._written)}
        documents = self._kinds[kind]
        self._kinds[kind] = dict(sorted(documents.items(), key=lambda entry: place.get(entry[0], len(place))))


def copied(document: Json) -> Json:
    """This function will give an independent copy (by JSON: many times faster than copy.deepcopy)."""
    copy: Json = json.loads(json.dumps(document))
    return copy
