"""Install a reference: fetch the sources of a catalogue, several at a time, and build from them.

Files are kept in a folder of their own until the reference stands, so whatever interrupts an installation, the next
one goes on from there. A file that is complete is used again as long as its server still offers the same version.
"""

import fcntl
import json
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path

from annotator.building.build import Built, Plan, build_reference
from annotator.building.catalogue import CatalogueSource
from annotator.building.checksums import Checksum, from_google_headers, from_list, from_md5_file
from annotator.building.download import DownloadError, Remote, fetch, fetch_text, look
from annotator.building.origin import Origin
from annotator.errors import InvalidReferenceError

Listener = Callable[[str, float], None]  # hears what is being done, and which fraction of that is

PARALLEL_DOWNLOADS = 3
SECONDS_BETWEEN = 0.2

_LOCK_FILE = "lock"

# Room on disk for what is made of a file, as multiples of its size: the sequence is unpacked, stores are as large.
_ROOM_FOR_SEQUENCE = 4
_ROOM_FOR_OTHERS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One file to fetch, and where to."""

    source: CatalogueSource
    url: str
    path: Path

    @property
    def note(self) -> Path:
        """What is known of a complete file's version."""
        return self.path.with_name(f"{self.path.name}.done.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a server says of an item, or why it says nothing."""

    item: Item
    remote: Remote | None
    fault: str = ""

    @property
    def size_bytes(self) -> int | None:
        return self.remote.size_bytes if self.remote else None

    @property
    def is_here(self) -> bool:
        """Whether this very version is complete on disk."""
        return self.remote is not None and self.item.path.is_file() and _noted(self.item) == _version(self.remote)


def items_of(sources: Iterable[CatalogueSource], *, folder: Path) -> tuple[Item, ...]:
    """The files of these sources; each source has a folder of its own below `folder`."""
    return tuple(
        Item(source=source, url=url, path=folder / source.id / source.file_name(url))
        for source in sources
        for url in source.urls
    )


def look_at(items: Sequence[Item], *, parallel: int = PARALLEL_DOWNLOADS) -> tuple[Seen, ...]:
    """Ask the servers for the sizes and versions of all items; what cannot be reached has a fault instead."""
    with ThreadPoolExecutor(parallel) as pool:
        return tuple(pool.map(_look, items))


def require_space(seen: Sequence[Seen], *, folder: Path) -> None:
    """Raise InvalidReferenceError when the disk has no room for the files and what is made of them."""
    needed = 0
    for one in seen:
        size = one.size_bytes or 0
        room = _ROOM_FOR_SEQUENCE if one.item.source.role == "fasta" else _ROOM_FOR_OTHERS
        needed += size * room + (0 if one.is_here else max(size - _arrived(one.item), 0))
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if needed > free:
        raise InvalidReferenceError(
            f"About {needed / 1e9:,.1f} GB are needed and {free / 1e9:,.1f} GB are free below {existing}. "
            "Install fewer tracks (--tracks), or name another folder (--references)."
        )


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other installations out of a folder of downloads; raises InvalidReferenceError when one is in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InvalidReferenceError(f"Another installation is fetching into {folder}; wait for it.") from None
        yield


def fetch_all(seen: Sequence[Seen], *, listener: Listener, parallel: int = PARALLEL_DOWNLOADS) -> dict[Item, Remote]:
    """Fetch what is not here yet; raises DownloadError for the first file that cannot be had, and keeps the parts."""
    remotes = {one.item: one.remote for one in seen if one.is_here and one.remote is not None}
    missing = [one for one in seen if one.item not in remotes]
    done_bytes = {one.item: 0 for one in missing}
    total = sum(one.size_bytes or 0 for one in missing)
    stop = threading.Event()
    with ThreadPoolExecutor(parallel) as pool:
        pending: dict[Future[Remote], Item] = {
            pool.submit(_fetch, one.item, done_bytes=done_bytes, stop=stop): one.item for one in missing
        }
        try:
            waiting = set(pending)
            while waiting:
                finished, waiting = wait(waiting, timeout=SECONDS_BETWEEN, return_when=FIRST_EXCEPTION)
                for future in finished:
                    remotes[pending[future]] = future.result()
                label = f"Fetching, {len(waiting)} of {len(missing)} files to go"
                listener("Fetching" if total else label, sum(done_bytes.values()) / total if total else 0)
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return remotes


def build_from(remotes: dict[Item, Remote], *, name: str, version: str, output: Path, listener: Listener) -> Built:
    """Build the reference from the files that were fetched, in the order of the catalogue."""
    items = list(remotes)
    build = items[0].source.build
    return build_reference(
        Plan(
            name=name,
            version=version,
            build=build,
            fasta=tuple(item.path for item in items if item.source.role == "fasta"),
            gff3=tuple(item.path for item in items if item.source.role == "gff3"),
            mane=next((item.path for item in items if item.source.role == "mane"), None),
            vcf=_named(items, role="vcf"),
            table=_named(items, role="table"),
            origins={
                identifier: _origin(item.source, remotes[item])
                for item in items
                for identifier in item.source.track_ids or (item.source.id,)
            },
            output=output,
        ),
        listener=listener,
    )


def _named(items: Iterable[Item], *, role: str) -> tuple[str, ...]:
    return tuple(
        f"{track}={item.path}" for item in items if item.source.role == role for track in item.source.track_ids
    )


def _origin(source: CatalogueSource, remote: Remote) -> Origin:
    """What the catalogue and the server know; VCF and GFF3 files tell version and date themselves."""
    address = source.urls[0] if len(source.urls) == 1 else source.urls[0].rpartition("/")[0] + "/"
    date = "" if source.role in ("vcf", "gff3") else _date(remote.modified)
    return Origin(name=source.name, version=source.version or date, date=date, licence=source.licence, url=address)


def _date(modified: str) -> str:
    try:
        return parsedate_to_datetime(modified).date().isoformat()
    except ValueError:
        return ""


def _look(item: Item) -> Seen:
    try:
        return Seen(item=item, remote=look(item.url))
    except DownloadError as error:
        return Seen(item=item, remote=None, fault=str(error))


class _StoppedError(Exception):
    """Another file could not be had, or somebody interrupted."""


def _fetch(item: Item, *, done_bytes: dict[Item, int], stop: threading.Event) -> Remote:
    def progress(done: int, /) -> None:
        if stop.is_set():
            raise _StoppedError
        done_bytes[item] = done

    item.note.unlink(missing_ok=True)
    checksum = _checksum_of(item)
    remote = fetch(item.url, item.path, checksum=checksum, progress=progress, pause=stop.wait)
    item.note.write_text(json.dumps(_version(remote)), encoding="utf-8")
    return remote


def _checksum_of(item: Item) -> Callable[[Remote], Checksum | None]:
    source = item.source

    def find(remote: Remote) -> Checksum | None:
        if source.checksum == "none":
            return None
        if source.checksum == "google-header":
            found = from_google_headers(remote.headers)
        else:
            text = _text(source.checksum_url)
            name = item.url.rsplit("/", 1)[-1]
            found = {
                "md5-file": lambda: from_md5_file(text),
                "md5-list": lambda: from_list(text, file_name=name, kind="md5"),
                "bsd-sums": lambda: from_list(text, file_name=name, kind="sum"),
            }[source.checksum]()
        if found is None:
            place = source.checksum_url or f"the answer for {item.url}"
            raise DownloadError(f"{place} holds no checksum of {item.path.name}, although it should.")
        return found

    return find


@lru_cache(maxsize=8)
def _text(url: str) -> str:
    return fetch_text(url)


def _version(remote: Remote) -> dict[str, str | int | None]:
    return {"url": remote.url, "size": remote.size_bytes, "etag": remote.etag, "modified": remote.modified}


def _noted(item: Item) -> object:
    try:
        return json.loads(item.note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _arrived(item: Item) -> int:
    part = item.path.with_name(f"{item.path.name}.part")
    return part.stat().st_size if part.is_file() else 0
