from http import HTTPStatus

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from django.conf import settings

from genomics.aws import clients, glacier, tree_hash
from genomics.aws.errors import (
    NoExpeditedCapacityError,
    NotInVaultError,
    ServiceRefusedError,
    ServiceThrottledError,
    ServiceUnavailableError,
    VaultClosedError,
)

VAULT = settings.STACK.vaults["archive"]
MESSAGE = """{"Action": "ArchiveRetrieval", "ArchiveId": "a", "ArchiveSHA256TreeHash": "t", "ArchiveSizeInBytes": 7,
"Completed": true, "CompletionDate": "2026-03-01T12:00:00.000Z", "JobDescription": "why", "JobId": "j",
"StatusCode": "Succeeded"}"""


def _begin() -> str:
    return glacier.initiate_job(VAULT, archive_id="a", tier="Bulk", topic="t", description="d")


class TestErrors:
    @pytest.mark.parametrize(
        ("code", "status", "expected"),
        [
            ("InsufficientCapacityException", 503, NoExpeditedCapacityError),
            ("NoLongerSupportedException", 400, VaultClosedError),
            ("PolicyEnforcedException", 400, ServiceThrottledError),
            ("ThrottlingException", 400, ServiceThrottledError),
            ("RequestTimeoutException", 408, ServiceUnavailableError),
            ("ServiceUnavailableException", 500, ServiceUnavailableError),
            ("ResourceNotFoundException", 404, NotInVaultError),
            ("InvalidParameterValueException", 400, ServiceRefusedError),
        ],
    )
    def test_say_what_can_be_done(self, code: str, status: int, expected: type[Exception]) -> None:
        with Stubber(clients.glacier_jobs()) as stub:
            stub.add_client_error("initiate_job", service_error_code=code, http_status_code=status)
            with pytest.raises(expected):
                _begin()


class TestReadOutput:
    def _read(self, body: bytes, *, checksum: str) -> bytes:
        answer = {"body": _Body(body), "checksum": checksum, "status": int(HTTPStatus.PARTIAL_CONTENT)}
        with Stubber(clients.glacier()) as stub:
            stub.add_response("get_job_output", answer)
            return glacier.read_output(VAULT, job_id="j", start=0, stop=4)

    def test_gives_the_bytes_that_glacier_means(self) -> None:
        assert self._read(b"data", checksum=tree_hash.of(b"data").hex()) == b"data"

    @pytest.mark.parametrize("body", [b"dada", b"dat", b"data+"])
    def test_refuses_others(self, body: bytes) -> None:
        with pytest.raises(ServiceUnavailableError, match="damaged"):
            self._read(body, checksum=tree_hash.of(b"data").hex())


class _Body(StreamingBody):
    """A body that is there already."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, amt: int | None = None) -> bytes:
        return self._content


class TestParseMessage:
    def test_reads_what_glacier_tells_a_topic(self) -> None:
        job = glacier.parse_message(MESSAGE)
        assert job is not None
        assert (job.job_id, job.archive_id, job.size_bytes, job.tree_hash) == ("j", "a", 7, "t")
        assert (job.completed, job.succeeded, job.description) == (True, True, "why")
        assert job.completed_at is not None
        assert job.completed_at.isoformat() == "2026-03-01T12:00:00+00:00"

    @pytest.mark.parametrize("body", ["", "[]", "{}", '{"Action": "InventoryRetrieval", "JobId": "j"}'])
    def test_leaves_others_alone(self, body: str) -> None:
        assert glacier.parse_message(body) is None
