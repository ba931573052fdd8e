"""Stripe's Python library without a socket: `stripe.default_http_client = sandbox.client`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import stripe

from billing.sandbox.errors import ConnectionLostError
from billing.sandbox.messages import Request

if TYPE_CHECKING:
    from billing.sandbox.sandbox import Sandbox


class InProcessClient(stripe.HTTPClient):
    """Hands each request of the library to a sandbox in this process."""

    name = "sandbox"

    def __init__(self, sandbox: "Sandbox") -> None:
        super().__init__()
        self._sandbox = sandbox

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        parts = urlsplit(url)
        request = Request(
            method=method.upper(),
            path=parts.path,
            query=parts.query,
            body=post_data.encode() if isinstance(post_data, str) else post_data or b"",
            headers={name.lower(): value for name, value in (headers or {}).items()},
        )
        try:
            answer = self._sandbox.answer(request)
        except ConnectionLostError as error:
            raise _lost(error) from error
        return answer.body.decode(), answer.status, answer.headers

    def close(self) -> None:
        """Nothing is open."""


def _lost(error: ConnectionLostError) -> Exception:
    found: Exception = stripe.APIConnectionError(str(error), should_retry=True)  # type: ignore[no-untyped-call]
    return found
