"""The vaults as the contract tests drive them: each with what time, weather and accidents are to it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from django.conf import settings

from archive.models import Tier
from archive.vaults.base import Archive, State, Vault
from archive.vaults.glacier import GlacierVault
from archive.vaults.memory import MemoryVault
from archive.vaults.s3 import S3GlacierVault
from genomics.localaws import cold
from tests.genomics.localaws.fixtures import client

MIB = 1024**2
PART = 8 * MIB  # what S3 (5 MiB at least) and Glacier (2ⁿ MiB) both take
COPY_LIMIT = 10 * MIB
HOUR = timedelta(hours=1)
_PATIENCE_SECONDS = 20


class Backend(Protocol):
    """One vault and the world around it."""

    carries_errands: bool

    @property
    def vault(self) -> Vault: ...

    def let(self, *, duration: timedelta = timedelta(0), lifetime: timedelta = HOUR) -> None:
        """This function will let retrievals from now on take and keep their bytes so long."""

    def lack_capacity(self) -> None: ...

    def throttle(self) -> None: ...

    def fail(self) -> None:
        """This function will let retrievals from now on end without bytes."""

    def lose(self, archive: Archive) -> None:
        """This function will make an archive vanish behind the product's back."""

    def message(self, ticket: str) -> str:
        """This function will give the message that the topic vault-events carries when a retrieval has ended."""


def wait_for(backend: Backend, archive: Archive, *, ticket: str, state: State) -> None:
    """This function will wait until the vault says so."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (found := backend.vault.state(archive, ticket=ticket).state) is not state:
        assert time.monotonic() < deadline, f"{found}, not {state}"
        time.sleep(0.02)


class MemoryBackend:
    carries_errands = True

    def __init__(self) -> None:
        self.vault = MemoryVault(clock=lambda: datetime.now(UTC), part_bytes=PART)

    def let(self, *, duration: timedelta = timedelta(0), lifetime: timedelta = HOUR) -> None:
        self.vault.duration, self.vault.lifetime = duration, lifetime

    def lack_capacity(self) -> None:
        self.vault.capacity = False

    def throttle(self) -> None:
        self.vault.throttled = True

    def fail(self) -> None:
        self.vault.failing = True

    def lose(self, archive: Archive) -> None:
        self.vault.delete(archive.archive_id)

    def message(self, ticket: str) -> str:
        return self.vault.message(ticket)


class _OnLocalAws:
    def __init__(self, conditions: cold.Conditions) -> None:
        self._conditions = conditions
        self.let()

    def let(self, *, duration: timedelta = timedelta(0), lifetime: timedelta = HOUR) -> None:
        self._conditions.times = {tier.capitalize(): duration for tier in Tier}
        self._conditions.day = lifetime

    def lack_capacity(self) -> None:
        self._conditions.expedited_capacity = False

    def throttle(self) -> None:
        self._conditions.throttled = True

    def fail(self) -> None:
        self._conditions.failing = True

    def message(self, ticket: str) -> str:  # the first to come is this one
        sqs, queue = client("sqs"), settings.STACK.queue_urls["notifications"]
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []):
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                return str(message["Body"])
        raise AssertionError("no message came")


class S3Backend(_OnLocalAws):
    carries_errands = False

    def __init__(self, conditions: cold.Conditions) -> None:
        super().__init__(conditions)
        self.vault: Vault = s3_vault()

    def lose(self, archive: Archive) -> None:
        client("s3").delete_object(Bucket=settings.STACK.buckets["archive"], Key=archive.archive_id)


class GlacierBackend(_OnLocalAws):
    carries_errands = True

    def __init__(self, conditions: cold.Conditions) -> None:
        super().__init__(conditions)
        self.vault: Vault = GlacierVault(
            vault=settings.STACK.vaults["archive"], topic=settings.STACK.topics["vault-events"], part_bytes=PART
        )

    def lose(self, archive: Archive) -> None:
        client("glacier").delete_archive(vaultName=settings.STACK.vaults["archive"], archiveId=archive.archive_id)


def s3_vault(**options: Any) -> S3GlacierVault:
    return S3GlacierVault(
        **{
            "bucket": settings.STACK.buckets["archive"],
            "storage_class": "GLACIER",
            "restored_days": 1,
            "copy_limit_bytes": COPY_LIMIT,
            "part_bytes": PART,
            **options,
        }
    )


@contextmanager
def backend(name: str) -> Iterator[Backend]:
    with cold.changed() as conditions:
        yield _BACKENDS[name](conditions)


_BACKENDS: dict[str, Callable[[cold.Conditions], Backend]] = {
    "s3": S3Backend,
    "glacier": GlacierBackend,
    "memory": lambda _: MemoryBackend(),
}
NAMES = tuple(_BACKENDS)
