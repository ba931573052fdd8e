"""What every vault promises. Each test runs against all of them."""

import dataclasses
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from archive.errors import (
    ArchiveMissingError,
    ChecksumMismatchError,
    HotCopyMissingError,
    InventoryPendingError,
    NoExpeditedCapacityError,
    RetrievalGoneError,
    RetrievalNotReadyError,
    VaultThrottledError,
    VaultUnavailableError,
)
from archive.models import Tier
from archive.transfer import Errand, HotFile
from archive.vaults.base import Archive, Order, State
from genomics.aws import s3
from tests.archive.files import (
    ARCHIVE,
    LARGE,
    SMALL,
    content_of,
    content_type_of,
    hot_file,
    is_there,
    open_uploads,
    put,
    remove,
)
from tests.archive.vaults.backends import NAMES, PART, Backend, backend, wait_for

pytestmark = pytest.mark.usefixtures("aws")

T = TypeVar("T")
BOTH_SIZES = pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
A_WHILE = timedelta(minutes=5)


@pytest.fixture(params=NAMES)
def cold(request: pytest.FixtureRequest, aws: object) -> Iterator[Backend]:
    with backend(request.param) as made:
        yield made


def _order(archive: Archive, target: HotFile, *, tier: Tier = Tier.EXPEDITED, again: bool = False) -> Order:
    errand = Errand(retrieval_id="retrieval-1", job_id="j", target=target)
    return Order(archive=archive, tier=tier, errand=errand, asked_before=again)


def _retrieve(cold: Backend, archive: Archive, target: HotFile) -> str:
    """This function will ask for an archive and wait until its bytes can be fetched."""
    ticket = cold.vault.begin_retrieval(_order(archive, target))
    wait_for(cold, archive, ticket=ticket, state=State.READY)
    return ticket


class TestStore:
    @BOTH_SIZES
    def test_gives_a_receipt_of_the_bytes(self, cold: Backend, content: bytes) -> None:
        file = hot_file(content)
        archive = cold.vault.store(file, name="lab/job/a")
        assert (archive.size_bytes, archive.sha256) == (file.size_bytes, file.sha256)
        assert archive.archive_id
        assert archive.checksum

    @BOTH_SIZES
    def test_leaves_the_hot_copy_and_nothing_unfinished(self, cold: Backend, content: bytes) -> None:
        file = hot_file(content)
        cold.vault.store(file, name="lab/job/a")
        assert content_of(file) == content
        assert open_uploads() == open_uploads(ARCHIVE) == []

    @BOTH_SIZES
    def test_may_be_repeated_under_the_same_name(self, cold: Backend, content: bytes) -> None:
        file = hot_file(content)
        first, second = (cold.vault.store(file, name="lab/job/a") for _ in range(2))
        assert first.checksum == second.checksum

    def test_keeps_archives_of_other_names_apart(self, cold: Backend) -> None:
        first = cold.vault.store(hot_file(SMALL), name="lab/job/a")
        second = cold.vault.store(hot_file(LARGE), name="lab/job/ab")
        cold.vault.delete(first.archive_id)
        target = hot_file(LARGE, key="back", is_there=False)
        cold.vault.fetch(second, ticket=_retrieve(cold, second, target), target=target)
        assert content_of(target) == LARGE

    def test_refuses_a_hot_copy_that_is_not_there(self, cold: Backend) -> None:
        with pytest.raises(HotCopyMissingError):
            cold.vault.store(hot_file(SMALL, is_there=False), name="lab/job/a")

    @BOTH_SIZES
    def test_refuses_a_hot_copy_that_is_not_what_was_made(self, cold: Backend, content: bytes) -> None:
        file = hot_file(content)
        put(content[:-1] + b"?", key=file.key)
        with pytest.raises(ChecksumMismatchError):
            cold.vault.store(file, name="lab/job/a")
        put(content, key=file.key)
        archive = cold.vault.store(file, name="lab/job/a")  # what was refused is not in the way
        assert archive.sha256 == file.sha256
        assert open_uploads(ARCHIVE) == []

    @BOTH_SIZES
    def test_refuses_a_hot_copy_that_has_grown(self, cold: Backend, content: bytes) -> None:
        file = hot_file(content)
        put(content + b"more", key=file.key)
        with pytest.raises(ChecksumMismatchError):
            cold.vault.store(file, name="lab/job/a")


