"""What AWS answers, in the words of `genomics.aws.errors`."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions
from botocore.exceptions import ClientError

from genomics.aws.errors import ServiceRefusedError, ServiceUnavailableError

# Answers with a status of 400 that pass by themselves.
_PASSING = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)


@contextmanager
def translated() -> Iterator[None]:
    """This function will turn botocore's errors inside its block into ServiceUnavailable- and ServiceRefusedError."""
    try:
        yield
    except (exceptions.ConnectionError, exceptions.HTTPClientError, exceptions.IncompleteReadError) as error:
        raise ServiceUnavailableError(str(error)) from error
    except exceptions.BotoCoreError as error:
        raise ServiceRefusedError(str(error)) from error
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or code_of(error) in _PASSING:
            raise ServiceUnavailableError(str(error)) from error
        raise ServiceRefusedError(str(error)) from error


def code_of(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
