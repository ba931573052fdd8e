"""What comes in and goes out over HTTP, with or without a socket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    path: str
    query: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters, of the query or of a form."""
        sent = self.query if self.method in ("GET", "DELETE") else self.body.decode("utf-8", "replace")
        return parse_qsl(sent, keep_blank_values=True)

    @property
    def form(self) -> dict[str, str]:
        return dict(self.pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
