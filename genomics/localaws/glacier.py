"""The vaults of Amazon Glacier: a WSGI layer that answers requests signed for `glacier`, before moto's would.

moto's own vaults check no tree hash, know no parts, finish at once and tell nobody. Here retrievals take their time
(cold.py), send their message to the topic that they name, and their output ends after a day.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from genomics.aws.tree_hash import MIB
from genomics.localaws.cold import EXPEDITED, conditions
from genomics.localaws.glacier_shelf import Place, Received, Row, Shelf

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/glacier/aws4_request")
_LEAST_MEMBERS = 3  # of a path: account, "vaults", name
_LONGEST_DESCRIPTION = 1024
_LARGEST_PART = 4096 * MIB


class Refused(Exception):  # noqa: N818  # it is an answer, not a failure
    """A request that Glacier would refuse."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Iterable[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    place: Place
    kind: str  # archives, multipart-uploads, jobs; empty: the vault itself
    id: str  # empty: none is named
    rest: str  # behind the id
    headers: Mapping[str, str]
    received: Received


class Glacier:
    """The layer; requests for other services pass to `app`."""

    def __init__(self, app: Wsgi, *, shelf: Shelf) -> None:
        self._app = app
        self._shelf = shelf

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope is None:
            return self._app(environ, start_response)
        # Read to its end in any case: the next request comes over the same connection.
        received = self._shelf.receive(environ["wsgi.input"], size=int(environ.get("CONTENT_LENGTH") or 0))
        kept = False
        try:
            answer, kept = self._answer(environ, region=scope[1], received=received)
        except Refused as refused:
            error = {"code": refused.code, "message": refused.message, "type": "Client"}
            answer = _json(refused.status, error)
        finally:
            if not kept:
                self._shelf.discard(received.file)
        start_response(f"{answer.status} -", [*answer.headers.items(), ("x-amzn-RequestId", "local")])
        return answer.body

    def _answer(self, environ: Environ, *, region: str, received: Received) -> tuple[Answer, bool]:
        """This function will answer, and tell whether the body is kept."""
        if not conditions.takes_vaults:
            raise Refused(
                400, "NoLongerSupportedException", "Amazon Glacier no longer accepts requests of this account"
            )
        members = [part for part in environ["PATH_INFO"].split("/") if part]
        if len(members) < _LEAST_MEMBERS or members[1] != "vaults":
            raise _no_such_operation()
        kind, id_, *rest = (*members[3:], "", "")
        request = Request(
            place=Place(region=region, vault=members[2]),
            kind=kind,
            id=id_,
            rest="/".join(part for part in rest if part),
            headers={
                name[5:].lower().replace("_", "-"): str(value) for name, value in environ.items() if name[:5] == "HTTP_"
            },
            received=received,
        )
        method = environ["REQUEST_METHOD"]
        handler = _HANDLERS.get((method, kind, bool(id_), request.rest))
        if handler is None:
            raise _no_such_operation()
        if kind and self._shelf.vault(request.place) is None:
            raise _missing("vault", request.place.vault)
        _check_content(request)
        return handler(self._shelf, request), (method, kind) in _KEEPING


def tick(shelf: Shelf) -> bool:
    """This function will send the messages of the retrievals that have ended, and tell whether there were any."""
    finished = shelf.take_finished()
    for job in finished:
        if job["topic"]:
            topics = sns_backends[DEFAULT_ACCOUNT_ID][job["region"]]
            if job["topic"] in topics.topics:  # AWS says nothing of a topic that is gone
                topics.publish(arn=job["topic"], message=json.dumps(_described(shelf, job)))
    return bool(finished)


def _create_vault(shelf: Shelf, request: Request) -> Answer:
    shelf.create_vault(request.place)
    return _created({"Location": f"/{DEFAULT_ACCOUNT_ID}/vaults/{request.place.vault}"})


def _describe_vault(shelf: Shelf, request: Request) -> Answer:
    vault = shelf.vault(request.place)
    if vault is None:
        raise _missing("vault", request.place.vault)
    return _json(
        200,
        {
            "VaultARN": _arn(request.place.region, vault=request.place.vault),
            "VaultName": request.place.vault,
            "CreationDate": _time(vault["created_at"]),
        },
    )


def _upload_archive(shelf: Shelf, request: Request) -> Answer:
    if not request.received.size:
        raise _bad("Invalid body: an archive has at least one byte")
    description = request.headers.get("x-amz-archive-description", "")
    _check_description(description)
    archive = shelf.add_archive(request.place, description=description, received=request.received)
    return _created_archive(archive)


def _delete_archive(shelf: Shelf, request: Request) -> Answer:
    archive = shelf.archive(request.place, request.id)
    if archive is not None:  # deleting twice is fine on AWS
        shelf.remove_archive(archive)
    return _nothing()


