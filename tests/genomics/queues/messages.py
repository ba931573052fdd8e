"""Messages as they may lie on a queue: ours, and all kinds of others."""

import base64
import json
import os
import pickle
import uuid
from pathlib import Path
from typing import Any


def task_message(task: Any, *, kwargs: Any = None, header: Any = None, **replaced: Any) -> str:
    """This function will give a task message in plain JSON: `header` adds some, `replaced` takes the place of parts."""
    number = str(uuid.uuid4())
    own = {"lang": "py", "task": task, "id": number, "root_id": number, "parent_id": None, "group": None}
    properties = {"correlation_id": number, "delivery_mode": 2, "priority": 0, "delivery_tag": number}
    payload = {
        "body": json.dumps([[], {} if kwargs is None else kwargs, {}]),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": own | (header or {}),
        "properties": properties | {"delivery_info": {"exchange": "", "routing_key": "mail"}},
    }
    return json.dumps(payload | replaced)


class _Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> Any:
        return os.mknod, (str(self._file),)


def pickled(file: Path) -> str:
    """This function will give a task message whose body makes `file` when somebody unpickles it."""
    return task_message(
        "tests.mark",
        body=base64.b64encode(pickle.dumps(((_Touch(file),), {}, {}))).decode(),
        properties={"delivery_info": {}, "body_encoding": "base64"},
        **{"content-type": "application/x-python-serialize", "content-encoding": "binary"},
    )


# By what is wrong with them; each of these ended a worker of Celery's own, was lost, or ran.
FOREIGN = {
    "raw text": "hello, what is this?",
    "a list": "[1, 2]",
    "a number": "5",
    "text in base64": base64.b64encode(b"no json").decode(),
    "the older protocol": json.dumps({"task": "tests.mark", "id": "1", "args": [], "kwargs": {}}),
    "endless nesting": "[" * 100_000,
    "endless nesting in the body": task_message("tests.mark", body="[" * 100_000),
    "no headers": task_message("tests.mark", headers=None),
    "headers as a list": task_message("tests.mark", headers=[1]),
    "empty headers": task_message("tests.mark", headers={}),
    "only a task in the headers": task_message("x", headers={"task": "tests.mark"}),
    "a list for a task": task_message(["tests.mark"]),
    "a mapping for a task": task_message({"a": 1}),
    "properties as a number": task_message("tests.mark", properties=5),
    "no delivery info": task_message("tests.mark", properties={"delivery_info": None}),
    "delivery info as a list": task_message("tests.mark", properties={"delivery_info": [1]}),
    "a strange body encoding": task_message("tests.mark", properties={"delivery_info": {}, "body_encoding": "rot13"}),
    "a list for a body encoding": task_message("tests.mark", properties={"delivery_info": {}, "body_encoding": []}),
    "broken base64": task_message(
        "tests.mark", body="%%%", properties={"delivery_info": {}, "body_encoding": "base64"}
    ),
    "a number for a body": task_message("tests.mark", body=5),
    "a number in the body": task_message("tests.mark", body="5"),
    "no JSON in the body": task_message("tests.mark", body="nope"),
    "a list of keyword arguments": task_message("tests.mark", kwargs=[1]),
    "callbacks": task_message("tests.mark", body='[[], {}, {"callbacks": [{"task": "tests.mark"}]}]'),
    "no content type": task_message("tests.mark", **{"content-type": None}),
    "YAML": task_message("tests.mark", body="[]", **{"content-type": "application/x-yaml"}),
    "a time limit of its own": task_message("tests.mark", header={"timelimit": 5}),
    "time limits that are no numbers": task_message("tests.mark", header={"timelimit": ["5", None]}),
    "time limits below zero": task_message("tests.mark", header={"timelimit": [-1, -1]}),
    "a third time limit": task_message("tests.mark", header={"timelimit": [None, None, None]}),
    "a time in the future": task_message("tests.mark", header={"eta": "2999-01-01T00:00:00+00:00"}),
    "an expiry that is no time": task_message("tests.mark", header={"expires": [1]}),
    "compression": task_message("tests.mark", header={"compression": "nope"}),
}
