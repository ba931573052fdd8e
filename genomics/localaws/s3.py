"""The buckets: moto's, with the bytes in files, lazy range reads, atomic conditional writes and real checksums."""

import hashlib
import json
import tempfile
import threading
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

from moto.s3 import models, responses
from moto.s3.exceptions import EntityTooSmall, InvalidPart, MalformedXML, NoSuchUpload
from moto.settings import S3_UPLOAD_PART_MIN_SIZE

from genomics.localaws import s3_checksums, s3_cold
from genomics.localaws.byte_files import ByteFile, ByteFiles, Window
from genomics.localaws.patching import Patch

_stock_value = models.FakeKey.value
_stock_complete = models.FakeMultipart.complete
_stock_complete_upload = models.S3Backend.complete_multipart_upload
_stock_abort_upload = models.S3Backend.abort_multipart_upload
_stock_copy_object = models.S3Backend.copy_object
_stock_upload_part = models.S3Backend.upload_part
_stock_upload_part_copy = models.S3Backend.upload_part_copy
_stock_get_permission = models.FakeBucket.get_permission
_stock_key_response_put = responses.S3Response._key_response_put
_stock_key_response_post = responses.S3Response._key_response_post

_current = SimpleNamespace(files=None)
_key_locks = tuple(threading.RLock() for _ in range(64))


def use(files: ByteFiles | None) -> None:
    """This function will keep new objects in `files`; None: in moto's temporary files."""
    _current.files = files


def live_names() -> set[str]:
    """This function will give the names of the byte files that objects and parts refer to."""
    return {
        key._value_buffer.name
        for key in _all_keys()
        if isinstance(key, models.FakeKey) and isinstance(key._value_buffer, ByteFile)
    }


def dispose_all() -> None:
    """This function will give up the bytes of all objects and parts, before moto forgets them."""
    for key in list(_all_keys()):
        if isinstance(key, models.FakeKey):
            key.dispose()


def cors_rules(bucket: str) -> list[Any]:
    """This function will give moto's CORS rules of a bucket, none when there is no such bucket."""
    for backend in _backends():
        if bucket in backend.buckets:
            return list(backend.buckets[bucket].cors)
    return []


def _backends() -> Iterator[Any]:
    for regions in list(models.s3_backends.values()):
        yield from list(regions.values())


def _all_keys() -> Iterator[Any]:
    for backend in _backends():
        for bucket in list(backend.buckets.values()):
            for versions in list(dict.values(bucket.keys)):
                yield from versions
            for upload in list(bucket.multiparts.values()):
                yield from list(upload.parts.values())


def _new_buffer(max_size: int = 0) -> Any:
    files: ByteFiles | None = _current.files
    return tempfile.SpooledTemporaryFile(max_size) if files is None else files.create()


def _read_value(key: Any) -> Any:
    if isinstance(key._value_buffer, ByteFile):
        return key._value_buffer.window()
    return _stock_value.fget(key)  # type: ignore[attr-defined]


def _write_value(key: Any, value: Any) -> None:
    buffer = key._value_buffer
    if not isinstance(buffer, ByteFile):
        _stock_value.fset(key, b"".join(value) if isinstance(value, Window) else value)  # type: ignore[attr-defined]
        return
    key.contentsize = len(value)
    md5 = buffer.write(value)
    if key._etag is None:
        key._etag = md5


def _complete(upload: Any, claimed: Iterator[tuple[int, str]]) -> Any:
    """This function will join the claimed parts; moto's would hold the whole object in memory, three times."""
    if _current.files is None:
        return _stock_complete(upload, claimed)
    parts = list(_claimed_parts(upload, claimed))
    if not parts:
        raise MalformedXML
    joined = _current.files.create()
    for part in parts:
        joined.append(part.value)
    md5s = b"".join(bytes.fromhex(part.etag.strip('"')) for part in parts)
    etag = f"{hashlib.md5(md5s, usedforsecurity=False).hexdigest()}-{len(parts)}"
    return joined, etag, s3_checksums.of_upload(upload, parts=parts, joined=joined.window())


def _claimed_parts(upload: Any, claimed: Iterable[tuple[int, str]]) -> Iterator[Any]:
    previous = None
    for number, etag in claimed:
        part = upload.parts.get(number)
        if part is None or part.etag.strip('"') != etag.strip('"'):
            raise InvalidPart
        if previous is not None and previous.contentsize < S3_UPLOAD_PART_MIN_SIZE:
            raise EntityTooSmall
        previous = part
        yield part


def _complete_upload(backend: Any, bucket_name: str, upload_id: str, body: Any) -> Any:
    upload = _upload(backend, bucket_name, upload_id)
    key = _stock_complete_upload(backend, bucket_name, upload_id, body)
    if key is not None and isinstance(key._value_buffer, ByteFile):
        _give_up_parts(upload)  # the joined object has the bytes now
    return key


