"""One HTTP request on its way to the local AWS, as far as the proxy must understand it."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

_SQS_SCOPE = "/sqs/aws4_request"
_SEND = "AmazonSQS.SendMessage"
_HEAD_LIMIT = 64 * 1024


class BadRequestError(Exception):
    """The peer does not speak HTTP/1.1 as AWS's clients do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A whole request."""

    line: str  # method, target, version
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def for_sqs(self) -> bool:
        return _SQS_SCOPE in self.headers.get("authorization", "")

    @property
    def message(self) -> str:
        """The text that a SendMessage carries."""
        return str(self._json().get("MessageBody", ""))

    def sends_to(self, queue: str) -> bool:
        """This function will tell whether this is a SendMessage to the queue of that name."""
        return self.headers.get("x-amz-target") == _SEND and str(self._json().get("QueueUrl", "")).endswith(f"/{queue}")

    def encoded(self) -> bytes:
        """This function will write the request for a connection of its own."""
        kept = {name: value for name, value in self.headers.items() if name not in {"connection", "expect"}}
        head = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
        return f"{self.line}\r\n{head}connection: close\r\n\r\n".encode("latin-1") + self.body

    def _json(self) -> dict[str, object]:
        try:
            content = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    """This function will read the next request of a connection, None at its end. Raises BadRequestError."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError as error:
        raise BadRequestError(f"The head of a request has more than {_HEAD_LIMIT} bytes") from error
    line, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    pairs = (header.partition(":") for header in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if "transfer-encoding" in headers:
        raise BadRequestError("A request in chunks is not understood here")
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(f"HTTP/1.1 {HTTPStatus.CONTINUE} Continue\r\n\r\n".encode())
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(line=line, headers=headers, body=body)
