"""What the vaults hold: archives, open uploads and retrievals, in SQLite, and their bytes in files beside it.

Every call is one transaction on disk, so that a kill loses nothing that was answered.
"""

import hashlib
import secrets
import sqlite3
import string
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from genomics.aws import tree_hash
from genomics.aws.tree_hash import MIB
from genomics.localaws.cold import conditions

_ALPHABET = string.ascii_letters + string.digits + "-_"
_ARCHIVE_ID_LENGTH, _JOB_ID_LENGTH = 138, 92  # as on AWS
_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS vault (region TEXT, name TEXT, created_at REAL, PRIMARY KEY (region, name));
CREATE TABLE IF NOT EXISTS archive (
    id TEXT PRIMARY KEY, region TEXT, vault TEXT, description TEXT, size INTEGER, tree_hash TEXT, file TEXT);
CREATE TABLE IF NOT EXISTS upload (
    id TEXT PRIMARY KEY, region TEXT, vault TEXT, description TEXT, part_size INTEGER);
CREATE TABLE IF NOT EXISTS part (
    upload TEXT, start INTEGER, size INTEGER, file TEXT, PRIMARY KEY (upload, start));
CREATE TABLE IF NOT EXISTS job (
    id TEXT PRIMARY KEY, region TEXT, vault TEXT, archive TEXT, size INTEGER, tree_hash TEXT, tier TEXT,
    topic TEXT, description TEXT, created_at REAL, done_at REAL, expires_at REAL, failed INTEGER, announced INTEGER);
