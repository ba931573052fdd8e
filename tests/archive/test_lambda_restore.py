"""The Lambda function: called as code with any time left, and as the packaged function that the topic calls."""

import dataclasses
import json
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from archive import lambda_restore, transfer
from archive.lambda_restore import NotYetError, Places
from archive.models import Tier
from archive.transfer import Errand, HotFile, Report
from archive.vaults.base import Archive, Order, State
from genomics.aws import dynamodb, functions, s3, sqs
from genomics.aws.dynamodb import Table
from genomics.aws.errors import QueueUnavailableError, ServiceUnavailableError
from genomics.localaws import cold as cold_module
from tests.archive.files import LARGE, SMALL, content_of, hot_file, is_there, open_uploads, put, remove
from tests.archive.functions import provisioned
from tests.archive.vaults.backends import PART, GlacierBackend, wait_for
from tests.genomics.localaws.fixtures import client

pytestmark = pytest.mark.usefixtures("aws")

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLE = Table(name=settings.STACK.tables["jobs"], key="job_id")
NOTIFICATIONS: str = settings.STACK.queue_urls["notifications"]
PLACES = Places(
    vault=settings.STACK.vaults["archive"],
    bucket=settings.STACK.buckets["results"],
    table=TABLE,
    notifications=NOTIFICATIONS,
    part_bytes=PART,
    margin=timedelta(seconds=60),
)
BOTH_SIZES = pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])


class _Context:
    """What Lambda gives a handler: here the time passes with each question."""

    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:restore"

    def __init__(self, *, questions: int = 1_000_000) -> None:
        self._left = questions

    def get_remaining_time_in_millis(self) -> int:
        self._left -= 1
        return 900_000 if self._left >= 0 else 1_000


@dataclasses.dataclass
class _Case:
    """One file that a vault has brought, and the message about it."""

    file: HotFile
    archive: Archive
    errand: Errand
    message: str

    @property
    def event(self) -> dict[str, Any]:
        return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": self.message}}]}

    def run(self, *, questions: int = 1_000_000, event: dict[str, Any] | None = None) -> None:
        lambda_restore.run(event or self.event, _Context(questions=questions), places=PLACES, clock=lambda: NOW)


@pytest.fixture
def glacier(aws: object) -> Iterator[GlacierBackend]:
    with cold_module.changed() as conditions:
        yield GlacierBackend(conditions)


@pytest.fixture
def bring(glacier: GlacierBackend) -> Callable[[bytes], _Case]:
    """This function will archive bytes, delete the hot copy and let the vault bring them; a job waits for them."""

    def bring(content: bytes, *, job_id: str | None = None) -> _Case:
        job_id = job_id or str(uuid.uuid4())
        file = hot_file(content, key=f"lab/{job_id}/1/results.vcf.gz")
        archive = glacier.vault.store(file, name=f"lab/{job_id}/a")
        remove(file)
        errand = Errand(retrieval_id=str(uuid.uuid4()), job_id=job_id, target=file)
        order = Order(archive=archive, tier=Tier.EXPEDITED, errand=errand, asked_before=False)
        ticket = glacier.vault.begin_retrieval(order)
        wait_for(glacier, archive, ticket=ticket, state=State.READY)
        dynamodb.write(TABLE, key=job_id, values={"status": "RESTORING", "sequence": 8})
        return _Case(file=file, archive=archive, errand=errand, message=glacier.message(ticket))

    return bring


def _item(case: _Case) -> Any:
    found = client("dynamodb").get_item(TableName=TABLE.name, Key={"job_id": {"S": case.errand.job_id}}).get("Item", {})
    return {name: next(iter(value.values())) for name, value in found.items()}


def _reports() -> list[Report]:
    found = [Report.read(message.body) for message in sqs.receive(NOTIFICATIONS)]
    return [report for report in found if report is not None]


class TestRun:
    @BOTH_SIZES
    def test_brings_back_the_very_bytes_and_tells(self, bring: Any, content: bytes) -> None:
        case = bring(content)
        case.run()
        assert content_of(case.file) == content
        assert open_uploads() == []
        (report,) = _reports()
        assert (report.retrieval_id, report.failure) == (case.errand.retrieval_id, "")
        assert (report.size_bytes, report.sha256) == (len(content), case.file.sha256)
        item = _item(case)
        assert (item["status"], item["sequence"]) == ("RESTORING", "8")
        assert item["restored_retrieval_results.vcf.gz"] == case.errand.retrieval_id
        assert item["restored_sha256_results.vcf.gz"] == case.file.sha256
        assert item["restored_bytes_results.vcf.gz"] == str(len(content))
        assert item["restored_at_results.vcf.gz"] == "2026-03-01T12:00:00.000000Z"

    def test_brings_nothing_twice_and_reports_again(self, bring: Any) -> None:
        case = bring(SMALL)
        case.run()
        remove(case.file)  # the result has been archived again since
        case.run()
        assert not is_there(case.file)
        assert len(_reports()) == 2

    def test_leaves_bytes_that_are_there_alone(self, bring: Any) -> None:
        case = bring(SMALL)
        put(SMALL, key=case.file.key)
        client("glacier").delete_archive(vaultName=PLACES.vault, archiveId=case.archive.archive_id)
        case.run()
        assert len(_reports()) == 1

    def test_leaves_the_archive(self, bring: Any, glacier: GlacierBackend) -> None:
        case = bring(SMALL)
        case.run()
        order = Order(archive=case.archive, tier=Tier.BULK, errand=case.errand, asked_before=False)
        assert glacier.vault.begin_retrieval(order)

    def test_keeps_a_later_retrieval_in_the_item(self, bring: Any) -> None:
        case = bring(SMALL)
        later = {"restored_ready_at_results.vcf.gz": "2999-01-01T00:00:00.000000Z"}
        dynamodb.write(TABLE, key=case.errand.job_id, values={**later, "restored_retrieval_results.vcf.gz": "later"})
        case.run()
        assert _item(case)["restored_retrieval_results.vcf.gz"] == "later"
        assert _reports() == []


