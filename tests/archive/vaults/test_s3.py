import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from archive.errors import ChecksumMismatchError, NoExpeditedCapacityError, RetrievalGoneError
from archive.models import Tier
from archive.transfer import Errand
from archive.vaults.base import Archive, Order, State
from genomics.aws import s3, s3_archive
from tests.archive.files import ARCHIVE, LARGE, SMALL, content_of, hot_file, put, remove
from tests.archive.vaults.backends import COPY_LIMIT, PART, S3Backend, backend, s3_vault, wait_for
from tests.genomics.localaws.fixtures import client

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def cold(aws: object) -> Iterator[S3Backend]:
    with backend("s3") as made:
        assert isinstance(made, S3Backend)
        yield made


def _order(archive: Archive, *, tier: Tier = Tier.EXPEDITED) -> Order:
    errand = Errand(retrieval_id="1", job_id="j", target=hot_file(SMALL, is_there=False))
    return Order(archive=archive, tier=tier, errand=errand, asked_before=False)


class TestStore:
    @pytest.mark.parametrize("storage_class", ["GLACIER", "GLACIER_IR", "DEEP_ARCHIVE"])
    @pytest.mark.parametrize("content", [SMALL, LARGE], ids=["whole", "in-parts"])
    def test_puts_the_object_into_its_class(self, storage_class: str, content: bytes) -> None:
        archive = s3_vault(storage_class=storage_class).store(hot_file(content), name="a")
        found = client("s3").head_object(Bucket=ARCHIVE, Key="a")
        assert found["StorageClass"] == archive.storage_class == storage_class
        assert found["ContentType"] == "application/gzip"

    def test_compares_the_digest_that_s3_took_of_the_copy(self) -> None:
        file = hot_file(SMALL)
        assert s3_vault().store(file, name="a").checksum == file.checksum

    def test_copies_files_above_the_limit_in_parts_with_a_digest_of_each(self) -> None:
        assert len(LARGE) > COPY_LIMIT
        assert s3_vault().store(hot_file(LARGE), name="a").checksum.endswith("-3")

    def test_takes_the_limit_itself_in_one_piece(self) -> None:
        content = LARGE[:COPY_LIMIT]
        assert "-" not in s3_vault().store(hot_file(content), name="a").checksum

    def test_goes_on_with_a_copy_that_was_interrupted(self) -> None:
        file = hot_file(LARGE)
        upload_id = s3.begin_upload(ARCHIVE, key="a", storage_class="GLACIER")
        target = s3_archive.Place(bucket=ARCHIVE, key="a")
        first = s3_archive.copy_part(file.place, target=target, upload_id=upload_id, number=1, start=0, stop=PART)
        assert s3_vault().store(file, name="a").checksum.endswith("-3")
        assert first.size_bytes == PART

    @pytest.mark.parametrize("content", [SMALL, LARGE], ids=["whole", "in-parts"])
    def test_never_takes_what_lies_there_for_the_copy(self, content: bytes) -> None:
        file = hot_file(content)
        client("s3").put_object(Bucket=ARCHIVE, Key="a", Body=b"?" * len(content), StorageClass="GLACIER")
        with pytest.raises(ChecksumMismatchError):
            s3_vault().store(file, name="a")
        assert client("s3").list_objects_v2(Bucket=ARCHIVE)["KeyCount"] == 0

    def test_refuses_parts_that_were_copied_from_other_bytes(self) -> None:
        put(b"\0" * len(LARGE), key="other")
        upload_id = s3.begin_upload(ARCHIVE, key="a", storage_class="GLACIER")
        s3_archive.copy_part(
            hot_file(LARGE, key="other", is_there=False).place,
            target=s3_archive.Place(bucket=ARCHIVE, key="a"),
            upload_id=upload_id,
            number=1,
            start=0,
            stop=PART,
        )
        with pytest.raises(ChecksumMismatchError):
            s3_vault().store(hot_file(LARGE), name="a")


class TestRetrieval:
    def test_needs_none_for_what_never_sleeps(self, cold: S3Backend) -> None:
        cold.throttle()  # so that S3 would refuse to be asked
        file = hot_file(SMALL)
        vault = s3_vault(storage_class="GLACIER_IR")
        archive = vault.store(file, name="a")
        remove(file)
        ticket = vault.begin_retrieval(_order(archive))
        standing = vault.state(archive, ticket=ticket)
        assert (standing.state, standing.expires_at) == (State.READY, None)
        vault.fetch(archive, ticket=ticket, target=file)
        assert content_of(file) == SMALL

    def test_has_no_expedited_tier_in_deep_archive(self, cold: S3Backend) -> None:
        vault = s3_vault(storage_class="DEEP_ARCHIVE")
        archive = vault.store(hot_file(SMALL), name="a")
        with pytest.raises(NoExpeditedCapacityError):
            vault.begin_retrieval(_order(archive))
        ticket = vault.begin_retrieval(_order(archive, tier=Tier.STANDARD))
        wait_for(cold, archive, ticket=ticket, state=State.READY)

    def test_keeps_the_class_that_the_archive_was_stored_in(self, cold: S3Backend) -> None:
        archive = s3_vault(storage_class="GLACIER_IR").store(hot_file(SMALL), name="a")
        assert s3_vault(storage_class="GLACIER").begin_retrieval(_order(archive)) == archive.archive_id

    def test_a_faster_tier_speeds_a_running_one_up(self, cold: S3Backend) -> None:
        archive = cold.vault.store(hot_file(SMALL), name="a")
        cold.let(duration=timedelta(hours=1))
        ticket = cold.vault.begin_retrieval(_order(archive, tier=Tier.BULK))
        cold.let()
        cold.vault.begin_retrieval(_order(archive, tier=Tier.EXPEDITED))
        wait_for(cold, archive, ticket=ticket, state=State.READY)


class TestFetch:
    def test_copies_in_parts_only_what_is_restored(self, cold: S3Backend) -> None:
        file = hot_file(LARGE)
        archive = cold.vault.store(file, name="a")
        remove(file)
        with pytest.raises(RetrievalGoneError):
            cold.vault.fetch(archive, ticket=archive.archive_id, target=file)


class TestDelete:
    def test_drops_what_was_begun_too(self) -> None:
        s3.begin_upload(ARCHIVE, key="a")
        s3.begin_upload(ARCHIVE, key="ab")
        s3_vault().delete("a")
        assert [upload.key for upload in s3.open_uploads(ARCHIVE, prefix="")] == ["ab"]


class TestParseEvent:
    def _record(self, *, bucket: str = ARCHIVE, name: str = "ObjectRestore:Completed") -> dict[str, object]:
        return {
            "eventName": name,
            "eventTime": "2026-03-01T12:00:00.000Z",
            "s3": {"bucket": {"name": bucket}, "object": {"key": "lab/job/a%2Bb+c"}},
        }

    def test_reads_all_records_and_decodes_their_keys(self) -> None:
        body = json.dumps({"Records": [self._record(), self._record()]})
        assert [event.archive_id for event in s3_vault().parse_event(body)] == ["lab/job/a+b c"] * 2

    def test_leaves_other_buckets_and_events_alone(self) -> None:
        records = [self._record(bucket="other"), self._record(name="ObjectRestore:Post")]
        assert s3_vault().parse_event(json.dumps({"Records": records})) == ()
