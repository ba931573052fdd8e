"""The list of open multipart uploads: with the time when each was begun, by key, in pages. moto's has none of these."""

from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.s3 import models, responses

from genomics.localaws.patching import Patch

_MOST = 1000  # uploads of one page
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # what uploads from snapshots of before count as
_stock_init = models.FakeMultipart.__init__


def _init(upload: Any, *args: Any, **kwargs: Any) -> None:
    _stock_init(upload, *args, **kwargs)
    upload.begun_at = datetime.now(UTC)


def _list_uploads(response: Any) -> Any:
    asked = {name: values[0] for name, values in response.querystring.items()}
    prefix, limit = asked.get("prefix", ""), min(int(asked.get("max-uploads", _MOST)), _MOST)
    after = (asked.get("key-marker", ""), asked.get("upload-id-marker", "\U0010ffff"))
    uploads = response.backend.list_multipart_uploads(response.bucket_name).values()
    found = sorted((upload.key_name, upload.id, upload) for upload in list(uploads))
    found = [row for row in found if row[0].startswith(prefix) and row[:2] > after]
    page = found[:limit]
    result = {
        "Bucket": response.bucket_name,
        "Prefix": prefix,
        "KeyMarker": asked.get("key-marker", ""),
        "UploadIdMarker": asked.get("upload-id-marker", ""),
        "MaxUploads": limit,
        "IsTruncated": len(found) > limit,
        "Uploads": [_shown(upload) for _, _, upload in page],
    }
    if len(found) > limit:
        result |= {"NextKeyMarker": page[-1][0], "NextUploadIdMarker": page[-1][1]}
    response.data["Action"] = "ListMultipartUploads"
    return response.serialized(ActionResult(result))


def _shown(upload: Any) -> dict[str, Any]:
    return {
        "Key": upload.key_name,
        "UploadId": upload.id,
        "StorageClass": "STANDARD",
        "Initiated": getattr(upload, "begun_at", _LONG_AGO),
        "ChecksumAlgorithm": upload.metadata.get("x-amz-checksum-algorithm"),
        "ChecksumType": upload.metadata.get("x-amz-checksum-type"),
    }


PATCHES = (
    Patch(owner=models.FakeMultipart, name="__init__", replacement=_init),
    Patch(owner=responses.S3Response, name="list_multipart_uploads", replacement=_list_uploads),
)