def _begin_upload(shelf: Shelf, request: Request) -> Answer:
    part_size = int(request.headers.get("x-amz-part-size", "0"))
    if not MIB <= part_size <= _LARGEST_PART or part_size & (part_size - 1):
        raise _bad("Invalid part size: a power of two of MiB, 4 GiB at most")
    description = request.headers.get("x-amz-archive-description", "")
    _check_description(description)
    upload_id = shelf.begin_upload(request.place, description=description, part_size=part_size)
    return _created({"x-amz-multipart-upload-id": upload_id})


def _upload_part(shelf: Shelf, request: Request) -> Answer:
    upload, received = _upload(shelf, request), request.received
    found = re.fullmatch(r"bytes (\d+)-(\d+)/\*", request.headers.get("content-range", ""))
    if found is None:
        raise _bad("Content-Range must be bytes START-END/*")
    start, end = int(found[1]), int(found[2])
    if start % upload["part_size"] or received.size > upload["part_size"]:
        raise _bad("The part is not aligned to the part size")
    if end - start + 1 != received.size:
        raise _bad("Content-Range and Content-Length differ")
    shelf.add_part(upload, start=start, received=received)
    return Answer(status=204, headers={"x-amz-sha256-tree-hash": received.tree_hash}, body=[])


def _complete_upload(shelf: Shelf, request: Request) -> Answer:
    upload = _upload(shelf, request)
    end = 0
    for part in shelf.parts(upload):
        if part["start"] != end:
            raise _bad(f"The bytes from {end} on are missing")
        end = part["start"] + part["size"]
    joined = shelf.join(upload)
    wanted = request.headers.get("x-amz-archive-size"), request.headers.get("x-amz-sha256-tree-hash")
    if wanted != (str(joined.size), joined.tree_hash):
        shelf.discard(joined.file)
        raise _bad("The size or the tree hash is not that of the parts")
    archive = shelf.add_archive(request.place, description=upload["description"], received=joined)
    shelf.drop_upload(upload)
    return _created_archive(archive)


def _abort_upload(shelf: Shelf, request: Request) -> Answer:
    shelf.drop_upload(_upload(shelf, request))
    return _nothing()


def _begin_job(shelf: Shelf, request: Request) -> Answer:
    asked = json.loads(b"".join(shelf.read(request.received.file, start=0, stop=request.received.size)))
    tier, description = asked.get("Tier") or "Standard", asked.get("Description")
    _check_description(description or "")
    if asked.get("Type") == "inventory-retrieval":
        _check_load()
        job_id = shelf.begin_inventory(request.place, topic=asked.get("SNSTopic"), description=description)
        return Answer(status=202, headers={"x-amz-job-id": job_id, "Content-Length": "0"}, body=[])
    if asked.get("Type") != "archive-retrieval" or tier not in conditions.times:
        raise _bad("Only retrievals of archives and inventories are known here, of a tier of AWS")
    archive = _archive(shelf, request.place, str(asked.get("ArchiveId")))
    _check_load()
    if tier == EXPEDITED and not conditions.expedited_capacity:
        message = "Insufficient capacity to process expedited retrieval. Please try again later."
        raise Refused(503, "InsufficientCapacityException", message)
    topic = asked.get("SNSTopic")
    job_id = shelf.begin_job(request.place, archive=archive, tier=tier, topic=topic, description=description)
    return Answer(status=202, headers={"x-amz-job-id": job_id, "Content-Length": "0"}, body=[])


def _describe_job(shelf: Shelf, request: Request) -> Answer:
    return _json(200, _described(shelf, _job(shelf, request)))


def _list_jobs(shelf: Shelf, request: Request) -> Answer:
    return _json(200, {"Marker": None, "JobList": [_described(shelf, job) for job in shelf.jobs(request.place)]})


def _job_output(shelf: Shelf, request: Request) -> Answer:
    job = _job(shelf, request)
    if not shelf.is_done(job) or job["failed"]:
        raise _bad(f"The job is not currently available for download: {request.id}")
    if not job["archive"]:
        return _json(200, _inventory(shelf, request.place))
    archive, size = _archive(shelf, request.place, job["archive"]), int(job["size"])
    start, stop = _window(request.headers.get("range", ""), size=size)
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Length": str(stop - start),
        "Accept-Ranges": "bytes",
    }
    if "range" in request.headers:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    if start % MIB == 0 and (stop % MIB == 0 or stop == size):
        headers["x-amz-sha256-tree-hash"] = shelf.tree_hash(archive["file"], start=start, stop=stop)
    body = shelf.read(archive["file"], start=start, stop=stop)
    return Answer(status=206 if "range" in request.headers else 200, headers=headers, body=body)


def _inventory(shelf: Shelf, place: Place) -> dict[str, Any]:
    """This function will give what the vault holds now; AWS's list is up to a day old."""
    return {
        "VaultARN": _arn(place.region, vault=place.vault),
        "InventoryDate": _time(time.time()),
        "ArchiveList": [
            {
                "ArchiveId": archive["id"],
                "ArchiveDescription": archive["description"],
                "CreationDate": _time(shelf.stored_at(archive)),
                "Size": archive["size"],
                "SHA256TreeHash": archive["tree_hash"],
            }
            for archive in shelf.archives(place)
        ],
    }


