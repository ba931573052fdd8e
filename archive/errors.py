"""What can go wrong between hot and cold storage. Nothing here is the fault of a lab: all of it is ours to mend."""


class HotCopyMissingError(Exception):
    """There is no object where the hot copy should be."""


class ArchiveMissingError(Exception):
    """The vault has no such archive (any more)."""


class ChecksumMismatchError(Exception):
    """The bytes are not those that were made: nothing may be deleted because of them."""


class NoExpeditedCapacityError(Exception):
    """The vault cannot retrieve in tier EXPEDITED now, or never for this storage class: ask for STANDARD."""


class RetrievalNotReadyError(Exception):
    """The vault is still busy bringing the bytes."""


class RetrievalGoneError(Exception):
    """The bytes were brought and are gone again, or nobody ever asked for them: a new retrieval is needed."""


class RetrievalFailedError(Exception):
    """The vault ended the retrieval without bytes: a new one is needed."""


class VaultUnavailableError(Exception):
    """The vault or the hot storage does not answer now; trying again later may help."""


class VaultThrottledError(VaultUnavailableError):
    """The vault got too many requests: try again later, with fewer at a time."""


class VaultRefusedError(Exception):
    """The vault will not do what was asked: a right or a part of the request is missing or wrong."""


class VaultClosedError(VaultRefusedError):
    """AWS lets this account use no vaults (closed to new customers since 2025-12-15): set VAULT=s3."""


class InventoryPendingError(Exception):
    """The vault tells what it holds in an inventory only, which was asked for and is not there yet."""


class StaleRetrievalError(Exception):
    """The row is no longer as the caller knew it: somebody else moved the retrieval."""
