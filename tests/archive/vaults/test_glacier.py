import dataclasses
from collections.abc import Iterator

import pytest
from django.conf import settings

from archive.errors import (
    ArchiveMissingError,
    ChecksumMismatchError,
    RetrievalFailedError,
    VaultClosedError,
    VaultRefusedError,
)
from archive.models import Tier
from archive.transfer import Errand, HotFile
from archive.vaults.base import Archive, Order, State
from archive.vaults.glacier import GlacierVault
from genomics.aws import glacier
from genomics.localaws import cold as local_cold
from tests.archive.files import LARGE, SMALL, content_of, hot_file, remove
from tests.archive.vaults.backends import PART, GlacierBackend, backend, wait_for
from tests.genomics.localaws.fixtures import client

pytestmark = pytest.mark.usefixtures("aws")

VAULT = settings.STACK.vaults["archive"]


@pytest.fixture
def cold(aws: object) -> Iterator[GlacierBackend]:
    with backend("glacier") as made:
        assert isinstance(made, GlacierBackend)
        yield made


def _order(archive: Archive, target: HotFile, *, again: bool = False, retrieval: str = "1") -> Order:
    errand = Errand(retrieval_id=retrieval, job_id="j", target=target)
    return Order(archive=archive, tier=Tier.EXPEDITED, errand=errand, asked_before=again)


class TestStore:
    @pytest.mark.parametrize("size", [1, PART - 1, PART, PART + 1, len(LARGE)])
    def test_gives_the_tree_hash_whatever_the_number_of_parts(self, cold: GlacierBackend, size: int) -> None:
        file = hot_file(LARGE[:size])
        archive = cold.vault.store(file, name="a")
        remove(file)
        ticket = cold.vault.begin_retrieval(_order(archive, file))
        wait_for(cold, archive, ticket=ticket, state=State.READY)
        assert glacier.describe_job(VAULT, job_id=ticket).tree_hash == archive.checksum
        cold.vault.fetch(archive, ticket=ticket, target=file)
        assert content_of(file) == LARGE[:size]


class TestBeginRetrieval:
    def test_looks_for_an_earlier_one_only_when_told_so(self, cold: GlacierBackend) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="a")
        first = cold.vault.begin_retrieval(_order(archive, file))
        assert cold.vault.begin_retrieval(_order(archive, file)) != first

    def test_takes_no_other_retrieval_for_its_own(self, cold: GlacierBackend) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="a")
        first = cold.vault.begin_retrieval(_order(archive, file, retrieval="1"))
        assert cold.vault.begin_retrieval(_order(archive, file, retrieval="2", again=True)) != first

    def test_begins_anew_after_one_that_failed(self, cold: GlacierBackend) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="a")
        cold.fail()
        first = cold.vault.begin_retrieval(_order(archive, file))
        wait_for(cold, archive, ticket=first, state=State.FAILED)
        assert cold.vault.begin_retrieval(_order(archive, file, again=True)) != first


class TestFetch:
    def test_says_that_the_retrieval_failed(self, cold: GlacierBackend) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="a")
        remove(file)
        cold.fail()
        ticket = cold.vault.begin_retrieval(_order(archive, file))
        (event,) = cold.vault.parse_event(cold.message(ticket))
        assert event.standing.state is State.FAILED
        with pytest.raises(RetrievalFailedError):
            cold.vault.fetch(archive, ticket=ticket, target=file)

    @pytest.mark.parametrize("other", [{"checksum": "0" * 64}, {"size_bytes": 1}])
    def test_refuses_an_archive_that_is_not_the_one_that_was_stored(
        self, cold: GlacierBackend, other: dict[str, str]
    ) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="a")
        remove(file)
        ticket = cold.vault.begin_retrieval(_order(archive, file))
        wait_for(cold, archive, ticket=ticket, state=State.READY)
        with pytest.raises(ChecksumMismatchError):
            cold.vault.fetch(dataclasses.replace(archive, **other), ticket=ticket, target=file)  # type: ignore[arg-type]


class TestClosedAccount:
    def test_is_told_what_to_do(self, cold: GlacierBackend) -> None:
        file = hot_file(SMALL)
        archive = cold.vault.store(file, name="a")
        local_cold.conditions.takes_vaults = False
        for operation in (
            lambda: cold.vault.store(file, name="b"),
            lambda: cold.vault.begin_retrieval(_order(archive, file)),
            lambda: cold.vault.state(archive, ticket="t"),
            lambda: cold.vault.delete(archive.archive_id),
        ):
            with pytest.raises(VaultClosedError, match=r"NoLongerSupportedException.*VAULT=s3"):
                operation()


class TestMissingVault:
    def test_is_an_error_of_ours(self, cold: GlacierBackend) -> None:
        vault = GlacierVault(vault="never-made", topic=settings.STACK.topics["vault-events"], part_bytes=PART)
        with pytest.raises(VaultRefusedError, match="create-vault"):
            vault.store(hot_file(SMALL), name="a")

    def test_has_lost_its_archives(self, cold: GlacierBackend) -> None:
        archive = cold.vault.store(hot_file(SMALL), name="a")
        client("glacier").delete_archive(vaultName=VAULT, archiveId=archive.archive_id)
        with pytest.raises(ArchiveMissingError):
            cold.vault.begin_retrieval(_order(archive, hot_file(SMALL)))