class TestRefusals:
    def test_of_a_job_that_was_deleted(self, bring: Any) -> None:
        case = bring(SMALL)
        dynamodb.delete(TABLE, key=case.errand.job_id)
        case.run()
        assert not is_there(case.file)
        assert _reports() == []
        assert _item(case) == {}

    @pytest.mark.parametrize("status", ["COMPLETED", "ARCHIVING", "CANCELLED"])
    def test_of_a_job_that_does_not_wait(self, bring: Any, status: str) -> None:
        case = bring(SMALL)
        dynamodb.write(TABLE, key=case.errand.job_id, values={"status": status})
        case.run()
        assert not is_there(case.file)
        assert _reports() == []

    def test_until_the_item_has_caught_up(self, bring: Any) -> None:
        case = bring(SMALL)
        dynamodb.write(TABLE, key=case.errand.job_id, values={"status": "ARCHIVED"})
        with pytest.raises(NotYetError):
            case.run()
        dynamodb.write(TABLE, key=case.errand.job_id, values={"status": "RESTORING"})
        case.run()
        assert content_of(case.file) == SMALL

    def test_of_a_retrieval_that_failed(self, bring: Any) -> None:
        case = bring(SMALL)
        case.message = json.dumps({**json.loads(case.message), "StatusCode": "Failed"})
        case.run()
        assert _reports() == []

    def test_of_another_bucket(self, bring: Any) -> None:
        case = bring(SMALL)
        target = dataclasses.replace(case.file, bucket="somebody-elses")
        description = dataclasses.replace(case.errand, target=target).write()
        case.message = json.dumps({**json.loads(case.message), "JobDescription": description})
        case.run()
        assert _reports() == []

    @pytest.mark.parametrize("message", ["", "hello", "[]", "{}", '{"Records": []}', "null", "[" * 100_000])
    def test_of_messages_of_others(self, message: str) -> None:
        _Case(file=None, archive=None, errand=None, message=message).run()  # type: ignore[arg-type]
        assert _reports() == []

    def test_of_bytes_that_are_gone(self, bring: Any, glacier: GlacierBackend) -> None:
        glacier.let(lifetime=timedelta(seconds=1.5))
        case = bring(SMALL)
        ticket = json.loads(case.message)["JobId"]
        wait_for(glacier, case.archive, ticket=ticket, state=State.GONE)
        case.run()
        assert not is_there(case.file)
        assert _reports() == []

    @BOTH_SIZES
    def test_of_wrong_bytes_which_it_reports_and_removes(self, bring: Any, content: bytes) -> None:
        case = bring(content)
        wrong = dataclasses.replace(case.errand, target=dataclasses.replace(case.file, sha256="0" * 64))
        case.message = json.dumps({**json.loads(case.message), "JobDescription": wrong.write()})
        case.run()
        assert not is_there(case.file)
        assert open_uploads() == []
        (report,) = _reports()
        assert (report.size_bytes, report.sha256) == (0, "")
        assert report.failure.startswith("ChecksumMismatchError")
        assert "restored_retrieval_results.vcf.gz" not in _item(case)


