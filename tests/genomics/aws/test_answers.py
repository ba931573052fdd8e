import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
)

from genomics.aws.answers import translated
from genomics.aws.errors import ServiceRefusedError, ServiceThrottledError, ServiceUnavailableError


def _answer(code: str, *, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "UpdateItem")  # type: ignore[typeddict-item]


class TestTranslated:
    @pytest.mark.parametrize(
        "error",
        [
            EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
            ConnectTimeoutError(endpoint_url="http://127.0.0.1:1"),
            IncompleteReadError(actual_bytes=1, expected_bytes=2),
            _answer("InternalServerError", status=500),
            _answer("ServiceUnavailable", status=503),
            _answer("ProvisionedThroughputExceededException", status=400),
            _answer("ThrottlingException", status=400),
            _answer("RequestTimeout", status=400),
            _answer("Throttled", status=429),
        ],
    )
    def test_says_unavailable_when_later_may_help(self, error: Exception) -> None:
        with pytest.raises(ServiceUnavailableError), translated():
            raise error

    @pytest.mark.parametrize("code", ["ThrottlingException", "SlowDown", "ProvisionedThroughputExceededException"])
    def test_says_throttled_when_it_was_too_much(self, code: str) -> None:
        with pytest.raises(ServiceThrottledError), translated():
            raise _answer(code, status=503)

    @pytest.mark.parametrize(
        "error",
        [NoCredentialsError(), _answer("AccessDenied", status=403), _answer("ValidationException", status=400)],
    )
    def test_says_refused_otherwise(self, error: Exception) -> None:
        with pytest.raises(ServiceRefusedError), translated():
            raise error

    def test_lets_other_errors_pass(self) -> None:
        with pytest.raises(LookupError), translated():
            raise LookupError