class TestBeginRetrieval:
    def test_takes_its_time(self, cold: Backend) -> None:
        cold.let(duration=A_WHILE)
        archive = cold.vault.store(hot_file(SMALL), name="lab/job/a")
        ticket = cold.vault.begin_retrieval(_order(archive, hot_file(SMALL)))
        standing = cold.vault.state(archive, ticket=ticket)
        assert standing.state is State.RUNNING
        assert standing.ready_at is standing.expires_at is None

    @pytest.mark.parametrize("tier", Tier)
    def test_knows_all_tiers(self, cold: Backend, tier: Tier) -> None:
        archive = cold.vault.store(hot_file(SMALL), name="lab/job/a")
        ticket = cold.vault.begin_retrieval(_order(archive, hot_file(SMALL), tier=tier))
        wait_for(cold, archive, ticket=ticket, state=State.READY)

    def test_twice_is_as_once(self, cold: Backend) -> None:
        cold.let(duration=A_WHILE)
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="lab/job/a")
        first = cold.vault.begin_retrieval(_order(archive, file))
        assert cold.vault.begin_retrieval(_order(archive, file, again=True)) == first

    def test_may_be_repeated_when_the_bytes_are_there(self, cold: Backend) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="lab/job/a")
        ticket = _retrieve(cold, archive, file)
        assert cold.vault.begin_retrieval(_order(archive, file, again=True)) == ticket

    def test_says_that_expedited_has_no_capacity_so_that_standard_can_be_asked(self, cold: Backend) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="lab/job/a")
        cold.lack_capacity()
        with pytest.raises(NoExpeditedCapacityError):
            cold.vault.begin_retrieval(_order(archive, file, tier=Tier.EXPEDITED))
        ticket = cold.vault.begin_retrieval(_order(archive, file, tier=Tier.STANDARD, again=True))
        wait_for(cold, archive, ticket=ticket, state=State.READY)

    def test_says_that_there_were_too_many_requests(self, cold: Backend) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="lab/job/a")
        cold.throttle()
        with pytest.raises(VaultThrottledError) as error:
            cold.vault.begin_retrieval(_order(archive, file))
        assert isinstance(error.value, VaultUnavailableError)

    def test_refuses_an_archive_that_is_not_there(self, cold: Backend) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="lab/job/a")
        cold.lose(archive)
        with pytest.raises(ArchiveMissingError):
            cold.vault.begin_retrieval(_order(archive, file))


class TestState:
    def test_says_until_when_the_bytes_are_there(self, cold: Backend) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="lab/job/a")
        standing = cold.vault.state(archive, ticket=_retrieve(cold, archive, file))
        assert standing.expires_at is not None
        assert standing.expires_at > datetime.now(UTC)

    def test_says_when_the_bytes_are_gone(self, cold: Backend) -> None:
        cold.let(lifetime=timedelta(seconds=1.5))
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="lab/job/a")
        ticket = _retrieve(cold, archive, file)
        wait_for(cold, archive, ticket=ticket, state=State.GONE)

    def test_says_gone_of_what_was_never_asked_for(self, cold: Backend) -> None:
        archive = cold.vault.store(hot_file(SMALL), name="lab/job/a")
        ticket = archive.archive_id if not cold.carries_errands else "never-given"
        assert cold.vault.state(archive, ticket=ticket).state is State.GONE


