"""Calls of Lambda functions."""

import json
from typing import Any

from genomics.aws import clients
from genomics.aws.answers import translated


def call_later(name: str, *, event: dict[str, Any]) -> None:
    """This function will let Lambda call a function (name or ARN) with the event, and not wait for it.

    Raises ServiceUnavailableError and ServiceRefusedError.
    """
    with translated():
        clients.functions().invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event))
