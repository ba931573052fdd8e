"""Checksums as S3 keeps them: verified when given, kept with objects and parts, given back by HEAD, GET and ListParts.

An upload that was created with an algorithm wants the checksum of each part, with the part and when it is completed.
SHA256, SHA1 and CRC32 are computed; the two that need an extra library (CRC32C, CRC64NVME) are kept as given.
"""

import base64
import hashlib
import re
import zlib
from collections.abc import Iterable
from typing import Any
from xml.dom import minidom

from moto.s3 import responses, utils
from moto.s3.exceptions import InvalidPart, S3ClientError

from genomics.localaws.byte_files import Window
from genomics.localaws.patching import Patch

_COMPUTED = ("SHA256", "SHA1", "CRC32")
_HEADERS = {f"x-amz-checksum-{name.lower()}": name for name in (*_COMPUTED, "CRC32C", "CRC64NVME")}
_TRAILER = re.compile(rb"x-amz-checksum-[a-z0-9]+:\s*([A-Za-z0-9+/]+=*)")
_TRAILER_BYTES = 512
_PART_NUMBER = re.compile(r"<PartNumber>(\d+)</PartNumber>")

_stock_compute = utils.compute_checksum
_stock_upload_part = responses.S3Response.upload_part
_stock_upload_part_copy = responses.S3Response.upload_part_copy
_stock_list_parts = responses.S3Response.list_parts
_stock_head_object = responses.S3Response.head_object
_stock_get_object = responses.S3Response.get_object


class BadDigestError(S3ClientError):
    code = "BadDigest"

    def __init__(self, what: str) -> None:
        super().__init__(f"The {what} you specified did not match the calculated checksum.")


class ChecksumMissingError(S3ClientError):
    code = "InvalidRequest"


def digest(algorithm: str, content: bytes | Window) -> bytes | None:
    """This function will give the raw checksum, None for an algorithm that is not computed here."""
    chunks: Iterable[bytes] = [content] if isinstance(content, bytes) else content
    if algorithm == "CRC32":
        crc = 0
        for chunk in chunks:
            crc = zlib.crc32(chunk, crc)
        return crc.to_bytes(4, "big")
    if algorithm not in _COMPUTED:
        return None
    hasher = hashlib.new(algorithm.lower(), usedforsecurity=False)
    for chunk in chunks:
        hasher.update(chunk)
    return hasher.digest()


def of_upload(upload: Any, *, parts: list[Any], joined: Window) -> tuple[str, str, int] | None:
    """This function will give type, value and part count of a completed upload's checksum.

    The composite checksum is the checksum of the parts' raw checksums; None when there is none to give.
    """
    algorithm = _algorithm(upload)
    if algorithm is None:
        return None
    if upload.metadata.get("x-amz-checksum-type") == "FULL_OBJECT":
        return "FULL_OBJECT", _text(digest(algorithm, joined)), 1
    raw = b"".join(base64.b64decode(part.checksum_value) for part in parts)
    return "COMPOSITE", _text(digest(algorithm, raw)), len(parts)


def stamp_part(part: Any, *, upload: Any, content: bytes | Window) -> None:
    """This function will give a part the checksum of its bytes, where its upload has an algorithm."""
    part.checksum_algorithm = _algorithm(upload)
    if part.checksum_algorithm:
        part.checksum_value = _text(digest(part.checksum_algorithm, content))


def check_claims(upload: Any, *, body: bytes) -> None:
    """This function will compare the checksums of a CompleteMultipartUpload with those of the parts."""
    algorithm = _algorithm(upload)
    if algorithm is None or upload.metadata.get("x-amz-checksum-type") == "FULL_OBJECT":
        return
    for claim in minidom.parseString(body).getElementsByTagName("Part"):  # noqa: S318  # our own SDK wrote it
        number = _child_text(claim, "PartNumber")
        checksum = _child_text(claim, f"Checksum{algorithm}")
        if checksum is None:
            raise ChecksumMissingError(
                f"The upload was created using a {algorithm.lower()} checksum. The complete request must include the "
                f"checksum for each part. It was missing for part {number} in the request."
            )
        part = upload.parts.get(int(number or 0))
        if part is None or part.checksum_value != checksum:
            raise InvalidPart


def stamp_whole_object(key: Any) -> None:
    """This function will give a key the checksum of its own bytes: a copy has no composite checksum."""
    value = digest(key.checksum_algorithm, key.value)
    if value is not None:
        key.checksum_value, key.checksum_type, key.checksum_parts = _text(value), "FULL_OBJECT", None


def in_complete_answer(answer: Any, *, key: Any) -> Any:
    """This function will add the checksum to the answer of CompleteMultipartUpload, where moto leaves it out."""
    status, headers, body = answer
    if status != 200 or key is None or not key.checksum_algorithm or not key.checksum_value:
        return answer
    name = f"Checksum{key.checksum_algorithm}"
    added = f"<{name}>{_shown(key)}</{name}><ChecksumType>{key.checksum_type}</ChecksumType>"
    end = "</CompleteMultipartUploadResult>"
    text = body.decode() if isinstance(body, bytes) else body
    headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return status, headers, text.replace(end, added + end)


def verify(response: Any) -> tuple[str, str | None]:
    """This function will give algorithm and value of a request's checksum; it raises BadDigestError."""
    content_md5 = response.headers.get("Content-MD5")
    body = response.body or b""
    if content_md5 and content_md5 != _text(hashlib.md5(body, usedforsecurity=False).digest()):
        raise BadDigestError("Content-MD5")
    algorithm, given = _given(response)
    computed = digest(algorithm, body)
    if computed is None:
        return algorithm, given
    if given is not None and given != _text(computed):
        raise BadDigestError(algorithm)
    return algorithm, _text(computed)


