import io
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from genomics.aws import clients
from genomics.users.models import User
from jobs import read_model, storage
from jobs.models import Status
from tests.environment import free_port
from tests.genomics.localaws.fixtures import client
from tests.jobs.auditing.scenes import put, whole_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("aws")]


def _audit(*arguments: str) -> tuple[int, str]:
    """This function will run the command and give its exit code and what it printed."""
    out = io.StringIO()
    try:
        call_command("jobs_audit", *arguments, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def aws_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    made = (clients.dynamodb, clients.sns, clients.s3)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    for make in made:
        make.cache_clear()
    yield
    for make in made:
        make.cache_clear()


class TestHandle:
    def test_says_that_everything_fits(self, free_user: User) -> None:
        whole_job(free_user)
        code, said = _audit()
        assert code == 0
        assert "1 objects in results" in said
        assert said.endswith("Everything fits.\n")

    def test_counts_what_does_not_and_ends_with_1(self, free_user: User) -> None:
        job = whole_job(free_user)
        read_model.drop(job.pk)
        code, said = _audit()
        assert code == 1
        assert f"items missing: job {job.pk}: it has no item" in said
        assert "1 findings are left" in said

    def test_mends_and_then_finds_nothing(self, free_user: User) -> None:
        job = whole_job(free_user)
        read_model.drop(job.pk)
        put(storage.INPUTS, key=storage.input_key(lab_id=job.lab_id, job_id=uuid.uuid4()))
        code, said = _audit("--fix", "--older-than", "0s")
        assert code == 0
        assert "Everything fits now." in said
        assert _audit("--older-than", "0s")[1].endswith("Everything fits.\n")

    def test_still_ends_with_1_when_a_result_is_missing(self, free_user: User) -> None:
        job = whole_job(free_user)
        client("s3").delete_object(Bucket=storage.bucket(storage.RESULTS), Key=job.files.get().key)
        for _ in range(2):
            assert _audit("--fix")[0] == 1

    def test_never_prints_names_of_files(self, free_user: User) -> None:
        job = whole_job(free_user)
        read_model.drop(job.pk)
        client("s3").delete_object(Bucket=storage.bucket(storage.RESULTS), Key=job.files.get().key)
        put(storage.INPUTS, key="patient-17.vcf")
        for arguments in ((), ("--json",)):
            _, said = _audit(*arguments)
            assert "patient" not in said
            assert "sample.vcf" not in said

    def test_prints_one_json_object_a_line(self, free_user: User) -> None:
        job = whole_job(free_user)
        read_model.drop(job.pk)
        code, said = _audit("--json", "--fix")
        lines: list[dict[str, Any]] = [json.loads(line) for line in said.splitlines()]
        assert code == 0
        assert lines[0] == {
            "kind": "ITEM_MISSING",
            "job_id": str(job.pk),
            "text": f"job {job.pk}: it has no item",
            "mended": True,
        }
        assert lines[-1]["found"] == lines[-1]["mended"] == {"items missing": 1}
        assert lines[-1]["left"] == 0

    def test_looks_at_one_job(self, free_user: User) -> None:
        one, other = (whole_job(free_user, status=Status.CANCELLED) for _ in range(2))
        read_model.drop(other.pk)
        assert _audit("--job", str(one.pk))[0] == 0
        assert _audit("--job", str(other.pk))[0] == 1

    @pytest.mark.usefixtures("aws_away")
    def test_ends_with_2_when_aws_is_away(self, free_user: User) -> None:
        with pytest.raises(CommandError, match="AWS cannot be compared with") as refusal:
            _audit()
        assert refusal.value.returncode == 2

    def test_ends_with_2_when_a_bucket_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(storage, "bucket", lambda role: "there-is-no-such-bucket")
        with pytest.raises(CommandError, match="NoSuchBucket") as refusal:
            _audit()
        assert refusal.value.returncode == 2

    @pytest.mark.parametrize("wrong", [("--older-than", "soon"), ("--job", "17"), ("--lab", "x")])
    def test_refuses_arguments_that_it_cannot_read(self, wrong: tuple[str, str]) -> None:
        with pytest.raises(CommandError, match=wrong[0]):
            _audit(*wrong)