"""
Row = sqlite3.Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which vault a request is about."""

    region: str
    vault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The body of a request in a file of its own."""

    file: str
    size: int
    sha256: str
    tree_hash: str


class Shelf:
    """All vaults; one connection for all threads, one call at a time."""

    def __init__(self, root: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._bytes = root / "bytes"
        self._bytes.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._lock = threading.RLock()
        self._database = sqlite3.connect(root / "vaults.sqlite", check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def empty(self) -> None:
        """This function will remove all archives, uploads and retrievals; the vaults stay."""
        with self._lock:
            self._database.executescript("DELETE FROM archive; DELETE FROM upload; DELETE FROM part; DELETE FROM job")
            for file in self._bytes.iterdir():
                file.unlink()

    def reset(self) -> None:
        with self._lock:
            self.empty()
            self._database.execute("DELETE FROM vault")

    def receive(self, body: BinaryIO, *, size: int) -> Received:
        """This function will write a request's body to a file."""
        file, left, whole, leaves = secrets.token_hex(16), size, hashlib.sha256(), []
        with (self._bytes / file).open("wb") as target:
            while left:
                leaf = _read_exactly(body, min(MIB, left))
                left -= len(leaf)
                whole.update(leaf)
                leaves.append(hashlib.sha256(leaf).digest())
                target.write(leaf)
        return Received(file=file, size=size, sha256=whole.hexdigest(), tree_hash=tree_hash.fold(leaves).hex())

    def discard(self, file: str) -> None:
        (self._bytes / file).unlink(missing_ok=True)

    def read(self, file: str, *, start: int, stop: int) -> Iterator[bytes]:
        with (self._bytes / file).open("rb") as source:
            source.seek(start)
            left = stop - start
            while left and (piece := source.read(min(MIB, left))):
                left -= len(piece)
                yield piece

    def tree_hash(self, file: str, *, start: int, stop: int) -> str:
        """This function will give the tree hash of a part; it begins at a whole MiB."""
        leaves = [hashlib.sha256(piece).digest() for piece in self.read(file, start=start, stop=stop)]
        return tree_hash.fold(leaves).hex()

    def create_vault(self, place: Place) -> None:
        self._run("INSERT OR IGNORE INTO vault VALUES (?, ?, ?)", place.region, place.vault, self._clock())

    def vault(self, place: Place) -> Row | None:
        return self._one("SELECT * FROM vault WHERE region = ? AND name = ?", place.region, place.vault)

    def add_archive(self, place: Place, *, description: str, received: Received) -> Row:
        archive_id = _new_id(_ARCHIVE_ID_LENGTH)
        self._run(
            "INSERT INTO archive VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(archive_id, *_in(place), description, received.size, received.tree_hash, received.file),
        )
        found = self.archive(place, archive_id)
        assert found is not None
        return found

    def archive(self, place: Place, archive_id: str) -> Row | None:
        return self._one(
            "SELECT * FROM archive WHERE id = ? AND region = ? AND vault = ?", archive_id, place.region, place.vault
        )

    def archives(self, place: Place) -> list[Row]:
        return self._all("SELECT * FROM archive WHERE region = ? AND vault = ? ORDER BY id", *_in(place))

    def stored_at(self, archive: Row) -> float:
        """This function will tell when an archive was stored, in seconds since 1970."""
        return float((self._bytes / archive["file"]).stat().st_mtime)

    def remove_archive(self, archive: Row) -> None:
        self._run("DELETE FROM archive WHERE id = ?", archive["id"])
        self.discard(archive["file"])

    def begin_upload(self, place: Place, *, description: str, part_size: int) -> str:
        upload_id = _new_id(_JOB_ID_LENGTH)
        self._run("INSERT INTO upload VALUES (?, ?, ?, ?, ?)", upload_id, *_in(place), description, part_size)
        return upload_id

    def upload(self, place: Place, upload_id: str) -> Row | None:
        return self._one("SELECT * FROM upload WHERE id = ? AND region = ? AND vault = ?", upload_id, *_in(place))

    def add_part(self, upload: Row, *, start: int, received: Received) -> None:
        with self._lock:
            before = self._one("SELECT * FROM part WHERE upload = ? AND start = ?", upload["id"], start)
            self._run("REPLACE INTO part VALUES (?, ?, ?, ?)", upload["id"], start, received.size, received.file)
            if before is not None:
                self.discard(before["file"])

    def parts(self, upload: Row) -> list[Row]:
        return self._all("SELECT * FROM part WHERE upload = ? ORDER BY start", upload["id"])

    def join(self, upload: Row) -> Received:
        """This function will put the parts of an upload one behind the other, in a new file."""
        file, whole, leaves = secrets.token_hex(16), hashlib.sha256(), []
        with (self._bytes / file).open("wb") as target:
            for part in self.parts(upload):
                for leaf in self.read(part["file"], start=0, stop=part["size"]):
                    target.write(leaf)
                    whole.update(leaf)
                    leaves.append(hashlib.sha256(leaf).digest())
            size = target.tell()
        return Received(file=file, size=size, sha256=whole.hexdigest(), tree_hash=tree_hash.fold(leaves).hex())

    def drop_upload(self, upload: Row) -> None:
        for part in self.parts(upload):
            self.discard(part["file"])
        self._run("DELETE FROM part WHERE upload = ?", upload["id"])
        self._run("DELETE FROM upload WHERE id = ?", upload["id"])

    def begin_job(self, place: Place, *, archive: Row, tier: str, topic: str | None, description: str | None) -> str:
        job_id, now = _new_id(_JOB_ID_LENGTH), self._clock()
        done_at = now + conditions.times[tier].total_seconds()
        self._run(
            "INSERT INTO job VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(job_id, *_in(place), archive["id"], archive["size"], archive["tree_hash"], tier, topic, description),
            *(now, done_at, done_at + conditions.day.total_seconds(), conditions.failing, False),
        )
        return job_id

    def begin_inventory(self, place: Place, *, topic: str | None, description: str | None) -> str:
        """This function will begin a retrieval of the vault's inventory: a job without an archive."""
        job_id, now = _new_id(_JOB_ID_LENGTH), self._clock()
        done_at = now + conditions.times["Standard"].total_seconds()
        self._run(
            "INSERT INTO job VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(job_id, *_in(place), "", 0, "", "", topic, description),
            *(now, done_at, done_at + conditions.day.total_seconds(), conditions.failing, False),
        )
        return job_id

    def job(self, place: Place, job_id: str) -> Row | None:
        """This function will give a retrieval whose output is on its way or there; None when it has expired."""
        return self._one(
            "SELECT * FROM job WHERE id = ? AND region = ? AND vault = ? AND expires_at > ?",
            *(job_id, *_in(place), self._clock()),
        )

    def jobs(self, place: Place) -> list[Row]:
        return self._all(
            "SELECT * FROM job WHERE region = ? AND vault = ? AND expires_at > ? ORDER BY created_at DESC",
            *(*_in(place), self._clock()),
        )

    def is_done(self, job: Row) -> bool:
        return self._clock() >= float(job["done_at"])

    def take_finished(self) -> list[Row]:
        """This function will give the retrievals that have ended and were not announced, each once."""
        with self._lock:
            rows = self._all("SELECT * FROM job WHERE NOT announced AND done_at <= ?", self._clock())
            for row in rows:
                self._run("UPDATE job SET announced = 1 WHERE id = ?", row["id"])
        return rows

    def _one(self, query: str, *values: Any) -> Row | None:
        rows = self._all(query, *values)
        return rows[0] if rows else None

    def _all(self, query: str, *values: Any) -> list[Row]:
        with self._lock:
            return self._database.execute(query, values).fetchall()

    def _run(self, query: str, *values: Any) -> None:
        with self._lock:
            self._database.execute(query, values)


def _in(place: Place) -> tuple[str, str]:
    return place.region, place.vault


def _new_id(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _read_exactly(body: BinaryIO, size: int) -> bytes:
    pieces = []
    while size:
        piece = body.read(size)
        if not piece:
            raise EOFError("the request ends before its body does")
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
