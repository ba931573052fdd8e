"""What S3 refuses and moto accepts: expired, tampered or unsigned requests, broken POST policies, foreign origins.

A WSGI layer in front of moto. Requests with an Authorization header pass: the SDK signs them, and botocore itself is
on both sides. Everything without one must be presigned (SigV4) or carry a signed POST policy.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_to_bytes
from xml.sax.saxutils import escape

from genomics.localaws.post_policy import check_post
from genomics.localaws.refusals import Refusal, access_denied
from genomics.localaws.signatures import Credentials, Scope, sign

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]
Headers = list[tuple[str, str]]

_LONGEST_EXPIRY_SECONDS = 7 * 24 * 3600
_CLOCK_SKEW_SECONDS = 15 * 60
_PRESIGNED = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorsRule:
    """One CORS rule of a bucket; `*` in origins and headers matches anything."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    max_age: int | None


class Guard:
    """The WSGI layer; `cors_rules` gives the rules of a bucket, `clock` seconds since 1970."""

    def __init__(
        self,
        app: Wsgi,
        *,
        credentials: Credentials,
        cors_rules: Callable[[str], list[CorsRule]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app = app
        self._credentials = credentials
        self._cors_rules = cors_rules
        self._clock = clock

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        cors = self._cors_headers(environ)

        def start(status: str, headers: Headers, *error: Any) -> Any:
            # moto answers with rules of its own; only the bucket's count.
            own = [pair for pair in headers if not pair[0].lower().startswith("access-control-")]
            return start_response(status, own + (cors or []), *error)

        try:
            if _is_preflight(environ):
                return _answer_preflight(cors, start)
            self._check(environ)
        except Refusal as refusal:
            return _refuse(refusal, start)
        return self._app(environ, start)

    def _check(self, environ: Environ) -> None:
        if environ["PATH_INFO"].startswith("/moto-api"):
            raise access_denied("moto's own API is not open: any page in a browser could reset the data.")
        if environ.get("HTTP_AUTHORIZATION"):
            return
        path, _, raw_query = environ["REQUEST_URI"].partition("?")
        query = parse_qsl(raw_query, keep_blank_values=True)
        names = dict(query)
        if "X-Amz-Signature" in names:
            self._check_presigned(environ, path=path, query=query)
        elif "Signature" in names:
            raise access_denied("Signature version 2 is not accepted: sign with s3v4.")
        elif environ["REQUEST_METHOD"] == "POST" and _content_type(environ) == "multipart/form-data":
            check_post(environ, credentials=self._credentials, now=self._clock())
        else:
            raise access_denied("Access Denied")

    def _check_presigned(self, environ: Environ, *, path: str, query: list[tuple[str, str]]) -> None:
        given = dict(query)
        for name in _PRESIGNED:
            if name not in given:
                raise _bad_query(f"{name} is missing")
        scope = Scope.parse(given["X-Amz-Credential"])
        self._check_time(given)
        signed_headers = given["X-Amz-SignedHeaders"].split(";")
        unsigned = [name for name in _amz_headers(environ) if name not in signed_headers]
        if unsigned:
            raise access_denied(f"There were headers present in the request which were not signed: {unsigned}")
        canonical = _canonical_request(environ, path=path, query=query, signed_headers=signed_headers)
        to_sign = "\n".join(
            ["AWS4-HMAC-SHA256", given["X-Amz-Date"], scope.text, hashlib.sha256(canonical).hexdigest()]
        )
        expected = sign(to_sign, scope=scope, credentials=self._credentials)
        if not hmac.compare_digest(expected, given["X-Amz-Signature"]):
            raise Refusal.signature_does_not_match()

    def _check_time(self, given: Mapping[str, str]) -> None:
        try:
            signed_at = datetime.strptime(given["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
            expires = int(given["X-Amz-Expires"])
        except ValueError as error:
            raise _bad_query("X-Amz-Date or X-Amz-Expires is malformed") from error
        if not 0 <= expires <= _LONGEST_EXPIRY_SECONDS:
            raise _bad_query("X-Amz-Expires must be between 0 and one week")
        if self._clock() < signed_at - _CLOCK_SKEW_SECONDS:
            raise access_denied("Request is not valid yet")
        if self._clock() > signed_at + expires:
            raise access_denied("Request has expired")

    def _cors_headers(self, environ: Environ) -> Headers | None:
        """This function will give the headers for the request's origin, None where no rule of the bucket fits."""
        origin = environ.get("HTTP_ORIGIN")
        if not origin:
            return None
        preflight = _is_preflight(environ)
        method = environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"] if preflight else environ["REQUEST_METHOD"]
        asked = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "") if preflight else ""
        headers = [name.strip().lower() for name in asked.split(",") if name.strip()]
        for rule in self._cors_rules(environ["PATH_INFO"].strip("/").split("/")[0]):
            if (
                _matches(rule.origins, origin)
                and method in rule.methods
                and all(_matches(rule.headers, name) for name in headers)
            ):
                return _cors_answer(rule, origin=origin, asked=headers)
        return None


def _is_preflight(environ: Environ) -> bool:
    return environ["REQUEST_METHOD"] == "OPTIONS" and bool(environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD"))


def _content_type(environ: Environ) -> str:
    return str(environ.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()


def _matches(patterns: tuple[str, ...], value: str) -> bool:
    return any(
        re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), value, re.IGNORECASE)
        for pattern in patterns
    )


def _cors_answer(rule: CorsRule, *, origin: str, asked: list[str]) -> Headers:
    answer = [
        ("Access-Control-Allow-Origin", "*" if rule.origins == ("*",) else origin),
        ("Access-Control-Allow-Methods", ", ".join(rule.methods)),
        ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"),
    ]
    if asked:
        answer.append(("Access-Control-Allow-Headers", ", ".join(asked)))
    if rule.exposed:
        answer.append(("Access-Control-Expose-Headers", ", ".join(rule.exposed)))
    if rule.max_age is not None:
        answer.append(("Access-Control-Max-Age", str(rule.max_age)))
    return answer


def _answer_preflight(cors: Headers | None, start: StartResponse) -> Iterable[bytes]:
    if cors is None:
        raise Refusal(status=403, code="AccessForbidden", message="CORSResponse: This CORS request is not allowed.")
    start("200 OK", [("Content-Length", "0")])
    return [b""]


def _refuse(refusal: Refusal, start: StartResponse) -> Iterable[bytes]:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>"
    ).encode()
    start(
        f"{refusal.status} {refusal.code}",
        [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))],
    )
    return [body]


def _bad_query(message: str) -> Refusal:
    return Refusal(status=400, code="AuthorizationQueryParametersError", message=message)


def _amz_headers(environ: Environ) -> list[str]:
    names = (key[5:].lower().replace("_", "-") for key in environ if key.startswith("HTTP_X_AMZ_"))
    return [name for name in names if name != "x-amz-content-sha256"]


def _canonical_request(
    environ: Environ, *, path: str, query: list[tuple[str, str]], signed_headers: list[str]
) -> bytes:
    """This function will build the text that a presigned URL's signature covers (AWS, Signature Version 4)."""
    pairs = sorted((_encode(name), _encode(value)) for name, value in query if name != "X-Amz-Signature")
    headers = "".join(f"{name}:{' '.join(_header(environ, name).split())}\n" for name in signed_headers)
    return "\n".join(
        [
            environ["REQUEST_METHOD"],
            quote(unquote_to_bytes(path), safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in pairs),
            headers,
            ";".join(signed_headers),
            _header(environ, "x-amz-content-sha256") or "UNSIGNED-PAYLOAD",
        ]
    ).encode()


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _header(environ: Environ, name: str) -> str:
    key = name.upper().replace("-", "_")
    return str(environ.get(key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}") or "")
