import pytest

from genomics.aws import functions
from genomics.aws.errors import ServiceRefusedError


class TestCallLater:
    """That the call arrives is seen in tests/archive/test_lambda_restore.py."""

    @pytest.mark.usefixtures("aws")
    def test_tells_a_function_that_is_missing(self) -> None:
        with pytest.raises(ServiceRefusedError):
            functions.call_later("nobody", event={})