class TestFetch:
    @BOTH_SIZES
    def test_brings_back_the_very_bytes(self, cold: Backend, content: bytes) -> None:
        file = hot_file(content)
        archive = cold.vault.store(file, name="lab/job/a")
        remove(file)
        cold.vault.fetch(archive, ticket=_retrieve(cold, archive, file), target=file)
        assert content_of(file) == content
        assert open_uploads() == []

    def test_keeps_the_content_type(self, cold: Backend) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="lab/job/a")
        remove(file)
        cold.vault.fetch(archive, ticket=_retrieve(cold, archive, file), target=file)
        assert content_type_of(file) == "application/gzip"

    def test_leaves_the_archive(self, cold: Backend) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="lab/job/a")
        ticket = _retrieve(cold, archive, file)
        for _ in range(2):
            remove(file)
            cold.vault.fetch(archive, ticket=ticket, target=file)
        assert content_of(file) == SMALL

    def test_goes_on_where_an_interrupted_one_ended(self, cold: Backend) -> None:
        file = hot_file(LARGE)
        archive = cold.vault.store(file, name="lab/job/a")
        remove(file)
        ticket = _retrieve(cold, archive, file)
        upload_id = s3.begin_upload(file.bucket, key=file.key, content_type=file.content_type)
        s3.upload_part(file.bucket, key=file.key, upload_id=upload_id, number=1, data=LARGE[:PART])
        cold.vault.fetch(archive, ticket=ticket, target=file)
        assert content_of(file) == LARGE
        assert open_uploads() == []

    def test_replaces_parts_that_are_not_the_right_ones(self, cold: Backend) -> None:
        file = hot_file(LARGE)
        archive = cold.vault.store(file, name="lab/job/a")
        remove(file)
        ticket = _retrieve(cold, archive, file)
        upload_id = s3.begin_upload(file.bucket, key=file.key, content_type=file.content_type)
        s3.upload_part(file.bucket, key=file.key, upload_id=upload_id, number=2, data=b"\0" * PART)
        with pytest.raises(ChecksumMismatchError):
            cold.vault.fetch(archive, ticket=ticket, target=file)
        assert not is_there(file)
        cold.vault.fetch(archive, ticket=ticket, target=file)
        assert content_of(file) == LARGE

    def test_leaves_a_right_target_alone_even_when_the_archive_is_gone(self, cold: Backend) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="lab/job/a")
        ticket = _retrieve(cold, archive, file)
        cold.lose(archive)
        cold.vault.fetch(archive, ticket=ticket, target=file)
        assert content_of(file) == SMALL

    def test_replaces_a_wrong_target(self, cold: Backend) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="lab/job/a")
        put(b"something else", key=file.key)
        cold.vault.fetch(archive, ticket=_retrieve(cold, archive, file), target=file)
        assert content_of(file) == SMALL

    @BOTH_SIZES
    def test_refuses_bytes_that_are_not_what_was_made(self, cold: Backend, content: bytes) -> None:
        file = hot_file(content)
        archive = cold.vault.store(file, name="lab/job/a")
        remove(file)
        ticket = _retrieve(cold, archive, file)
        with pytest.raises(ChecksumMismatchError):
            cold.vault.fetch(archive, ticket=ticket, target=dataclasses.replace(file, sha256="0" * 64))
        assert not is_there(file)

    def test_refuses_while_the_retrieval_runs(self, cold: Backend) -> None:
        cold.let(duration=A_WHILE)
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="lab/job/a")
        remove(file)
        ticket = cold.vault.begin_retrieval(_order(archive, file))
        with pytest.raises(RetrievalNotReadyError):
            cold.vault.fetch(archive, ticket=ticket, target=file)

    def test_refuses_when_the_window_is_over_until_it_is_asked_again(self, cold: Backend) -> None:
        cold.let(lifetime=timedelta(seconds=1.5))
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="lab/job/a")
        remove(file)
        ticket = _retrieve(cold, archive, file)
        wait_for(cold, archive, ticket=ticket, state=State.GONE)
        with pytest.raises(RetrievalGoneError):
            cold.vault.fetch(archive, ticket=ticket, target=file)
        cold.let()
        again = cold.vault.begin_retrieval(_order(archive, file, again=True))
        wait_for(cold, archive, ticket=again, state=State.READY)
        cold.vault.fetch(archive, ticket=again, target=file)
        assert content_of(file) == SMALL