def _abort_upload(backend: Any, bucket_name: str, upload_id: str) -> None:
    upload = backend.get_bucket(bucket_name).multiparts.get(upload_id)
    _stock_abort_upload(backend, bucket_name, upload_id)
    _give_up_parts(upload)


def _give_up_parts(upload: Any) -> None:
    upload.dispose()
    upload.parts = {}


def _upload_part(backend: Any, bucket_name: str, upload_id: str, part_id: int, value: bytes) -> Any:
    upload = _upload(backend, bucket_name, upload_id)
    part = _stock_upload_part(backend, bucket_name, upload_id, part_id, value)
    s3_checksums.stamp_part(part, upload=upload, content=value)
    return part


def _upload_part_copy(backend: Any, bucket_name: str, upload_id: str, *args: Any, **kwargs: Any) -> Any:
    upload = _upload(backend, bucket_name, upload_id)
    source = backend.get_object(kwargs["src_bucket_name"], kwargs["src_key_name"], version_id=kwargs["src_version_id"])
    s3_cold.check_readable(source)
    part = _stock_upload_part_copy(backend, bucket_name, upload_id, *args, **kwargs)
    s3_checksums.stamp_part(part, upload=upload, content=part.value)
    return part


def _upload(backend: Any, bucket_name: str, upload_id: str) -> Any:
    upload = backend.get_bucket(bucket_name).multiparts.get(upload_id)
    if upload is None:
        raise NoSuchUpload(upload_id=upload_id)
    return upload


def _copy_object(
    backend: Any, src_key: Any, dest_bucket_name: str, dest_key_name: str, *args: Any, **kwargs: Any
) -> None:
    _stock_copy_object(backend, src_key, dest_bucket_name, dest_key_name, *args, **kwargs)
    copied = backend.get_object(dest_bucket_name, dest_key_name)
    copied.multipart = None  # the parts belong to the source
    if copied.checksum_algorithm:
        s3_checksums.stamp_whole_object(copied)


def _get_permission(bucket: Any, action: str, resource: str) -> Any:
    """This function will judge by the statements without conditions: moto knows none, TLS-only would refuse all."""
    if bucket.policy is None:
        return _stock_get_permission(bucket, action, resource)
    document = json.loads(bucket.policy)
    document["Statement"] = [item for item in document["Statement"] if "Condition" not in item]
    policy = json.dumps(document).encode() if document["Statement"] else None
    return _stock_get_permission(SimpleNamespace(policy=policy), action, resource)  # type: ignore[arg-type]


def _key_response_put(response: Any, query: dict[str, Any], key_name: str) -> Any:
    if query.get("uploadId"):
        return _stock_key_response_put(response, query, key_name)
    with _key_lock(response.bucket_name, key_name):
        return _stock_key_response_put(response, query, key_name)


def _key_response_post(  # noqa: PLR0917  # moto's signature
    response: Any, request: Any, body: bytes, bucket_name: str, query: dict[str, Any], key_name: str
) -> Any:
    if "restore" in query:
        with _key_lock(bucket_name, key_name):
            return s3_cold.answer_restore(response, body=body, bucket=bucket_name, name=key_name)
    if not query.get("uploadId"):
        return _stock_key_response_post(response, request, body, bucket_name, query, key_name)
    with _key_lock(bucket_name, key_name):
        upload = response.backend.get_bucket(bucket_name).multiparts.get(query["uploadId"][0])
        s3_checksums.check_claims(upload, body=body)
        answer = _stock_key_response_post(response, request, body, bucket_name, query, key_name)
        return s3_checksums.in_complete_answer(answer, key=response.backend.get_object(bucket_name, key_name))


def _key_lock(bucket: str, key: str) -> threading.RLock:
    """This function will give the lock of a key: `If-None-Match: *` must see every write before it."""
    return _key_locks[hash((bucket, key)) % len(_key_locks)]


PATCHES = (
    Patch(owner=models, name="tempfile", replacement=SimpleNamespace(SpooledTemporaryFile=_new_buffer)),
    Patch(owner=models.FakeKey, name="value", replacement=property(_read_value, _write_value)),
    Patch(owner=models.FakeMultipart, name="complete", replacement=_complete),
    Patch(owner=models.S3Backend, name="abort_multipart_upload", replacement=_abort_upload),
    Patch(owner=models.S3Backend, name="complete_multipart_upload", replacement=_complete_upload),
    Patch(owner=models.S3Backend, name="copy_object", replacement=_copy_object),
    Patch(owner=models.S3Backend, name="upload_part", replacement=_upload_part),
    Patch(owner=models.S3Backend, name="upload_part_copy", replacement=_upload_part_copy),
    Patch(owner=models.FakeBucket, name="get_permission", replacement=_get_permission),
    Patch(owner=responses.S3Response, name="_key_response_put", replacement=_key_response_put),
    Patch(owner=responses.S3Response, name="_key_response_post", replacement=_key_response_post),
    *s3_checksums.PATCHES,
    *s3_cold.PATCHES,
)
