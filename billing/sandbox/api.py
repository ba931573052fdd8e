"""The API: authenticate, check against the contract, answer once for each idempotency key, and write it all down."""

import dataclasses
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from billing.sandbox import contract, idempotency, routes
from billing.sandbox.contract import Problem
from billing.sandbox.errors import ApiError
from billing.sandbox.expansion import expanded
from billing.sandbox.forms import Params, nested
from billing.sandbox.idempotency import Kept
from billing.sandbox.ids import new_id
from billing.sandbox.messages import Answer, Request
from billing.sandbox.routes import Route
from billing.sandbox.world import API_VERSION, Cause, World

_REMEMBERED = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as the log keeps it, for tests and for the control page."""

    at: float
    method: str
    path: str
    params: dict[str, Any]
    idempotency_key: str | None
    api_version: str | None
    status: int
    problems: tuple[Problem, ...]  # how the request broke the contract
    answer_problems: tuple[Problem, ...]  # how the sandbox's own answer did: a fault of the sandbox
    replayed: bool  # the first answer, again

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclass(slots=True)
class _Draft:
    """What becomes known of a request while it is handled."""

    params: dict[str, Any]
    problems: tuple[Problem, ...] = ()
    replayed: bool = False


class Api:
    """Answers requests under /v1."""

    def __init__(self, world: World, *, key: str | None, check_answers: bool) -> None:
        self.calls: deque[Call] = deque(maxlen=_REMEMBERED)
        self._world = world
        self._key = key  # None: any test key
        self._check_answers = check_answers

    def answer(self, request: Request) -> Answer:
        """Handle a request; refusals become Stripe's error bodies."""
        draft = _Draft(params={})
        cause = Cause(request_id=new_id("req", length=14), idempotency_key=request.headers.get("idempotency-key"))
        try:
            status, body = self._handle(request, draft, cause)
        except ApiError as error:
            status, body = error.status, error.body
        self._log(request, draft, status, body)
        headers = {
            "Content-Type": "application/json",
            "Request-Id": cause.request_id or "",
            "Stripe-Version": API_VERSION,
        }
        if cause.idempotency_key:
            headers["Idempotency-Key"] = cause.idempotency_key
        if draft.replayed:
            headers["Idempotent-Replayed"] = "true"
        return Answer(status=status, body=json.dumps(body, indent=2).encode(), headers=headers)

    def refuse(self, request: Request, error: ApiError) -> Answer:
        """Answer with a refusal that comes before everything else."""
        self._log(request, _Draft(params=nested(request.pairs)), error.status, error.body)
        return Answer(
            status=error.status, body=json.dumps(error.body).encode(), headers={"Content-Type": "application/json"}
        )

    def _handle(self, request: Request, draft: _Draft, cause: Cause) -> tuple[int, dict[str, Any]]:
        draft.params = nested(request.pairs)
        self._authenticate(request)
        found = routes.find(request.method, request.path)
        if found is None:
            raise ApiError(
                f"Unrecognized request URL ({request.method}: {request.path}). The sandbox may not know it yet.",
                status=404,
            )
        route, ids = found
        params, expand = self._checked(route, draft)
        key = cause.idempotency_key if request.method == "POST" else None
        if key is None:
            with self._world.store.unit():
                return 200, self._perform(route, params, ids, expand, cause)
        mark = idempotency.fingerprint(request.method, request.path, draft.params)
        return self._once(key, mark, draft, lambda: self._perform(route, params, ids, expand, cause))

    def knows_key(self, request: Request) -> bool:
        """Whether the request shows the key that opens this sandbox."""
        try:
            self._authenticate(request)
        except ApiError:
            return False
        return True

    def _authenticate(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            raise ApiError("You did not provide an API key.", status=401)
        if key.startswith(("sk_live_", "rk_live_")):
            raise ApiError(
                "This is the sandbox, and the key is a live one: it was not used. Replace it where it leaked.",
                status=401,
                code="api_key_live",
            )
        if not key.startswith("sk_test_") or (self._key is not None and key != self._key):
            raise ApiError(f"Invalid API Key provided: {key[:8]}****{key[-4:]}", status=401)
        version = request.headers.get("stripe-version")
        if version not in (None, API_VERSION):
            raise ApiError(f"The sandbox speaks {API_VERSION}, not {version}.", code="sandbox_unsupported")

    def _checked(self, route: Route, draft: _Draft) -> tuple[Params, list[str]]:
        """The parameters by the contract, and what to expand. Raises ApiError as Stripe would."""
        sent = contract.coerce_params(route.params, draft.params)
        problems = contract.check_params(route.params, sent)
        draft.problems = tuple(problems)
        if problems:
            first = problems[0]
            code = {contract.UNKNOWN: "parameter_unknown", contract.MISSING: "parameter_missing"}.get(first.what)
            raise ApiError(first.message, code=code, param=first.where)
        expand: list[str] = sent.pop("expand", [])
        return Params(sent), expand

    def _once(
        self, key: str, mark: str, draft: _Draft, perform: Callable[[], dict[str, Any]]
    ) -> tuple[int, dict[str, Any]]:
        """The first answer under this key, now or from then; a refusal counts as an answer too."""
        world = self._world
        try:
            with world.store.unit():
                kept = idempotency.find(world, key, mark)
                if kept is not None:
                    draft.replayed = True
                    return kept.status, kept.body
                try:
                    body = perform()
                except ApiError as error:
                    if error.keeps:
                        idempotency.keep(world, key, mark, Kept(status=error.status, body=error.body))
                    raise
                idempotency.keep(world, key, mark, Kept(status=200, body=body))
                return 200, body
        except ApiError as error:
            if not error.keeps and error.body["error"]["type"] != "idempotency_error":
                with world.store.unit():
                    idempotency.keep(world, key, mark, Kept(status=error.status, body=error.body))
            raise

    def _perform(
        self, route: Route, params: Params, ids: tuple[str, ...], expand: list[str], cause: Cause
    ) -> dict[str, Any]:
        with self._world.because(cause):
            document = route.handler(self._world, params, *ids)
        unread = params.unread()
        if unread:
            raise ApiError(
                f"The sandbox does not support `{unread[0]}` here yet.", code="sandbox_unsupported", param=unread[0]
            )
        return expanded(self._world, document, expand)

    def _log(self, request: Request, draft: _Draft, status: int, body: dict[str, Any]) -> None:
        faults = contract.check_answer(body) if self._check_answers and status == 200 else []
        self.calls.append(
            Call(
                at=time.time(),
                method=request.method,
                path=request.path,
                params=draft.params,
                idempotency_key=request.headers.get("idempotency-key"),
                api_version=request.headers.get("stripe-version"),
                status=status,
                problems=draft.problems,
                answer_problems=tuple(faults),
                replayed=draft.replayed,
            )
        )
