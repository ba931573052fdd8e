"""Executions of a Step Functions state machine."""

import json
from collections.abc import Mapping

from botocore.exceptions import ClientError

from genomics.aws import clients
from genomics.aws.answers import code_of, translated


def start(machine: str, *, name: str, given: Mapping[str, str]) -> bool:
    """This function will start the machine with that ARN, once for each name, and tell whether it did so now.

    AWS remembers a name for 90 days. Raises ServiceUnavailableError and ServiceRefusedError.
    """
    with translated():
        try:
            clients.stepfunctions().start_execution(stateMachineArn=machine, name=name, input=json.dumps(given))
        except ClientError as error:
            if code_of(error) != "ExecutionAlreadyExists":
                raise
            return False
    return True
