"""The vault in S3's archive classes: copies within S3, woken by RestoreObject. For accounts of any age."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from archive import transfer
from archive.errors import (
    ArchiveMissingError,
    ChecksumMismatchError,
    HotCopyMissingError,
    NoExpeditedCapacityError,
    RetrievalGoneError,
    RetrievalNotReadyError,
)
from archive.models import Tier, VaultName
from archive.transfer import HotFile
from archive.vaults.base import Archive, Event, Held, Order, Standing, State, translated
from genomics.aws import s3, s3_archive, s3_listing
from genomics.aws.errors import ObjectAsleepError, ObjectExistsError, ObjectMissingError, RetrievalRunningError

if TYPE_CHECKING:  # the stubs are not installed in production
    from mypy_boto3_s3.literals import StorageClassType, TierType

_AWS_TIERS: dict[Tier, "TierType"] = {Tier.EXPEDITED: "Expedited", Tier.STANDARD: "Standard", Tier.BULK: "Bulk"}
_NEVER_ASLEEP = frozenset({"GLACIER_IR"})
_NO_EXPEDITED = frozenset({"DEEP_ARCHIVE"})


class S3GlacierVault:
    """Archives are objects of a bucket; the id of an archive is its key, and so is the ticket of its retrieval.

    S3 knows one restored copy of an object and no retrievals. It sends an event when the copy is there, but not which
    request it was for.
    """

    name = VaultName.S3
    lag = timedelta(0)

    def __init__(
        self,
        *,
        bucket: str,
        storage_class: "StorageClassType",
        restored_days: int,
        copy_limit_bytes: int,
        part_bytes: int,
    ) -> None:
        """Files above `copy_limit_bytes` (S3's limit: 5 GiB) are copied in parts of `part_bytes`."""
        self._bucket = bucket
        self._storage_class = storage_class
        self._restored_days = restored_days
        self._copy_limit_bytes = copy_limit_bytes
        self._part_bytes = part_bytes

    def store(self, source: HotFile, *, name: str) -> Archive:
        place = self._place(name)
        with translated():
            try:
                expected = self._store(source, place=place)
            except ObjectMissingError as error:
                raise HotCopyMissingError(f"There is no {source.key}") from error
            stored = s3_archive.describe(place)
            if (stored.size_bytes, stored.checksum) != (source.size_bytes, expected):
                s3.delete(self._bucket, keys=[name])
                raise ChecksumMismatchError(
                    f"The copy of {source.key} has {stored.size_bytes} bytes with checksum "
                    f"{stored.checksum or 'none'}, not {source.size_bytes} with {expected}"
                )
        return Archive(
            archive_id=name,
            size_bytes=stored.size_bytes,
            sha256=source.sha256,
            checksum=stored.checksum,
            storage_class=stored.storage_class,
        )

    def begin_retrieval(self, order: Order) -> str:
        archive = order.archive
        if archive.storage_class in _NEVER_ASLEEP:
            return archive.archive_id
        if order.tier is Tier.EXPEDITED and archive.storage_class in _NO_EXPEDITED:
            raise NoExpeditedCapacityError(f"{archive.storage_class} has no tier EXPEDITED")
        place = self._place(archive.archive_id)
        with translated():
            try:
                s3_archive.restore(place, tier=_AWS_TIERS[order.tier], days=self._restored_days)
            except RetrievalRunningError:
                pass
            except ObjectMissingError as error:
                raise ArchiveMissingError(archive.archive_id) from error
        return archive.archive_id

    def state(self, archive: Archive, *, ticket: str) -> Standing:
        with translated():
            try:
                found = s3_archive.describe(self._place(ticket))
            except ObjectMissingError as error:
                raise ArchiveMissingError(archive.archive_id) from error
        if found.storage_class in _NEVER_ASLEEP:
            return Standing(state=State.READY)
        if found.restored_copy is None:
            return Standing(state=State.GONE)
        if found.restored_copy.expires_at is None:
            return Standing(state=State.RUNNING)
        return Standing(state=State.READY, expires_at=found.restored_copy.expires_at)

    def fetch(self, archive: Archive, *, ticket: str, target: HotFile) -> None:
        with translated():
            if transfer.is_there(target):
                return
            try:
                self._copy(self._place(ticket), place=target.place, file=target, storage_class="STANDARD")
            except ObjectMissingError as error:
                raise ArchiveMissingError(archive.archive_id) from error
            except ObjectAsleepError as error:
                running = self.state(archive, ticket=ticket).state is State.RUNNING
                raise (RetrievalNotReadyError if running else RetrievalGoneError)(archive.archive_id) from error
            transfer.keep_if_right(target)

    def delete(self, archive_id: str) -> None:
        with translated():
            for upload in s3.open_uploads(self._bucket, prefix=archive_id):
                if upload.key == archive_id:
                    s3.abort_upload(self._bucket, key=upload.key, upload_id=upload.upload_id)
            s3.delete(self._bucket, keys=[archive_id])

    def look(self, archive: Archive) -> Held:
        with translated():
            try:
                found = s3_archive.describe(self._place(archive.archive_id))
            except ObjectMissingError as error:
                raise ArchiveMissingError(archive.archive_id) from error
        return Held(
            archive_id=archive.archive_id,
            name=archive.archive_id,
            size_bytes=found.size_bytes,
            checksum=found.checksum,
            stored_at=found.modified_at,
        )

    def held(self, *, prefix: str = "") -> Iterator[Held]:
        with translated():
            for found in s3_listing.objects(self._bucket, prefix=prefix):
                yield Held(
                    archive_id=found.key,
                    name=found.key,
                    size_bytes=found.size_bytes,
                    checksum="",
                    stored_at=found.modified_at,
                )

    def parse_event(self, body: str) -> tuple[Event, ...]:
        try:
            return tuple(
                _event(record)
                for record in json.loads(body)["Records"]
                if record["eventName"] == "ObjectRestore:Completed" and record["s3"]["bucket"]["name"] == self._bucket
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return ()

    def _store(self, source: HotFile, *, place: s3_archive.Place) -> str:
        """This function will copy a hot file and give the checksum that the copy must have."""
        whole = source.size_bytes <= self._copy_limit_bytes
        expected = source.checksum if whole else _checksum_of_parts(source, part_bytes=self._part_bytes)
        self._copy(source.place, place=place, file=source, storage_class=self._storage_class)
        return expected

    def _copy(
        self, source: s3_archive.Place, *, place: s3_archive.Place, file: HotFile, storage_class: "StorageClassType"
    ) -> None:
        if file.size_bytes > self._copy_limit_bytes:
            transfer.copy_in_parts(
                source, target=place, file=file, storage_class=storage_class, part_bytes=self._part_bytes
            )
            return
        # Where the answer to an earlier call was lost, the copy is there; the caller verifies it in any case.
        with suppress(ObjectExistsError):
            s3_archive.copy(source, target=place, storage_class=storage_class)

    def _place(self, archive_id: str) -> s3_archive.Place:
        return s3_archive.Place(bucket=self._bucket, key=archive_id)


def _checksum_of_parts(source: HotFile, *, part_bytes: int) -> str:
    """This function will read a hot file once and give the checksum that S3 must find for a copy of it in parts.

    S3 takes no SHA-256 of a whole that comes in parts, only of each part, and one over those: it is held against this
    one, and the whole against what was taken when the file was made. Raises HotCopyMissingError and
    ChecksumMismatchError.
    """
    transfer.check_size(source)
    whole, digests = hashlib.sha256(), []
    for start, stop in transfer.ranges(source.size_bytes, part_bytes=part_bytes):
        data = transfer.read(source, start=start, stop=stop)
        whole.update(data)
        digests.append(hashlib.sha256(data).digest())
    transfer.check_digest(source, sha256=whole.hexdigest())
    return f"{base64.b64encode(hashlib.sha256(b''.join(digests)).digest()).decode()}-{len(digests)}"


def _event(record: dict[str, Any]) -> Event:
    """This function will read one record of an S3 event; keys in it are URL-encoded."""
    key = unquote_plus(record["s3"]["object"]["key"])
    restored = record.get("glacierEventData", {}).get("restoreEventData", {})
    expires_at = restored.get("lifecycleRestorationExpiryTime")
    return Event(
        archive_id=key,
        ticket=key,
        errand=None,
        standing=Standing(
            state=State.READY,
            ready_at=datetime.fromisoformat(record["eventTime"]),
            expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
        ),
    )