class TestDelete:
    @BOTH_SIZES
    def test_may_be_repeated(self, cold: Backend, content: bytes) -> None:
        file = hot_file(content)
        archive = cold.vault.store(file, name="lab/job/a")
        for _ in range(2):
            cold.vault.delete(archive.archive_id)
        with pytest.raises(ArchiveMissingError):
            cold.vault.begin_retrieval(_order(archive, file))


class TestParseEvent:
    def test_tells_which_archive_is_ready_and_for_how_long(self, cold: Backend) -> None:
        file = hot_file(SMALL, key="lab/job/1/a b+c.vcf.gz")
        archive = cold.vault.store(file, name="lab/job/a b+c")
        ticket = cold.vault.begin_retrieval(_order(archive, file))
        wait_for(cold, archive, ticket=ticket, state=State.READY)
        (event,) = cold.vault.parse_event(cold.message(ticket))
        assert event.archive_id == archive.archive_id
        assert event.ticket == ticket
        assert event.standing.state is State.READY
        assert event.standing.ready_at is not None
        assert event.standing.expires_at is not None
        assert event.standing.ready_at < event.standing.expires_at
        if cold.carries_errands:
            assert event.errand == Errand(retrieval_id="retrieval-1", job_id="j", target=file)

    @pytest.mark.parametrize(
        "body",
        [
            "", "no json", "[]", "{}", '"text"', "7", "null", "[" * 100_000, '{"memory": "never-given"}',
            '{"Event": "s3:TestEvent", "Bucket": "b"}', '{"Records": []}', '{"Records": 5}', '{"Records": [5]}',
            '{"Records": [{"eventName": "ObjectRestore:Completed"}]}',
            '{"Records": [{"eventName": "ObjectRestore:Completed", "s3": []}]}',
            '{"Action": "ArchiveRetrieval", "JobId": "j", "ArchiveSizeInBytes": "many"}',
            '{"Action": "ArchiveRetrieval", "JobId": 7}',
            '{"Action": "ArchiveRetrieval", "JobId": "j", "CompletionDate": "yesterday"}',
            '{"Action": "ArchiveRetrieval", "JobId": "j", "JobDescription": {"a": 1}}',
        ],
    )  # fmt: skip
    def test_leaves_other_messages_alone(self, cold: Backend, body: str) -> None:
        assert cold.vault.parse_event(body) == ()


class TestHeld:
    def test_tells_what_was_stored_with_size_and_checksum(self, cold: Backend) -> None:
        archive = cold.vault.store(hot_file(SMALL), name="lab/job/1")
        other = cold.vault.store(hot_file(LARGE), name="lab/job-2/2")
        found = _patiently(lambda: list(cold.vault.held(prefix="lab/job/")))
        assert [(one.archive_id, one.name, one.size_bytes) for one in found] == [
            (archive.archive_id, "lab/job/1", len(SMALL))
        ]
        for each in (archive, other):
            held = cold.vault.look(each)
            assert (held.archive_id, held.size_bytes) == (each.archive_id, each.size_bytes)
            assert held.checksum == each.checksum

    def test_knows_of_no_archive_that_is_gone(self, cold: Backend) -> None:
        archive = cold.vault.store(hot_file(SMALL), name="lab/job/1")
        cold.vault.delete(archive.archive_id)
        with pytest.raises(ArchiveMissingError):
            _patiently(lambda: cold.vault.look(archive))


def _patiently(ask: Callable[[], T]) -> T:
    """This function will ask again until the vault tells."""
    for _ in range(20):
        try:
            return ask()
        except InventoryPendingError:
            time.sleep(0.05)
    return ask()
