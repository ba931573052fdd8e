"""Fetch files over HTTP so that nothing is lost when a connection breaks, and nothing wrong is taken for right.

A file grows as `<name>.part`, beside a note of which version of it that is (`<name>.part.json`). The next try goes on
where the last one ended, if the server still has that very version (`Range` with `If-Range`), and from the beginning if
it has not. Only a complete file with the right checksum gets its name.
"""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from annotator.building.checksums import Checksum
from annotator.errors import AnnotatorError

MAX_TRIES_WITHOUT_PROGRESS = 5
FIRST_PAUSE_SECONDS = 1.0
TIMEOUT_SECONDS = 60.0

_PIECE_BYTES = 1 << 18
_SMALL_FILE_BYTES = 16 << 20
_AGENT = "genomics-cloud-annotator"
_NO_HEAD = frozenset((405, 501))  # the file may be there all the same
_TRY_AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))


class DownloadError(AnnotatorError):
    """A file could not be fetched; what has arrived of it is kept, unless it is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """What a server says of a file. What it does not say is empty or None."""

    url: str
    size_bytes: int | None
    etag: str
    modified: str
    headers: Mapping[str, str]

    @property
    def validator(self) -> str:
        """What tells this version from others, strong enough to go on with a part of it."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified


class Progress(Protocol):
    def __call__(self, done_bytes: int, /) -> None: ...


class Pause(Protocol):
    def __call__(self, seconds: float, /) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Which version of which file a part belongs to."""

    url: str
    validator: str


class _BrokenError(Exception):
    """The connection broke; what has arrived is there."""


def look(url: str, *, pause: Pause = time.sleep) -> Remote:
    """Ask for a file's size and version, without the file; raises DownloadError when it cannot be had."""
    for number in range(MAX_TRIES_WITHOUT_PROGRESS):
        try:
            with _open(url, method="HEAD") as response:
                return _remote(url, response)
        except HTTPError as error:
            if error.code in _NO_HEAD:
                return Remote(url=url, size_bytes=None, etag="", modified="", headers={})
            if error.code not in _TRY_AGAIN or number == MAX_TRIES_WITHOUT_PROGRESS - 1:
                raise DownloadError(f"{url}: the server answers {error.code} {error.reason}.") from error
            pause(FIRST_PAUSE_SECONDS * 2**number)
        except (URLError, OSError, http.client.HTTPException) as error:
            raise DownloadError(f"{url}: {_reason(error)}.") from error
    raise AssertionError("the last try returns or raises")


def fetch_text(url: str) -> str:
    """Fetch a small text; raises DownloadError when it cannot be had."""
    try:
        with _open(url) as response:
            return str(response.read(_SMALL_FILE_BYTES).decode("utf-8", "replace"))
    except HTTPError as error:
        raise DownloadError(f"{url}: the server answers {error.code} {error.reason}.") from error
    except (URLError, OSError, http.client.HTTPException) as error:
        raise DownloadError(f"{url}: {_reason(error)}.") from error


def fetch(
    url: str,
    path: Path,
    *,
    checksum: Callable[[Remote], Checksum | None],
    progress: Progress = lambda _: None,
    pause: Pause = time.sleep,
) -> Remote:
    """Fetch a file to `path`, trying again with growing pauses; raises DownloadError when that fails for good.

    `checksum` is asked once the file is complete, with what the server said of it; None: there is none to compare with.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    tries, size = 0, _size(part)
    while True:
        try:
            remote = _continue(url, part, progress=progress)
            break
        except _BrokenError as error:
            tries = 1 if _size(part) > size else tries + 1
            size = _size(part)
            if tries >= MAX_TRIES_WITHOUT_PROGRESS:
                raise DownloadError(f"{url}: {error}. Run it again to go on from there.") from error
            pause(FIRST_PAUSE_SECONDS * 2 ** (tries - 1))
    expected = checksum(remote)
    if expected is not None and not expected.fits(part):
        _forget(part)
        raise DownloadError(f"{url}: the checksum is not the publisher's; the file was thrown away. Run it again.")
    part.replace(path)
    _note_of(part).unlink(missing_ok=True)
    return remote


def _continue(url: str, part: Path, *, progress: Progress) -> Remote:
    """One try; raises _BrokenError when another one may help."""
    done = _size(part)
    note = _read_note(part)
    if note is None or note.url != url or not note.validator:
        done = 0
    headers = {"Range": f"bytes={done}-", "If-Range": note.validator} if done and note is not None else {}
    try:
        with _open(url, headers=headers) as response:
            return _receive(url, response, part, done=done, progress=progress)
    except HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            remote = look(url)
            if note is not None and remote.size_bytes == done and remote.validator == note.validator:
                return remote  # it had arrived, but had not got its name
            _forget(part)
            raise _BrokenError("the server does not have the rest of what has arrived") from error
        if error.code in _TRY_AGAIN:
            raise _BrokenError(f"the server answers {error.code} {error.reason}") from error
        raise DownloadError(f"{url}: the server answers {error.code} {error.reason}.") from error
    except (URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
        raise _BrokenError(_reason(error)) from error


def _receive(url: str, response: Any, part: Path, *, done: int, progress: Progress) -> Remote:
    remote = _remote(url, response)
    if response.status == http.client.PARTIAL_CONTENT:
        start, _, total = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
        if start.partition("-")[0] != str(done):
            _forget(part)
            raise _BrokenError("the server sent another range than asked for")
        remote = replace(remote, size_bytes=int(total) if total.isdigit() else None)
    else:
        done = 0  # it is another version, or the server knows no ranges
    note = _Part(url=url, validator=remote.validator)
    _note_of(part).write_text(json.dumps(asdict(note)), encoding="utf-8")
    with part.open("ab" if done else "wb") as stream:
        progress(done)
        while piece := response.read(_PIECE_BYTES):
            stream.write(piece)
            done += len(piece)
            progress(done)
    if remote.size_bytes is not None and done != remote.size_bytes:
        raise _BrokenError(f"the connection ended after {done:,} of {remote.size_bytes:,} bytes")
    return remote


def _open(url: str, *, method: str = "GET", headers: Mapping[str, str] = MappingProxyType({})) -> Any:
    if urlsplit(url).scheme not in ("http", "https"):
        raise DownloadError(f"{url}: only http and https addresses are fetched.")
    own = {"User-Agent": _AGENT, "Accept-Encoding": "identity"}
    return urlopen(Request(url, method=method, headers={**own, **headers}), timeout=TIMEOUT_SECONDS)  # noqa: S310


def _remote(url: str, response: Any) -> Remote:
    length = response.headers.get("Content-Length", "")
    return Remote(
        url=url,
        size_bytes=int(length) if length.isdigit() else None,
        etag=response.headers.get("ETag", ""),
        modified=response.headers.get("Last-Modified", ""),
        headers={name.lower(): value for name, value in response.headers.items()},
    )


def _reason(error: Exception) -> str:
    if isinstance(error, URLError):
        return f"the server cannot be reached ({error.reason})"
    return f"the connection broke ({error or type(error).__name__})"


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _note_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _read_note(part: Path) -> _Part | None:
    try:
        return _Part(**json.loads(_note_of(part).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note_of(part).unlink(missing_ok=True)
