"""Snapshots: the state of moto's services in one file, written soon after each change, read back at the start."""

import io
import logging
import pickle
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from moto.backends import get_backend
from moto.s3.models import FakeKey, s3_backends
from moto.stepfunctions.models import StateMachine

from genomics.localaws import step_functions
from genomics.localaws.byte_files import ByteFile, ByteFiles
from genomics.localaws.journal import Journal
from genomics.localaws.patching import MOTO_VERSION

logger = logging.getLogger(__name__)

SERVICES = ("s3", "sqs", "sns", "dynamodb", "iam", "stepfunctions")
_STAMP = f"genomics local AWS 1, moto {MOTO_VERSION}\n".encode()
_ATTEMPTS = 20
_DELAY_SECONDS = 0.25
_SHARE = 10  # a snapshot that takes long is followed by a pause of so many times its duration

_LOCKS: dict[type, Callable[[], Any]] = {
    type(threading.Lock()): threading.Lock,
    type(threading.RLock()): threading.RLock,
    threading.Condition: threading.Condition,
    threading.Event: threading.Event,
}


def save(path: Path) -> None:
    """This function will write the state of all services to `path`, whole or not at all."""
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(_STAMP + _dump())
    temporary.replace(path)


def load(path: Path, *, files: ByteFiles) -> bool:
    """This function will put the state at `path` back and tell whether there was one.

    A snapshot of another version of moto, or a damaged one, is dropped: the application provisions anew.
    """
    if not path.exists():
        return False
    stamp, _, content = path.read_bytes().partition(b"\n")
    if stamp + b"\n" != _STAMP:
        logger.warning("the snapshot was made by another version (%s): dropped", stamp[:80])
        return False
    try:
        state = _Unpickler(io.BytesIO(content), files=files).load()
    except Exception:
        logger.exception("the snapshot cannot be read: dropped")
        return False
    for service, backends in state["backends"].items():
        for (account, region), backend in backends.items():
            dict.__setitem__(_backends(service)[account], region, backend)
    s3_backends.bucket_accounts.update(state["bucket_accounts"])
    return True


def dump_record(record: Any, file: BinaryIO) -> None:
    """This function will append a record of the journal to a file."""
    _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(record)


def load_record(file: BinaryIO, *, files: ByteFiles) -> Any:
    """This function will read the next record of the journal from a file."""
    return _Unpickler(file, files=files).load()


class Saver:
    """A thread that saves a quarter of a second after a change was reported."""

    def __init__(self, path: Path, *, files: ByteFiles, journal: Journal) -> None:
        self._path = path
        self._files = files
        self._journal = journal
        self._changed = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def changed(self) -> None:
        self._changed.set()

    def stop(self) -> None:
        """This function will save once more and end the thread."""
        self._stopped.set()
        self._changed.set()
        self._thread.join()
        self._save()
        self._journal.close()

    def _run(self) -> None:
        pause = _DELAY_SECONDS
        while True:
            self._changed.wait()
            if self._stopped.wait(pause):
                return
            self._changed.clear()
            started = time.monotonic()
            self._save()
            pause = max(_DELAY_SECONDS, _SHARE * (time.monotonic() - started))

    def _save(self) -> None:
        try:
            self._journal.begin_snapshot()
            save(self._path)
        except Exception:
            logger.exception("the snapshot failed; the next change tries again")
        else:
            self._journal.end_snapshot()
            self._files.purge()


def _backends(service: Any) -> Any:
    return step_functions.backends() if service == "stepfunctions" else get_backend(service)


def _dump() -> bytes:
    for attempt in range(_ATTEMPTS):
        buffer = io.BytesIO()
        try:
            _Pickler(buffer, pickle.HIGHEST_PROTOCOL).dump(_state())
        except RuntimeError:  # a dict or set changed under the pickler: requests go on meanwhile
            time.sleep(0.005 * attempt)
        else:
            return buffer.getvalue()
    raise RuntimeError("the state changes too fast for a snapshot")


def _state() -> dict[str, Any]:
    return {
        "backends": {
            service: {
                (account, region): backend
                for account, regions in list(_backends(service).items())
                for region, backend in list(regions.items())
            }
            for service in SERVICES
        },
        "bucket_accounts": dict(s3_backends.bucket_accounts),
    }


class _Pickler(pickle.Pickler):
    """Leaves out what belongs to this process: locks are made anew, byte files are named, not read."""

    def reducer_override(self, value: Any) -> Any:
        make_lock = _LOCKS.get(type(value))
        if make_lock is not None:
            return make_lock, ()
        if isinstance(value, FakeKey):
            # moto's own way to pickle a key would copy its bytes.
            return _new, (type(value),), dict(value.__dict__), None, None, _set_state
        if isinstance(value, StateMachine):
            return _new, (type(value),), step_functions.without_executions(value), None, None, _set_state
        return NotImplemented

    def persistent_id(self, value: Any) -> str | None:
        return value.name if isinstance(value, ByteFile) else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO, *, files: ByteFiles) -> None:
        super().__init__(file)
        self._files = files

    def persistent_load(self, name: str) -> ByteFile:
        return ByteFile(self._files, name)


def _new(cls: Any) -> Any:
    return cls.__new__(cls)


def _set_state(value: Any, state: dict[str, Any]) -> None:
    value.__dict__.update(state)