def _window(asked: str, *, size: int) -> tuple[int, int]:
    if not asked:
        return 0, size
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", asked)
    if found is None or int(found[1]) >= size:
        raise Refused(416, "InvalidParameterValueException", "Invalid range")
    return int(found[1]), min(int(found[2] or size - 1) + 1, size)


def _check_content(request: Request) -> None:
    """This function will hold the body against the digests that came with it."""
    completes = request.kind == "multipart-uploads" and "x-amz-archive-size" in request.headers
    tree_hash = request.headers.get("x-amz-sha256-tree-hash")
    if tree_hash and not completes and tree_hash != request.received.tree_hash:
        raise _bad(f"Checksum mismatch: expected {tree_hash}, got {request.received.tree_hash}")
    sha256 = request.headers.get("x-amz-content-sha256")
    if sha256 not in {None, "UNSIGNED-PAYLOAD", request.received.sha256}:
        raise _bad("The body is not the one that was signed")


def _check_load() -> None:
    if conditions.throttled:
        raise Refused(400, "ThrottlingException", "Rate exceeded")


def _check_description(description: str) -> None:
    if len(description) > _LONGEST_DESCRIPTION or not description.isascii() or not description.isprintable():
        raise _bad("Invalid description: printable ASCII, 1,024 characters at most")


def _described(shelf: Shelf, job: Row) -> dict[str, Any]:
    done = shelf.is_done(job)
    state = ("Failed" if job["failed"] else "Succeeded") if done else "InProgress"
    common = {
        "Completed": done,
        "CompletionDate": _time(job["done_at"]) if done else None,
        "CreationDate": _time(job["created_at"]),
        "JobDescription": job["description"],
        "JobId": job["id"],
        "SNSTopic": job["topic"],
        "StatusCode": state,
        "StatusMessage": state,
        "VaultARN": _arn(job["region"], vault=job["vault"]),
    }
    if not job["archive"]:
        return {**common, "Action": "InventoryRetrieval"}
    return {
        **common,
        "Action": "ArchiveRetrieval",
        "ArchiveId": job["archive"],
        "ArchiveSHA256TreeHash": job["tree_hash"],
        "ArchiveSizeInBytes": job["size"],
        "RetrievalByteRange": f"0-{job['size'] - 1}",
        "SHA256TreeHash": job["tree_hash"],
        "Tier": job["tier"],
    }


def _archive(shelf: Shelf, place: Place, archive_id: str) -> Row:
    found = shelf.archive(place, archive_id)
    if found is None:
        raise _missing("archive ID", archive_id)
    return found


def _upload(shelf: Shelf, request: Request) -> Row:
    found = shelf.upload(request.place, request.id)
    if found is None:
        raise _missing("upload ID", request.id)
    return found


def _job(shelf: Shelf, request: Request) -> Row:
    found = shelf.job(request.place, request.id)
    if found is None:
        raise _missing("job ID", request.id)
    return found


def _missing(what: str, name: str) -> Refused:
    return Refused(404, "ResourceNotFoundException", f"The {what} was not found: {name}")


def _bad(message: str) -> Refused:
    return Refused(400, "InvalidParameterValueException", message)


def _no_such_operation() -> Refused:
    return Refused(404, "UnknownOperationException", "There is no such operation here")


def _json(status: int, value: Mapping[str, Any]) -> Answer:
    body = json.dumps(value).encode()
    return Answer(
        status=status, headers={"Content-Type": "application/json", "Content-Length": str(len(body))}, body=[body]
    )


def _created(headers: Mapping[str, str]) -> Answer:
    return Answer(status=201, headers={**headers, "Content-Length": "0"}, body=[])


def _created_archive(archive: Row) -> Answer:
    return _created({"x-amz-archive-id": archive["id"], "x-amz-sha256-tree-hash": archive["tree_hash"]})


def _nothing() -> Answer:
    return Answer(status=204, headers={}, body=[])


def _arn(region: str, *, vault: str) -> str:
    return f"arn:aws:glacier:{region}:{DEFAULT_ACCOUNT_ID}:vaults/{vault}"


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_KEEPING = {("POST", "archives"), ("PUT", "multipart-uploads")}  # what becomes of whose bodies archives and parts
_HANDLERS: dict[tuple[str, str, bool, str], Callable[[Shelf, Request], Answer]] = {
    ("PUT", "", False, ""): _create_vault,
    ("GET", "", False, ""): _describe_vault,
    ("POST", "archives", False, ""): _upload_archive,
    ("DELETE", "archives", True, ""): _delete_archive,
    ("POST", "multipart-uploads", False, ""): _begin_upload,
    ("PUT", "multipart-uploads", True, ""): _upload_part,
    ("POST", "multipart-uploads", True, ""): _complete_upload,
    ("DELETE", "multipart-uploads", True, ""): _abort_upload,
    ("POST", "jobs", False, ""): _begin_job,
    ("GET", "jobs", False, ""): _list_jobs,
    ("GET", "jobs", True, ""): _describe_job,
    ("GET", "jobs", True, "output"): _job_output,
}