def _given(response: Any) -> tuple[str, str | None]:
    for header, algorithm in _HEADERS.items():
        if header in response.headers:
            return algorithm, response.headers[header]
    trailer = response.headers.get("x-amz-trailer", "").strip().lower()
    if trailer in _HEADERS:
        found = _TRAILER.search((response.raw_body or b"")[-_TRAILER_BYTES:])
        return _HEADERS[trailer], found[1].decode() if found else None
    return response.headers.get("x-amz-sdk-checksum-algorithm", "").upper(), None


def _get_checksum(response: Any, response_headers: dict[str, Any]) -> tuple[str, str | None]:
    algorithm, value = verify(response)
    if value is not None:
        response_headers[f"x-amz-checksum-{algorithm.lower()}"] = value
    return algorithm, value


def _upload_part(response: Any) -> Any:
    given, _ = verify(response)  # before moto keeps the part
    wanted = _algorithm(_open_upload(response))
    if wanted and given != wanted:
        raise ChecksumMissingError(
            f"Checksum Type mismatch occurred, expected checksum Type: {wanted.lower()}, "
            f"actual checksum Type: {given.lower() or 'null'}"
        )
    return _stock_upload_part(response)


def _upload_part_copy(response: Any) -> Any:
    """This function will add the checksum of the copied part, which moto leaves out."""
    status, headers, body = _stock_upload_part_copy(response)
    upload = _open_upload(response)
    algorithm = _algorithm(upload)
    if status != 200 or algorithm is None:
        return status, headers, body
    checksum = upload.parts[response._get_int_param("partNumber")].checksum_value
    end = "</CopyPartResult>"
    text = body.decode() if isinstance(body, bytes) else body
    headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return status, headers, text.replace(end, f"<Checksum{algorithm}>{checksum}</Checksum{algorithm}>{end}")


def _list_parts(response: Any) -> Any:
    status, headers, body = _stock_list_parts(response)
    upload = _open_upload(response)
    algorithm = _algorithm(upload)
    if status != 200 or algorithm is None:
        return status, headers, body

    def with_checksum(number: re.Match[str]) -> str:
        part = upload.parts.get(int(number[1]))
        return (
            number[0]
            if part is None
            else f"{number[0]}<Checksum{algorithm}>{part.checksum_value}</Checksum{algorithm}>"
        )

    text = body.decode() if isinstance(body, bytes) else body
    headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return status, headers, _PART_NUMBER.sub(with_checksum, text)


def _open_upload(response: Any) -> Any:
    """This function will give the multipart upload that a request names, None when it is not open."""
    bucket = response.backend.get_bucket(response.bucket_name)
    return bucket.multiparts.get(response._get_param("uploadId"))


def _algorithm(upload: Any) -> str | None:
    """This function will give the algorithm that an upload was created with, None without a computed one."""
    algorithm = None if upload is None else upload.metadata.get("x-amz-checksum-algorithm")
    return algorithm if algorithm in _COMPUTED else None


def _child_text(node: minidom.Element, name: str) -> str | None:
    found = node.getElementsByTagName(name)
    return found[0].firstChild.data if found and isinstance(found[0].firstChild, minidom.Text) else None


def _head_object(response: Any, bucket_name: str, query: dict[str, Any], key_name: str, headers: dict[str, Any]) -> Any:
    status, answer, body = _stock_head_object(response, bucket_name, query, key_name, headers)
    wanted = headers.get("x-amz-checksum-mode") == "ENABLED" and "partNumber" not in query
    if status in {200, 206} and wanted:
        key = response.backend.head_object(bucket_name, key_name, query.get("versionId", [None])[0])
        _show(key, answer)
    return status, answer, body


def _get_object(response: Any) -> Any:
    status, answer, body = _stock_get_object(response)
    shown = [name for name in answer if name.lower() in _HEADERS]
    if shown:
        answer.setdefault("x-amz-checksum-type", "FULL_OBJECT")
    return status, answer, body


def _show(key: Any, answer: dict[str, Any]) -> None:
    if key.checksum_algorithm and key.checksum_value:
        answer[f"x-amz-checksum-{key.checksum_algorithm.lower()}"] = _shown(key)
        answer["x-amz-checksum-type"] = key.checksum_type or "FULL_OBJECT"


def _shown(key: Any) -> str:
    composite = key.checksum_type == "COMPOSITE"
    return f"{key.checksum_value}-{key.checksum_parts}" if composite else str(key.checksum_value)


def _compute_checksum(body: Any, algorithm: str, encode_base64: bool = True) -> bytes:  # noqa: FBT001, FBT002
    value = digest(algorithm, body)
    if value is None:
        return _stock_compute(b"".join(body) if isinstance(body, Window) else body, algorithm, encode_base64)
    return base64.b64encode(value) if encode_base64 else value


def _text(raw: bytes | None) -> str:
    return base64.b64encode(raw or b"").decode()


PATCHES = (
    Patch(owner=responses, name="compute_checksum", replacement=_compute_checksum),
    Patch(owner=responses.S3Response, name="_get_checksum", replacement=_get_checksum),
    Patch(owner=responses.S3Response, name="get_object", replacement=_get_object),
    Patch(owner=responses.S3Response, name="head_object", replacement=_head_object),
    Patch(owner=responses.S3Response, name="list_parts", replacement=_list_parts),
    Patch(owner=responses.S3Response, name="upload_part", replacement=_upload_part),
    Patch(owner=responses.S3Response, name="upload_part_copy", replacement=_upload_part_copy),
)
