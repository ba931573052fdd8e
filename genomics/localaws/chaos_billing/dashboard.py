"""The Stripe sandbox as its owner uses it: the dashboard's actions, the switches of its chaos, and the plain API.

All of it over HTTP, with the sandbox's key. The API is as unkind to us as to the product: what fails is asked again,
and a key keeps what is written from being done twice.
"""

import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import requests

Json = dict[str, Any]

QUIET: Mapping[str, str | float] = {
    "duplicate": "0",
    "reorder": "0",
    "parallel": "0",
    "delay_seconds": 0,
    "drop": 0,
    "latency_seconds": 0,
    "error_share": 0,
    "rate_limit_share": 0,
    "timeout_share": 0,
    "lost_share": 0,
}
_TIMEOUT_SECONDS = 60
_PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 0.2
_PAGE = 100
_TOO_MANY = 429


class DashboardError(Exception):
    """Stripe refused what the play asked for: the play itself is wrong."""


class Dashboard:
    """One connection for each thread."""

    def __init__(self, origin: str, *, key: str) -> None:
        self.origin = origin
        self._headers = {"Authorization": f"Bearer {key}"}
        self._local = threading.local()

    def set_chaos(self, switches: Mapping[str, str | float]) -> None:
        self._send("POST", "/_sandbox/chaos", data={name: str(value) for name, value in switches.items()})

    def act(self, customer: str, action: str) -> None:
        """This function will press one of the buttons beside a customer: `fail_card`, `mend_card`, `delete`…"""
        self._send("POST", f"/_sandbox/customers/{customer}", data={"action": action})

    def resend(self, event: str) -> None:
        self._send("POST", f"/_sandbox/events/{event}")

    def state(self) -> Json:
        return self._send("GET", "/_sandbox/state.json")

    def get(self, path: str, **params: str) -> Json:
        return self._send("GET", f"/v1/{path}", params=params)

    def each(self, path: str, **params: str) -> Iterator[Json]:
        """This function will page through a list of the API, newest first."""
        while True:
            page = self.get(path, limit=str(_PAGE), **params)
            yield from page["data"]
            if not page["has_more"]:
                return
            params["starting_after"] = page["data"][-1]["id"]

    def post(self, path: str, **data: str | int) -> Json:
        key = str(uuid.uuid4())
        return self._send("POST", f"/v1/{path}", data=data, headers={"Idempotency-Key": key})

    def _send(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **content: Any) -> Json:
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                answer = self._session.request(
                    method,
                    self.origin + path,
                    headers={**self._headers, **(headers or {})},
                    timeout=_TIMEOUT_SECONDS,
                    allow_redirects=False,
                    **content,
                )
            except requests.ConnectionError:
                answer = None
            if answer is not None and answer.status_code < requests.codes.bad_request:
                is_json = answer.headers.get("Content-Type") == "application/json"
                return answer.json() if is_json else {}
            is_passing = answer is None or answer.status_code in {_TOO_MANY, requests.codes.server_error}
            if not is_passing or time.monotonic() > end:
                said = "no answer" if answer is None else f"{answer.status_code} {answer.text[:300]}"
                raise DashboardError(f"{method} {path}: {said}")
            time.sleep(_PAUSE_SECONDS)

    @property
    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        session: requests.Session = self._local.session
        return session
