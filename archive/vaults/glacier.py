"""The vault in Amazon Glacier's own vaults, for accounts that have them: bytes are carried in and out."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from archive import transfer
from archive.errors import (
    ArchiveMissingError,
    ChecksumMismatchError,
    InventoryPendingError,
    RetrievalFailedError,
    RetrievalGoneError,
    RetrievalNotReadyError,
    VaultRefusedError,
)
from archive.models import Tier, VaultName
from archive.transfer import Errand, HotFile
from archive.vaults.base import Archive, Event, Held, Order, Standing, State, translated
from genomics.aws import glacier, tree_hash
from genomics.aws.errors import NotInVaultError

OUTPUT_LIFETIME = timedelta(hours=24)  # at least so long a retrieval's bytes stay (Developer Guide, "GetJobOutput")
_AWS_TIERS = {Tier.EXPEDITED: "Expedited", Tier.STANDARD: "Standard", Tier.BULK: "Bulk"}


class GlacierVault:
    """Archives have ids of Glacier's making, which are found again only in its daily inventory.

    The ticket of a retrieval is the id of its job. The errand travels as the job's description.
    """

    name = VaultName.GLACIER
    lag = timedelta(hours=48)  # an inventory is made about once a day, and is good for another

    def __init__(self, *, vault: str, topic: str, part_bytes: int) -> None:
        """`topic` (an ARN) is told when a retrieval ends. Files above `part_bytes`, 2ⁿ MiB, are sent in parts."""
        self._vault = vault
        self._topic = topic
        self._part_bytes = part_bytes
        self._inventory: tuple[str, dict[str, Held]] = ("", {})  # the latest that was read: its job and what it lists

    def store(self, source: HotFile, *, name: str) -> Archive:
        with translated():
            transfer.check_size(source)
            try:
                archive_id, checksum = self._send(source, name=name)
            except NotInVaultError as error:
                raise VaultRefusedError(
                    f"There is no vault {self._vault}. Make it once: aws glacier create-vault --account-id - "
                    f"--vault-name {self._vault}"
                ) from error
        return Archive(
            archive_id=archive_id,
            size_bytes=source.size_bytes,
            sha256=source.sha256,
            checksum=checksum.hex(),
            storage_class="",
        )

    def begin_retrieval(self, order: Order) -> str:
        with translated():
            running = self._asked_before(order.errand) if order.asked_before else None
            if running is not None:
                return running
            try:
                return glacier.initiate_job(
                    self._vault,
                    archive_id=order.archive.archive_id,
                    tier=_AWS_TIERS[order.tier],
                    topic=self._topic,
                    description=order.errand.write(),
                )
            except NotInVaultError as error:
                raise ArchiveMissingError(order.archive.archive_id) from error

    def state(self, archive: Archive, *, ticket: str) -> Standing:  # noqa: ARG002  # a job knows its archive
        with translated():
            try:
                return _standing(glacier.describe_job(self._vault, job_id=ticket))
            except NotInVaultError:
                return Standing(state=State.GONE)

    def fetch(self, archive: Archive, *, ticket: str, target: HotFile) -> None:
        with translated():
            if transfer.is_there(target):
                return
            try:
                _check(glacier.describe_job(self._vault, job_id=ticket), archive=archive)
                transfer.carry(
                    lambda start, stop: glacier.read_output(self._vault, job_id=ticket, start=start, stop=stop),
                    target=target,
                    part_bytes=self._part_bytes,
                )
            except NotInVaultError as error:
                raise RetrievalGoneError(ticket) from error

    def delete(self, archive_id: str) -> None:
        with translated():
            glacier.delete_archive(self._vault, archive_id=archive_id)

    def look(self, archive: Archive) -> Held:
        with translated():
            found = self._held().get(archive.archive_id)
        if found is None:
            raise ArchiveMissingError(archive.archive_id)
        return found

    def held(self, *, prefix: str = "") -> Iterator[Held]:
        with translated():
            found = self._held()
        yield from (held for held in found.values() if held.name.startswith(prefix))

    def parse_event(self, body: str) -> tuple[Event, ...]:
        job = glacier.parse_message(body)
        if job is None:
            return ()
        errand = Errand.read(job.description)
        return (Event(archive_id=job.archive_id, ticket=job.job_id, errand=errand, standing=_standing(job)),)

    def _send(self, source: HotFile, *, name: str) -> tuple[str, bytes]:
        """This function will read a hot file once into the vault, and give the archive's id and raw tree hash."""
        if source.size_bytes > self._part_bytes:
            return self._send_in_parts(source, name=name)
        data = transfer.read(source, start=0, stop=source.size_bytes)
        transfer.check_digest(source, sha256=hashlib.sha256(data).hexdigest())
        return glacier.upload_archive(self._vault, data=data, description=name), tree_hash.of(data)

    def _send_in_parts(self, source: HotFile, *, name: str) -> tuple[str, bytes]:
        upload_id = glacier.begin_upload(self._vault, part_bytes=self._part_bytes, description=name)
        try:
            whole, digests = hashlib.sha256(), []
            for start, stop in transfer.ranges(source.size_bytes, part_bytes=self._part_bytes):
                data = transfer.read(source, start=start, stop=stop)
                whole.update(data)
                digests.append(glacier.upload_part(self._vault, upload_id=upload_id, start=start, data=data))
            transfer.check_digest(source, sha256=whole.hexdigest())
            checksum = tree_hash.fold(digests)
            archive_id = glacier.complete_upload(
                self._vault, upload_id=upload_id, size_bytes=source.size_bytes, checksum=checksum.hex()
            )
        except BaseException:
            glacier.abort_upload(self._vault, upload_id=upload_id)
            raise
        return archive_id, checksum

    def _held(self) -> dict[str, Held]:
        """This function will read the latest inventory, once, or ask for one and raise InventoryPendingError."""
        try:
            job_id = self._latest_inventory()
            if self._inventory[0] != job_id:
                listed = glacier.read_inventory(self._vault, job_id=job_id)
                self._inventory = (job_id, {one.archive_id: _listed(one) for one in listed})
        except NotInVaultError as error:  # of a vault's first day, or of an output that has just expired
            raise InventoryPendingError(self._vault) from error
        return self._inventory[1]

    def _latest_inventory(self) -> str:
        inventories = [one for one in glacier.inventories(self._vault) if one.succeeded or not one.completed]
        there = next((one for one in inventories if one.completed), None)
        if there is not None:
            return there.job_id
        if not inventories:
            glacier.begin_inventory(self._vault)
        raise InventoryPendingError(self._vault)

    def _asked_before(self, errand: Errand) -> str | None:
        """This function will give the job that an earlier call may have begun for this errand, None without one."""
        for job in glacier.jobs(self._vault):
            found = Errand.read(job.description)
            failed = job.completed and not job.succeeded
            if found is not None and found.retrieval_id == errand.retrieval_id and not failed:
                return job.job_id
        return None


def _listed(one: glacier.Listed) -> Held:
    return Held(
        archive_id=one.archive_id,
        name=one.description,
        size_bytes=one.size_bytes,
        checksum=one.tree_hash,
        stored_at=one.created_at,
    )


def _standing(job: glacier.Job) -> Standing:
    if not job.completed or job.completed_at is None:
        return Standing(state=State.RUNNING)
    if not job.succeeded:
        return Standing(state=State.FAILED)
    expires_at = job.completed_at + OUTPUT_LIFETIME
    return Standing(state=State.READY, ready_at=job.completed_at, expires_at=expires_at)


def _check(job: glacier.Job, *, archive: Archive) -> None:
    """This function will see that a job has ended with the bytes that were stored."""
    state = _standing(job).state
    if state is State.RUNNING:
        raise RetrievalNotReadyError(job.job_id)
    if state is State.FAILED:
        raise RetrievalFailedError(job.job_id)
    if (job.size_bytes, job.tree_hash) != (archive.size_bytes, archive.checksum):
        raise ChecksumMismatchError(f"Archive {archive.archive_id} has tree hash {job.tree_hash}")
