"""Browser uploads by POST: the policy's signature, expiry and conditions."""

import base64
import hmac
import json
import tempfile
from datetime import datetime
from typing import IO, Any

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from genomics.localaws.refusals import Refusal, access_denied
from genomics.localaws.signatures import Credentials, Scope, sign

_MEMORY_BYTES = 1 << 20
_NEEDS_NO_CONDITION = {"x-amz-signature", "policy", "file", "bucket"}


def check_post(environ: dict[str, Any], *, credentials: Credentials, now: float) -> None:
    """This function will raise Refusal unless the form in the request is covered by a valid policy.

    The request's body is read and put back for the application. `now` is in seconds since 1970.
    """
    body = _spool(environ)
    fields, file_bytes = _parse(environ, body)
    body.seek(0)
    environ["wsgi.input"] = body
    if "policy" not in fields:
        raise access_denied("Bucket POST must contain a field named 'policy'.")
    scope = Scope.parse(fields.get("x-amz-credential", ""))
    expected = sign(fields["policy"], scope=scope, credentials=credentials)
    if not hmac.compare_digest(expected, fields.get("x-amz-signature", "")):
        raise Refusal.signature_does_not_match()
    policy = json.loads(base64.b64decode(fields["policy"]))
    if datetime.fromisoformat(policy["expiration"]).timestamp() < now:
        raise access_denied("Invalid according to Policy: Policy expired.")
    fields["bucket"] = environ["PATH_INFO"].strip("/").split("/")[0]
    _check_conditions(policy["conditions"], fields=fields, file_bytes=file_bytes)


def _spool(environ: dict[str, Any]) -> IO[bytes]:
    body: IO[bytes] = tempfile.SpooledTemporaryFile(_MEMORY_BYTES)  # noqa: SIM115
    left = int(environ.get("CONTENT_LENGTH") or 0)
    while left > 0 and (chunk := environ["wsgi.input"].read(min(left, _MEMORY_BYTES))):
        body.write(chunk)
        left -= len(chunk)
    body.seek(0)
    return body


def _parse(environ: dict[str, Any], body: IO[bytes]) -> tuple[dict[str, str], int]:
    content_type, options = parse_options_header(environ["CONTENT_TYPE"])
    length = int(environ.get("CONTENT_LENGTH") or 0)
    _, form, files = FormDataParser().parse(body, content_type, length, options)
    upload = files.get("file")
    if upload is None:
        return {name.lower(): value for name, value in form.items()}, len(form.get("file", ""))
    upload.stream.seek(0, 2)
    return {name.lower(): value for name, value in form.items()}, upload.stream.tell()


def _check_conditions(conditions: list[Any], *, fields: dict[str, str], file_bytes: int) -> None:
    covered = set(_NEEDS_NO_CONDITION)
    for condition in conditions:
        operator, name, value = _read(condition)
        if operator == "content-length-range":
            _check_size(file_bytes, low=int(name), high=int(value))
            continue
        covered.add(name)
        have = fields.get(name, "")
        if not (have.startswith(value) if operator == "starts-with" else have == value):
            raise access_denied(f"Invalid according to Policy: Policy Condition failed: {json.dumps(condition)}")
    extra = sorted(name for name in fields if name not in covered and not name.startswith("x-ignore-"))
    if extra:
        raise access_denied(f"Invalid according to Policy: Extra input fields: {', '.join(extra)}")


def _read(condition: Any) -> tuple[str, str, str]:
    if isinstance(condition, dict):
        ((name, value),) = condition.items()
        return "eq", name.lower(), str(value)
    operator, name, value = condition
    return operator.lower(), str(name).lstrip("$").lower(), str(value)


def _check_size(file_bytes: int, *, low: int, high: int) -> None:
    if file_bytes < low:
        raise Refusal(
            status=400,
            code="EntityTooSmall",
            message="Your proposed upload is smaller than the minimum allowed size",
        )
    if file_bytes > high:
        raise Refusal(
            status=400, code="EntityTooLarge", message="Your proposed upload exceeds the maximum allowed size"
        )
