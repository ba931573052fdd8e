"""What changed since the last snapshot: each object, upload and item is written down before its change is answered.

A snapshot comes a quarter of a second after a change. Without the journal a kill in between would take back what a
client was told is stored, which S3 and DynamoDB never do. Messages have no journal: a lost one is a lost hint.
"""

import logging
import pickle
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

logger = logging.getLogger(__name__)

_ATTEMPTS = 20
_request = threading.local()


class Place(Protocol):
    """Where one thing stands in moto's state; it is pickled, so it names the place and holds nothing."""

    def read(self) -> Any:
        """This function will give what stands there now, None for nothing."""

    def write(self, value: Any) -> None:
        """This function will put back what `read` gave."""


def touch(place: Place) -> None:
    """This function will remember that the current request has changed what stands at `place`."""
    _touched().append(place)


class Journal:
    """Numbered files in a folder; each snapshot begins a new one and then forgets those before it.

    What happens between the two stands in the snapshot, in the new file, or in both: a record holds the whole value,
    so that reading it once more does no harm.
    """

    def __init__(self, folder: Path, *, dump: Callable[[Any, BinaryIO], None]) -> None:
        self._folder = folder
        self._dump = dump
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._number = max((int(file.name) for file in folder.iterdir()), default=0) + 1
        self._file: BinaryIO = self._path.open("ab")

    def write_touched(self) -> None:
        """This function will write down what the current request has changed: call it before the answer leaves."""
        places, _request.places = _touched(), []
        if not places:
            return
        with self._lock:  # a value is read and written as one step: the last record of a place is its latest value
            for place in dict.fromkeys(places):
                self._write(place)
            self._file.flush()

    def begin_snapshot(self) -> None:
        with self._lock:
            self._file.close()
            self._number += 1
            self._file = self._path.open("ab")

    def end_snapshot(self) -> None:
        """This function will forget what the snapshot holds."""
        for file in self._folder.iterdir():
            if int(file.name) < self._number:
                file.unlink()

    def close(self) -> None:
        self._file.close()

    @property
    def _path(self) -> Path:
        return self._folder / f"{self._number:08}"

    def _write(self, place: Place) -> None:
        for attempt in range(_ATTEMPTS):
            start = self._file.tell()
            try:
                self._dump((place, place.read()), self._file)
            except RuntimeError:  # a dict changed under the pickler: other requests go on meanwhile
                self._file.seek(start)
                self._file.truncate()
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return


def replay(folder: Path, *, load: Callable[[BinaryIO], Any]) -> int:
    """This function will put back what the journal says was changed after the last snapshot, and give its number."""
    return sum(_put_back(place, value) for file in _files(folder) for place, value in _records(file, load=load))


def _put_back(place: Place, value: Any) -> int:
    place.write(value)
    return 1


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _records(file: Path, *, load: Callable[[BinaryIO], Any]) -> Iterator[Any]:
    """This function will read a file to its end, or to a record that a kill cut off: nobody was told of that one."""
    with file.open("rb") as handle:
        while True:
            try:
                yield load(handle)
            except EOFError:
                return
            except (pickle.UnpicklingError, AttributeError, ImportError, IndexError):
                logger.warning("the journal %s ends in the middle of a record", file.name)
                return


def _touched() -> list[Place]:
    if not hasattr(_request, "places"):
        _request.places = []
    places: list[Place] = _request.places
    return places
