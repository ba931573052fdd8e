"""What a vault is: six operations and the values between them."""

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from archive import errors
from archive.models import Tier, VaultName
from archive.transfer import Errand, HotFile
from genomics.aws import errors as aws


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """One file at rest: where the vault keeps it, and what the vault says that it is."""

    archive_id: str
    size_bytes: int
    sha256: str  # hexadecimal, of the bytes that were stored
    checksum: str  # in the vault's own way: S3's SHA-256 in base64 (of parts "<base64>-<n>"), or Glacier's tree hash
    storage_class: str  # S3's; empty in a vault that has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A wish to have an archive's bytes back."""

    archive: Archive
    tier: Tier
    errand: Errand
    asked_before: bool  # an earlier call with this errand may have reached the vault without our knowing its answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One archive as the vault itself tells of it."""

    archive_id: str
    name: str  # of the archiving that made it, or whatever somebody else called it
    size_bytes: int
    checksum: str  # as in Archive; empty: not told with a list
    stored_at: datetime


class State(enum.Enum):
    """How a retrieval stands in the vault."""

    RUNNING = enum.auto()
    READY = enum.auto()  # the bytes can be fetched
    FAILED = enum.auto()  # it has ended without bytes
    GONE = enum.auto()  # the bytes were there and are gone, or nobody ever asked for them


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the vault says about a retrieval."""

    state: State
    ready_at: datetime | None = None  # None: not ready, or the vault does not tell
    expires_at: datetime | None = None  # the bytes go then; None: not ready, or they stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A message that a retrieval has ended."""

    archive_id: str
    ticket: str  # empty: the vault does not say which retrieval of the archive it was
    errand: Errand | None  # None: the vault does not carry errands
    standing: Standing


class Vault(Protocol):
    """A cold store of single files. All operations raise VaultUnavailableError and VaultRefusedError (and their kinds).

    One contract test suite holds for all vaults.
    """

    @property
    def name(self) -> VaultName:
        """Under which a row remembers where its archive is."""

    @property
    def lag(self) -> timedelta:
        """So long `look` and `held` may not know of what was stored, or still tell of what was deleted."""

    def store(self, source: HotFile, *, name: str) -> Archive:
        """This function will copy a hot file into the vault and verify the copy; the hot file stays.

        `name` (ASCII) is unique to this archiving. Calling again with it gives the same archive where the vault can
        find it again, else another: record the answer at once. Raises HotCopyMissingError, and ChecksumMismatchError
        when hot file or copy are not what was made; then the vault holds nothing under that name.
        """

    def begin_retrieval(self, order: Order) -> str:
        """This function will ask for the bytes and give the ticket under which to ask for them; twice is as once.

        Raises ArchiveMissingError, NoExpeditedCapacityError and VaultThrottledError.
        """

    def state(self, archive: Archive, *, ticket: str) -> Standing:
        """This function will tell how a retrieval stands. Raises ArchiveMissingError where the vault knows that."""

    def fetch(self, archive: Archive, *, ticket: str, target: HotFile) -> None:
        """This function will bring the bytes into hot storage in ranges, and verify what lies there then.

        What an interrupted call has brought is not brought again; a target that is right already is left alone, one
        that is not is replaced. The archive stays. Raises RetrievalNotReadyError, RetrievalFailedError,
        RetrievalGoneError, ArchiveMissingError, ChecksumMismatchError, after which there is no target, and
        HotCopyMissingError when somebody deleted the target meanwhile.
        """

    def delete(self, archive_id: str) -> None:
        """This function will delete an archive; one that is gone already is fine."""

    def look(self, archive: Archive) -> Held:
        """This function will tell what the vault holds under an id, with its checksum; the bytes are not read.

        Raises ArchiveMissingError, and InventoryPendingError where the vault tells later.
        """

    def held(self, *, prefix: str = "") -> Iterator[Held]:
        """This function will give all archives whose name begins with `prefix`, of somebody else's too.

        Raises InventoryPendingError where the vault tells later.
        """

    def parse_event(self, body: str) -> tuple[Event, ...]:
        """This function will read a message of the topic vault-events.

        One that is not of this vault, or not of the right form, gives nothing.
        """


@contextmanager
def translated() -> Iterator[None]:
    """This function will say in the words of archive.errors what AWS answered inside its block."""
    try:
        yield
    except aws.NoExpeditedCapacityError as error:
        raise errors.NoExpeditedCapacityError(str(error)) from error
    except aws.VaultClosedError as error:
        raise errors.VaultClosedError(
            "AWS lets this account use no Glacier vaults (NoLongerSupportedException): they are closed to new "
            "customers since 2025-12-15. Set VAULT=s3 to keep archives in S3's own archive classes."
        ) from error
    except aws.ServiceThrottledError as error:
        raise errors.VaultThrottledError(str(error)) from error
    except aws.ServiceUnavailableError as error:
        raise errors.VaultUnavailableError(str(error)) from error
    except aws.ServiceRefusedError as error:
        raise errors.VaultRefusedError(str(error)) from error
