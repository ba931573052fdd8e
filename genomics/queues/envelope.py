"""What a message of ours looks like: Celery's task message, protocol 2, in JSON.

Celery trusts what it receives: a header of the wrong type ends the worker that reads it. Hence everything is looked
at here first, as data, and only what has exactly this form goes on.
"""

import base64
import binascii
import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings

_CONTENT_TYPE = "application/json"
_UNUSED_HEADERS = ("compression", "eta", "shadow")
_BODY_PARTS = 3  # positional arguments, keyword arguments, what follows the task


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A message that a worker can take: the task's name and what it is called with."""

    task: str
    args: list[Any]
    kwargs: dict[str, Any]


def write(task: str, **ids: str | int) -> str:
    """This function will give a message for `task`, for senders that do not know Celery: it is plain JSON.

    Raises LookupError for a task that is not in settings.TASKS.
    """
    if task not in settings.TASKS:
        raise LookupError(f"{task} is not in settings.TASKS")
    task_id = str(uuid.uuid4())
    message = {
        "body": json.dumps([[], ids, {}]),
        "content-encoding": "utf-8",
        "content-type": _CONTENT_TYPE,
        "headers": {
            "lang": "py",
            "task": task,
            "id": task_id,
            "root_id": task_id,
            "parent_id": None,
            "group": None,
        },
        "properties": {
            "correlation_id": task_id,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": settings.TASKS[task].queue},
            "priority": 0,
            "delivery_tag": task_id,
        },
    }
    return json.dumps(message)


def read(text: str) -> Envelope | None:
    """This function will read a message, and give None for one that is not ours."""
    payload = _json(text)
    if not isinstance(payload, dict) or payload.get("content-type") != _CONTENT_TYPE:
        return None
    headers: Any = payload.get("headers")
    properties: Any = payload.get("properties")
    if not _headers_fit(headers) or not _properties_fit(properties):
        return None
    parts = _json(_body(payload.get("body"), encoding=properties.get("body_encoding")))
    if not isinstance(parts, list) or len(parts) != _BODY_PARTS:
        return None
    args, kwargs, then = parts
    if not isinstance(args, list) or not isinstance(kwargs, dict) or not isinstance(then, dict):
        return None
    if any(then.values()):  # callbacks, chains and chords: messages of ours carry none
        return None
    return Envelope(task=headers["task"], args=args, kwargs=kwargs)


def unwrap(body: str) -> str:
    """This function will give the text of a message as SQS holds it: in base64, or plain."""
    try:
        return base64.b64decode(body.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return body


def pretty(body: str) -> str:
    """This function will show the body of a message to people: as data, with nothing in it decoded but JSON."""
    text = unwrap(body)
    payload = _json(text)
    if not isinstance(payload, dict | list):
        return text
    envelope = read(text)
    if isinstance(payload, dict) and envelope is not None:
        payload["body"] = [envelope.args, envelope.kwargs]
    return json.dumps(payload, indent=2, sort_keys=True)


def _headers_fit(headers: Any) -> bool:
    return (
        isinstance(headers, dict)
        and isinstance(headers.get("task"), str)
        and isinstance(headers.get("id"), str)
        and isinstance(headers.get("expires"), str | None)
        and _is_time_limit(headers.get("timelimit"))
        and not any(headers.get(name) for name in _UNUSED_HEADERS)
    )


def _is_time_limit(value: Any) -> bool:
    """This function will know the pair of seconds (hard, soft) that Celery adds where the sender knows the task."""
    if value is None:
        return True
    pair = isinstance(value, list) and len(value) == 2
    return pair and all(limit is None or (type(limit) in (int, float) and limit > 0) for limit in value)


def _properties_fit(properties: Any) -> bool:
    return (
        isinstance(properties, dict)
        and isinstance(properties.get("delivery_info"), dict)
        and properties.get("body_encoding") in (None, "base64")
    )


def _body(body: Any, *, encoding: str | None) -> str:
    if not isinstance(body, str):
        return ""
    try:
        return base64.b64decode(body, validate=True).decode() if encoding else body
    except (binascii.Error, ValueError):
        return ""


def _json(text: str) -> Any:
    """This function will parse JSON, and give None for what is none (or is nested without end)."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
