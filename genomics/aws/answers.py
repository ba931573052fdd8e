"""What AWS answers, in the words of `genomics.aws.errors`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore import exceptions
from botocore.exceptions import ClientError

from genomics.aws.errors import ServiceRefusedError, ServiceThrottledError, ServiceUnavailableError

_THROTTLING = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
    }
)
# Other answers with a status of 400 that pass by themselves.
_PASSING = frozenset({"RequestTimeout", "RequestTimeoutException", "TransactionInProgressException"})


Meanings = Mapping[str, type[Exception]]  # of a service's own error codes
_NO_MEANINGS: Meanings = {}


@contextmanager
def translated(meanings: Meanings = _NO_MEANINGS) -> Iterator[None]:
    """This function will turn botocore's errors inside its block into those of genomics.aws.errors.

    What a service alone answers is told by `meanings`, which come first.
    """
    try:
        yield
    except (exceptions.ConnectionError, exceptions.HTTPClientError, exceptions.IncompleteReadError) as error:
        raise ServiceUnavailableError(str(error)) from error
    except exceptions.BotoCoreError as error:
        raise ServiceRefusedError(str(error)) from error
    except ClientError as error:
        if meaning := meanings.get(code_of(error)):
            raise meaning(str(error)) from error
        if code_of(error) in _THROTTLING:
            raise ServiceThrottledError(str(error)) from error
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or code_of(error) in _PASSING:
            raise ServiceUnavailableError(str(error)) from error
        raise ServiceRefusedError(str(error)) from error


def code_of(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
