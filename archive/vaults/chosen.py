"""Which vault: that of the settings for what is archived now, that of the row for what was archived before."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings

from archive.models import VaultName
from archive.vaults.base import Vault
from archive.vaults.glacier import GlacierVault
from archive.vaults.memory import MemoryVault
from archive.vaults.s3 import S3GlacierVault


def default() -> Vault:
    """This function will give the vault that results are archived in from now on."""
    return named(settings.VAULT)


def audible() -> list[Vault]:
    """This function will give the vaults whose messages may come: those of AWS, and the one of the settings."""
    return [named(name) for name in dict.fromkeys((VaultName.S3, VaultName.GLACIER, VaultName(settings.VAULT)))]


@functools.cache
def named(name: str) -> Vault:
    """This function will give the vault of that VaultName, one per process."""
    return _MAKERS[VaultName(name)]()


def _s3() -> S3GlacierVault:
    return S3GlacierVault(
        bucket=settings.STACK.buckets["archive"],
        storage_class=settings.ARCHIVE_STORAGE_CLASS,
        restored_days=settings.RESTORED_COPY_DAYS,
        copy_limit_bytes=settings.S3_COPY_LIMIT_BYTES,
        part_bytes=settings.ARCHIVE_PART_BYTES,
    )


def _glacier() -> GlacierVault:
    return GlacierVault(
        vault=settings.STACK.vaults["archive"],
        topic=settings.STACK.topics["vault-events"],
        part_bytes=settings.ARCHIVE_PART_BYTES,
    )


def _memory() -> MemoryVault:
    return MemoryVault(clock=lambda: datetime.now(UTC), part_bytes=settings.ARCHIVE_PART_BYTES)


_MAKERS: dict[VaultName, Callable[[], Vault]] = {
    VaultName.S3: _s3,
    VaultName.GLACIER: _glacier,
    VaultName.MEMORY: _memory,
}
