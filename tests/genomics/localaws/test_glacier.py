import io
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.utils import calculate_tree_hash

from genomics.localaws import cold
from genomics.localaws.server import LocalAws
from tests.genomics.localaws.fixtures import client
from tests.genomics.localaws.process import running

MIB = 1024**2
BODY = bytes(range(256)) * (3 * 4096) + b"the end"  # 3 MiB and a bit
WRONG = "0" * 64


@pytest.fixture
def conditions(aws: LocalAws) -> Iterator[cold.Conditions]:
    with cold.changed() as conditions:
        conditions.times = {tier: timedelta(0) for tier in cold.TIMES}
        yield conditions


@pytest.fixture
def glacier(conditions: cold.Conditions) -> Any:
    made = client("glacier")
    made.create_vault(vaultName="v")
    return made


def _tree_hash(body: bytes) -> str:
    return str(calculate_tree_hash(io.BytesIO(body)))  # type: ignore[arg-type]


def _code(call: Any, **options: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**options)
    return str(error.value.response["Error"]["Code"])


def _store(glacier: Any, body: bytes = BODY) -> str:
    return str(glacier.upload_archive(vaultName="v", body=body)["archiveId"])


def _begin(glacier: Any, archive_id: str, **parameters: str) -> str:
    job = {"Type": "archive-retrieval", "ArchiveId": archive_id, **parameters}
    return str(glacier.initiate_job(vaultName="v", jobParameters=job)["jobId"])


class TestVault:
    def test_is_made_once(self, glacier: Any) -> None:
        created = glacier.describe_vault(vaultName="v")["CreationDate"]
        glacier.create_vault(vaultName="v")
        assert glacier.describe_vault(vaultName="v")["CreationDate"] == created

    def test_must_be_there(self, glacier: Any) -> None:
        assert _code(glacier.describe_vault, vaultName="none") == "ResourceNotFoundException"
        assert _code(glacier.upload_archive, vaultName="none", body=b"x") == "ResourceNotFoundException"


class TestUploadArchive:
    @pytest.mark.parametrize("size", [1, MIB - 1, MIB, MIB + 1, len(BODY)])
    def test_gives_the_tree_hash(self, glacier: Any, size: int) -> None:
        answer = glacier.upload_archive(vaultName="v", body=BODY[:size])
        assert answer["checksum"] == _tree_hash(BODY[:size])

    def test_refuses_a_wrong_tree_hash(self, glacier: Any) -> None:
        code = _code(glacier.upload_archive, vaultName="v", body=BODY, checksum=WRONG)
        assert code == "InvalidParameterValueException"

    def test_refuses_an_empty_body_and_an_odd_description(self, glacier: Any) -> None:
        assert _code(glacier.upload_archive, vaultName="v", body=b"") == "InvalidParameterValueException"
        long = "d" * 1025
        code = _code(glacier.upload_archive, vaultName="v", body=b"x", archiveDescription=long)
        assert code == "InvalidParameterValueException"

    def test_keeps_no_bytes_of_what_it_refuses(self, aws: LocalAws, glacier: Any) -> None:
        _code(glacier.upload_archive, vaultName="v", body=BODY, checksum=WRONG)
        assert list((aws._data / "vaults" / "bytes").iterdir()) == []


