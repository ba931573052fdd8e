"""Signature Version 4: from a secret and a scope to the signature of a text."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from genomics.localaws.refusals import Refusal

Credentials = Mapping[str, str]  # access key id to secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a signing key is good for: a day, a region and a service."""

    access_key_id: str
    date: str
    region: str
    service: str

    @classmethod
    def parse(cls, credential: str) -> "Scope":
        """This function will read `key/date/region/service/aws4_request`; it raises Refusal for anything else."""
        parts = credential.split("/")
        if len(parts) != 5 or parts[4] != "aws4_request":
            raise Refusal(status=400, code="AuthorizationQueryParametersError", message="X-Amz-Credential is malformed")
        return cls(access_key_id=parts[0], date=parts[1], region=parts[2], service=parts[3])

    @property
    def text(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def sign(text: str, *, scope: Scope, credentials: Credentials) -> str:
    """This function will give the signature in hex; it raises Refusal when the key is unknown."""
    if scope.access_key_id not in credentials:
        raise Refusal(
            status=403,
            code="InvalidAccessKeyId",
            message="The AWS Access Key Id you provided does not exist in our records.",
        )
    key = ("AWS4" + credentials[scope.access_key_id]).encode()
    for part in (scope.date, scope.region, scope.service, "aws4_request"):
        key = _hmac(key, part)
    return _hmac(key, text).hex()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
