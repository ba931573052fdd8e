import io
import json
import uuid
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command

from genomics.aws import clients
from genomics.users.models import User
from tests.archive.auditing.scenes import archived, asleep
from tests.archive.world import World
from tests.environment import free_port

pytestmark = pytest.mark.django_db(transaction=True)


def _audit(*arguments: str) -> tuple[int, str]:
    """This function will run the command and give its exit code and what it printed."""
    out = io.StringIO()
    try:
        call_command("archive_audit", *arguments, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def aws_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    clients.s3.cache_clear()
    yield
    clients.s3.cache_clear()


class TestHandle:
    def test_says_that_everything_fits(self, world: World, free_user: User) -> None:
        asleep(world, free_user)
        code, said = _audit()
        assert code == 0
        assert "2 archives named" in said
        assert said.endswith("Everything fits.\n")

    def test_says_that_nothing_rests(self, world: World) -> None:
        assert _audit() == (0, "Compared: nothing, nothing rests.\nEverything fits.\n")

    def test_ends_with_1_and_tells_no_name_of_a_file(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        world.vault.delete(archived(job).archive_id)
        code, said = _audit("--fix")
        assert code == 1
        assert f"archives missing: job {job.pk}: Annotated VCF of" in said
        assert "1 findings are left." in said
        assert job.name not in said

    def test_prints_json(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        world.vault.delete(archived(job).archive_id)
        code, said = _audit("--json", "--lab", str(job.lab_id))
        finding, totals = (json.loads(line) for line in said.splitlines())
        assert (code, finding["kind"], finding["job_id"]) == (1, "ARCHIVE_MISSING", str(job.pk))
        assert totals["left"] == 1

    def test_looks_at_one_lab_only(self, world: World, free_user: User) -> None:
        job = asleep(world, free_user)
        world.vault.delete(archived(job).archive_id)
        assert _audit("--lab", str(uuid.uuid4()))[0] == 0
        assert _audit("--job", str(job.pk))[0] == 1

    @pytest.mark.usefixtures("aws_away")
    def test_ends_with_2_when_aws_does_not_answer(self, world: World) -> None:
        with pytest.raises(CommandError, match="AWS cannot be compared with") as error:
            _audit()
        assert error.value.returncode == 2

    @pytest.mark.parametrize("time", ["1", "h", "=-1h", "1y"])
    def test_refuses_what_is_no_time(self, world: World, time: str) -> None:
        with pytest.raises(CommandError, match="is not a time"):
            _audit("--older-than", time)