class TestUploadInParts:
    def _begin(self, glacier: Any, *, part_size: int = MIB) -> str:
        return str(glacier.initiate_multipart_upload(vaultName="v", partSize=str(part_size))["uploadId"])

    def _send(self, glacier: Any, upload_id: str, start: int, data: bytes, **options: str) -> None:
        glacier.upload_multipart_part(
            vaultName="v",
            uploadId=upload_id,
            range=f"bytes {start}-{start + len(data) - 1}/*",
            body=data,
            **options,
        )

    def _send_all(self, glacier: Any, upload_id: str) -> None:
        for start in reversed(range(0, len(BODY), MIB)):
            self._send(glacier, upload_id, start, BODY[start : start + MIB])

    def _complete(self, glacier: Any, upload_id: str, *, size: int = len(BODY), checksum: str = "") -> Any:
        return glacier.complete_multipart_upload(
            vaultName="v", uploadId=upload_id, archiveSize=str(size), checksum=checksum or _tree_hash(BODY)
        )

    def test_joins_them_in_order(self, aws: LocalAws, glacier: Any) -> None:
        upload_id = self._begin(glacier)
        self._send_all(glacier, upload_id)
        answer = self._complete(glacier, upload_id)
        assert answer["checksum"] == _tree_hash(BODY)
        job_id = _begin(glacier, answer["archiveId"])
        assert glacier.get_job_output(vaultName="v", jobId=job_id)["body"].read() == BODY
        assert len(list((aws._data / "vaults" / "bytes").iterdir())) == 1

    def test_takes_a_part_again(self, glacier: Any) -> None:
        upload_id = self._begin(glacier)
        self._send(glacier, upload_id, 0, b"\0" * MIB)
        self._send_all(glacier, upload_id)
        self._complete(glacier, upload_id)

    @pytest.mark.parametrize("part_size", [MIB // 2, 3 * MIB, 8192 * MIB])
    def test_refuses_sizes_that_glacier_does_not_know(self, glacier: Any, part_size: int) -> None:
        call = glacier.initiate_multipart_upload
        assert _code(call, vaultName="v", partSize=str(part_size)) == "InvalidParameterValueException"

    @pytest.mark.parametrize(
        ("start", "data", "options"),
        [(7, b"x", {}), (0, b"x" * (MIB + 1), {}), (0, b"x", {"checksum": WRONG})],
    )
    def test_refuses_parts_that_do_not_fit(
        self, glacier: Any, start: int, data: bytes, options: dict[str, str]
    ) -> None:
        upload_id = self._begin(glacier)
        with pytest.raises(ClientError, match="InvalidParameterValueException"):
            self._send(glacier, upload_id, start, data, **options)

    @pytest.mark.parametrize("wrong", [{"size": 7}, {"checksum": WRONG}])
    def test_refuses_to_join_to_something_else(self, glacier: Any, wrong: Any) -> None:
        upload_id = self._begin(glacier)
        self._send_all(glacier, upload_id)
        with pytest.raises(ClientError, match="InvalidParameterValueException"):
            self._complete(glacier, upload_id, **wrong)

    def test_refuses_gaps(self, glacier: Any) -> None:
        upload_id = self._begin(glacier)
        self._send(glacier, upload_id, MIB, BODY[MIB : 2 * MIB])
        with pytest.raises(ClientError, match="from 0 on are missing"):
            self._complete(glacier, upload_id)

    def test_may_be_aborted(self, aws: LocalAws, glacier: Any) -> None:
        upload_id = self._begin(glacier)
        self._send_all(glacier, upload_id)
        glacier.abort_multipart_upload(vaultName="v", uploadId=upload_id)
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            self._complete(glacier, upload_id)
        assert list((aws._data / "vaults" / "bytes").iterdir()) == []


class TestJob:
    def test_is_described(self, glacier: Any, conditions: cold.Conditions) -> None:
        conditions.times = {"Bulk": timedelta(hours=1)}
        archive_id = _store(glacier)
        job_id = _begin(glacier, archive_id, Tier="Bulk", Description="why")
        job = glacier.describe_job(vaultName="v", jobId=job_id)
        assert (job["StatusCode"], job["Completed"], job["Tier"]) == ("InProgress", False, "Bulk")
        assert (job["JobDescription"], job["ArchiveId"]) == ("why", archive_id)
        assert (job["ArchiveSizeInBytes"], job["SHA256TreeHash"]) == (len(BODY), _tree_hash(BODY))
        assert [found["JobId"] for found in glacier.list_jobs(vaultName="v")["JobList"]] == [job_id]
        assert _code(glacier.get_job_output, vaultName="v", jobId=job_id) == "InvalidParameterValueException"

    @pytest.mark.parametrize(
        ("asked", "start", "stop", "aligned"),
        [
            ("bytes=0-1048575", 0, MIB, True),
            (f"bytes={2 * MIB}-", 2 * MIB, len(BODY), True),
            ("bytes=1-5", 1, 6, False),
            (f"bytes={3 * MIB}-99999999", 3 * MIB, len(BODY), True),
        ],
    )
    def test_gives_ranges_with_their_tree_hash_where_aligned(
        self, glacier: Any, asked: str, start: int, stop: int, aligned: bool
    ) -> None:
        job_id = _begin(glacier, _store(glacier))
        answer = glacier.get_job_output(vaultName="v", jobId=job_id, range=asked)
        assert answer["status"] == 206
        assert answer["contentRange"] == f"bytes {start}-{stop - 1}/{len(BODY)}"
        assert answer["body"].read() == BODY[start:stop]
        assert answer.get("checksum") == (_tree_hash(BODY[start:stop]) if aligned else None)

    def test_tells_its_topic_once(self, glacier: Any) -> None:
        sns, sqs = client("sns"), client("sqs")
        topic, queue = sns.create_topic(Name="test-vault")["TopicArn"], sqs.create_queue(QueueName="test-vault")
        arn = sqs.get_queue_attributes(QueueUrl=queue["QueueUrl"], AttributeNames=["All"])["Attributes"]["QueueArn"]
        raw = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
        gone = f"{topic}-gone"
        _begin(glacier, _store(glacier), SNSTopic=gone)  # holds nobody up
        job_id = _begin(glacier, _store(glacier), SNSTopic=topic, Description="why")
        (message,) = sqs.receive_message(QueueUrl=queue["QueueUrl"], WaitTimeSeconds=10)["Messages"]
        told = json.loads(message["Body"])
        assert (told["JobId"], told["StatusCode"], told["JobDescription"]) == (job_id, "Succeeded", "why")
        assert "Messages" not in sqs.receive_message(QueueUrl=queue["QueueUrl"], WaitTimeSeconds=1)
        sqs.delete_queue(QueueUrl=queue["QueueUrl"])
        sns.delete_topic(TopicArn=topic)

    def test_expires(self, glacier: Any, conditions: cold.Conditions) -> None:
        conditions.day = timedelta(seconds=0.2)
        job_id = _begin(glacier, _store(glacier))
        time.sleep(0.3)
        assert _code(glacier.get_job_output, vaultName="v", jobId=job_id) == "ResourceNotFoundException"
        assert glacier.list_jobs(vaultName="v")["JobList"] == []

    def test_is_refused_as_aws_does_when_much_is_asked(self, glacier: Any, conditions: cold.Conditions) -> None:
        archive_id = _store(glacier)
        conditions.expedited_capacity = False
        with pytest.raises(ClientError, match="InsufficientCapacityException"):
            _begin(glacier, archive_id, Tier="Expedited")
        _begin(glacier, archive_id, Tier="Standard")
        conditions.throttled = True
        with pytest.raises(ClientError, match="ThrottlingException"):
            _begin(glacier, archive_id, Tier="Standard")

    @pytest.mark.parametrize("parameters", [{"Tier": "Fast"}, {"Type": "select"}, {"Description": "é"}])
    def test_refuses_what_is_not_known(self, glacier: Any, parameters: dict[str, str]) -> None:
        with pytest.raises(ClientError, match="InvalidParameterValueException"):
            _begin(glacier, _store(glacier), **parameters)


class TestInventory:
    def _ask(self, glacier: Any) -> str:
        asked = {"Type": "inventory-retrieval", "Format": "JSON"}
        return str(glacier.initiate_job(vaultName="v", jobParameters=asked)["jobId"])

    def test_tells_what_the_vault_holds(self, glacier: Any) -> None:
        stored = glacier.upload_archive(vaultName="v", body=BODY, archiveDescription="the first")
        job_id = self._ask(glacier)
        (job,) = glacier.list_jobs(vaultName="v")["JobList"]
        assert (job["JobId"], job["Action"], job["StatusCode"]) == (job_id, "InventoryRetrieval", "Succeeded")
        (listed,) = json.load(glacier.get_job_output(vaultName="v", jobId=job_id)["body"])["ArchiveList"]
        assert listed["ArchiveId"] == stored["archiveId"]
        assert (listed["ArchiveDescription"], listed["Size"]) == ("the first", len(BODY))
        assert listed["SHA256TreeHash"] == _tree_hash(BODY)

    def test_takes_its_time_and_may_be_refused(self, glacier: Any, conditions: cold.Conditions) -> None:
        conditions.times = {tier: timedelta(hours=1) for tier in cold.TIMES}
        job_id = self._ask(glacier)
        assert not glacier.describe_job(vaultName="v", jobId=job_id)["Completed"]
        assert _code(glacier.get_job_output, vaultName="v", jobId=job_id) == "InvalidParameterValueException"
        conditions.throttled = True
        with pytest.raises(ClientError, match="ThrottlingException"):
            self._ask(glacier)


class TestDeleteArchive:
    def test_may_be_repeated(self, aws: LocalAws, glacier: Any) -> None:
        archive_id = _store(glacier)
        for _ in range(2):
            glacier.delete_archive(vaultName="v", archiveId=archive_id)
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            _begin(glacier, archive_id)
        assert list((aws._data / "vaults" / "bytes").iterdir()) == []


class TestAccount:
    def test_may_be_one_that_has_no_vaults(self, glacier: Any, conditions: cold.Conditions) -> None:
        conditions.takes_vaults = False
        assert _code(glacier.upload_archive, vaultName="v", body=b"x") == "NoLongerSupportedException"


class TestKill:
    def test_loses_nothing_that_was_answered(self, tmp_path: Path) -> None:
        with running(tmp_path) as server:
            glacier = client("glacier", endpoint=server.url)
            glacier.create_vault(vaultName="v")
            job_id = _begin(glacier, _store(glacier), Tier="Expedited")
            server.kill_and_start()
            deadline = time.monotonic() + 20
            while not glacier.describe_job(vaultName="v", jobId=job_id)["Completed"]:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert glacier.get_job_output(vaultName="v", jobId=job_id)["body"].read() == BODY
