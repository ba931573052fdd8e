"""What AWS can answer that callers act upon; everything else stays botocore's own error."""


class ObjectMissingError(Exception):
    """There is no object of that name."""


class UploadMissingError(ObjectMissingError):
    """There is no multipart upload of that id (any more)."""


class ObjectExistsError(Exception):
    """An object of that name is there already; it was not overwritten."""


class ServiceUnavailableError(Exception):
    """AWS did not answer, or answered that it cannot right now; trying again later may help."""


class ServiceThrottledError(ServiceUnavailableError):
    """AWS got too many requests; the same one later, and fewer at a time, will do."""


class ServiceRefusedError(Exception):
    """AWS will not do what was asked: a right, a table, a topic or a part of the request is missing or wrong."""


class StorageUnavailableError(ServiceUnavailableError):
    """S3 did not answer, or answered that it cannot right now; trying again later may help."""


class QueueMissingError(Exception):
    """There is no queue at that address."""


class QueueUnavailableError(Exception):
    """SQS did not answer, or refused; trying again later may help."""


class ObjectAsleepError(Exception):
    """The object lies in an archive class and no copy of it is restored."""


class RetrievalRunningError(Exception):
    """A retrieval of these bytes is under way already, in this tier or a faster one."""


class NoExpeditedCapacityError(Exception):
    """AWS has no capacity for expedited retrievals now, or none at all for this storage class."""


class NotInVaultError(Exception):
    """The vault has no archive, upload or retrieval of that id (any more)."""


class VaultClosedError(ServiceRefusedError):
    """AWS lets this account use no vaults: they are closed to new customers since 2025-12-15."""
