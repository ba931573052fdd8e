"""Object bytes in files: snapshots stay small, ranges read only what they need, big objects need no memory."""

import hashlib
import threading
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path

_CHUNK_BYTES = 1 << 20


class Window:
    """Some bytes of a file, read when iterated; slices are windows too. What moto takes for `bytes`."""

    def __init__(self, path: Path, *, start: int, stop: int) -> None:
        self._path = path
        self._start = start
        self._stop = stop

    def __len__(self) -> int:
        return self._stop - self._start

    def __getitem__(self, part: slice) -> "Window":
        start, stop, _ = part.indices(len(self))
        return Window(self._path, start=self._start + start, stop=self._start + max(start, stop))

    def __iter__(self) -> Iterator[bytes]:
        left = len(self)
        with self._path.open("rb") as file:
            file.seek(self._start)
            while left > 0 and (chunk := file.read(min(left, _CHUNK_BYTES))):
                left -= len(chunk)
                yield chunk


class ByteFile:
    """The bytes of one object or part; stands in for the temporary file that moto keeps for each."""

    def __init__(self, store: "ByteFiles", name: str) -> None:
        self.store = store
        self.name = name

    @property
    def path(self) -> Path:
        return self.store.root / self.name

    def __len__(self) -> int:
        return self.path.stat().st_size

    def window(self) -> Window:
        return Window(self.path, start=0, stop=len(self))

    def write(self, content: "bytes | Window | ByteFile") -> str:
        """This function will replace the bytes and give their MD5 in hex; a ByteFile is moved, not copied."""
        if isinstance(content, ByteFile):
            content.path.replace(self.path)
            return ""
        md5 = hashlib.md5(usedforsecurity=False)
        with self.path.open("wb") as file:
            for chunk in [content] if isinstance(content, bytes) else content:
                md5.update(chunk)
                file.write(chunk)
        return md5.hexdigest()

    def append(self, content: Window) -> None:
        with self.path.open("ab") as file:
            for chunk in content:
                file.write(chunk)

    def close(self) -> None:
        """This function will give the bytes up, as closing a temporary file does."""
        self.store.discard(self.name)


class ByteFiles:
    """The folder of all byte files.

    A discarded file stays until the second snapshot after: one that was being written when the file was discarded
    may still name it, and a reader may still be reading it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._discarded: set[str] = set()
        self._doomed: set[str] = set()
        root.mkdir(parents=True, exist_ok=True)

    def create(self) -> ByteFile:
        file = ByteFile(self, uuid.uuid4().hex)
        file.path.touch()
        return file

    def discard(self, name: str) -> None:
        with self._lock:
            self._discarded.add(name)

    def purge(self) -> None:
        """This function will delete what was discarded before the previous call; call it after each snapshot."""
        with self._lock:
            gone, self._doomed, self._discarded = self._doomed, self._discarded, set()
        for name in gone:
            (self.root / name).unlink(missing_ok=True)

    def sweep(self, *, live: Collection[str]) -> int:
        """This function will delete the files that nothing refers to and give their number."""
        orphans = [path for path in self.root.iterdir() if path.name not in live]
        for path in orphans:
            path.unlink()
        return len(orphans)
