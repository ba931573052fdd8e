"""Answer a repeated request with the first answer, as Stripe does for a day."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from billing.sandbox.errors import ApiError
from billing.sandbox.world import World

_KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A finished request's answer."""

    status: int
    body: dict[str, Any]


def find(world: World, key: str, fingerprint: str) -> Kept | None:
    """This function will give the answer given under this key; None: none yet. Raises ApiError for another request.

    Requests run one after the other, so that a concurrent twin waits and finds the answer here.
    """
    document = world.store.find("idempotency", f"idempotency:{key}")
    if document is None or document["at"] + _KEPT_SECONDS <= world.wall() + world.offset:
        return None
    if document["fingerprint"] != fingerprint:
        raise ApiError(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    return Kept(status=document["status"], body=document["body"])


def keep(world: World, key: str, fingerprint: str, kept: Kept) -> None:
    """This function will remember an answer."""
    world.store.put(
        "idempotency",
        {
            "id": f"idempotency:{key}",
            "fingerprint": fingerprint,
            "status": kept.status,
            "body": kept.body,
            "at": int(world.wall()) + world.offset,
        },
    )


def fingerprint(method: str, path: str, params: dict[str, Any]) -> str:
    """This function will give the same text for the same request, whatever the order of its parameters."""
    text = json.dumps([method, path, params], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