class TestDeadline:
    def test_lets_itself_be_called_again_and_goes_on(self, bring: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        case = bring(LARGE)
        events: list[dict[str, Any]] = []
        monkeypatch.setattr(functions, "call_later", lambda name, *, event: events.append(event))
        case.run(questions=2)
        assert not is_there(case.file)
        (upload,) = client("s3").list_multipart_uploads(Bucket=PLACES.bucket)["Uploads"]
        parts = s3.stored_parts(PLACES.bucket, key=case.file.key, upload_id=upload["UploadId"])
        assert [part.number for part in parts] == [1, 2]
        assert _reports() == []
        (event,) = events
        assert event == {**case.event, "calls": 2}
        case.run(event=event)
        assert content_of(case.file) == LARGE
        assert len(_reports()) == 1

    @pytest.mark.parametrize("questions", range(6))
    def test_may_be_anywhere(self, bring: Any, monkeypatch: pytest.MonkeyPatch, questions: int) -> None:
        case = bring(LARGE)
        events: list[dict[str, Any]] = []
        monkeypatch.setattr(functions, "call_later", lambda name, *, event: events.append(event))
        case.run(questions=questions)
        assert len(events) == 1
        case.run(event=events[0])
        assert content_of(case.file) == LARGE
        assert len(_reports()) == 1

    def test_ends_after_many_calls(self, bring: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        case = bring(SMALL)
        monkeypatch.setattr(functions, "call_later", lambda name, *, event: pytest.fail("called again"))
        case.run(questions=0, event={**case.event, "calls": 10})
        assert _reports() == []


class _Killed(BaseException):
    pass


class TestKilled:
    """Between any two steps; the same message, given again, ends what was begun."""

    @pytest.mark.parametrize(
        ("module", "step"),
        [
            (s3, "begin_upload"), (s3, "upload_part"), (s3, "complete_upload"), (transfer, "keep_if_right"),
            (dynamodb, "write"), (sqs, "send"),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    def test_the_next_call_goes_on(
        self, bring: Any, monkeypatch: pytest.MonkeyPatch, module: Any, step: str, after: bool
    ) -> None:
        case = bring(LARGE)
        stock = getattr(module, step)

        def die(*args: Any, **options: Any) -> None:
            if after:
                stock(*args, **options)
            raise _Killed

        with monkeypatch.context() as patched:
            patched.setattr(module, step, die)
            with pytest.raises(_Killed):
                case.run()
        case.run()
        assert content_of(case.file) == LARGE
        assert open_uploads() == []
        assert {report.retrieval_id for report in _reports()} == {case.errand.retrieval_id}
        assert _item(case)["restored_retrieval_results.vcf.gz"] == case.errand.retrieval_id

    @pytest.mark.parametrize(
        ("module", "step", "error"),
        [(dynamodb, "write", ServiceUnavailableError("away")), (sqs, "send", QueueUnavailableError("away"))],
    )
    def test_a_service_that_is_away_lets_lambda_call_again(
        self, bring: Any, monkeypatch: pytest.MonkeyPatch, module: Any, step: str, error: Exception
    ) -> None:
        case = bring(SMALL)

        def refuse(*_: Any, **__: Any) -> None:
            raise error

        with monkeypatch.context() as patched:
            patched.setattr(module, step, refuse)
            with pytest.raises(type(error)):
                case.run()
        case.run()
        assert len(_reports()) == 1


class TestDeleted:
    def test_meanwhile_removes_what_it_has_brought(self, bring: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        case = bring(SMALL)
        stock = transfer.carry

        def carry(*args: Any, **options: Any) -> None:
            stock(*args, **options)
            dynamodb.delete(TABLE, key=case.errand.job_id)

        monkeypatch.setattr(transfer, "carry", carry)
        case.run()
        assert not is_there(case.file)
        assert _reports() == []
        assert _item(case) == {}

    def test_not_but_moved_on_keeps_it(self, bring: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        case = bring(SMALL)
        stock = transfer.carry

        def carry(*args: Any, **options: Any) -> None:
            stock(*args, **options)
            dynamodb.write(TABLE, key=case.errand.job_id, values={"status": "COMPLETED"})

        monkeypatch.setattr(transfer, "carry", carry)
        case.run()
        assert content_of(case.file) == SMALL
        assert _reports() == []


class TestHandle:
    """The package itself, run by AWS's own runtime client when the topic speaks."""

    @pytest.fixture
    def function(self, aws: object) -> Iterator[str]:
        with provisioned() as name:
            yield name

    def test_restores_when_the_vault_tells_the_topic(self, function: str, bring: Any) -> None:
        case = bring(SMALL)
        deadline = time.monotonic() + 60
        while not (reports := _reports()):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert reports[0].retrieval_id == case.errand.retrieval_id
        assert content_of(case.file) == SMALL

    def test_goes_on_in_another_call_when_its_time_is_over(self, function: str, bring: Any) -> None:
        functions_client = client("lambda")
        functions_client.update_function_configuration(FunctionName=function, Timeout=30)  # less than the margin
        case = bring(SMALL)
        deadline = time.monotonic() + 60
        while "Given up after 10 calls" not in (said := _said(function)):
            assert time.monotonic() < deadline, said
            time.sleep(0.2)
        functions_client.update_function_configuration(FunctionName=function, Timeout=900)
        functions_client.invoke(FunctionName=function, Payload=json.dumps(case.event))
        assert content_of(case.file) == SMALL


def _said(function: str) -> str:
    logs, group = client("logs"), f"/aws/lambda/{function}"
    events = logs.filter_log_events(logGroupName=group)["events"] if _has(logs, group) else []
    return "\n".join(event["message"] for event in events)


def _has(logs: Any, group: str) -> bool:
    return bool(logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"])
