"""What AWS can answer that callers act upon; everything else stays botocore's own error."""


class ObjectMissingError(Exception):
    """There is no object, or no multipart upload, of that name."""


class ObjectExistsError(Exception):
    """An object of that name is there already; it was not overwritten."""


class ServiceUnavailableError(Exception):
    """AWS did not answer, or answered that it cannot right now; trying again later may help."""


class ServiceRefusedError(Exception):
    """AWS will not do what was asked: a right, a table, a topic or a part of the request is missing or wrong."""


class StorageUnavailableError(ServiceUnavailableError):
    """S3 did not answer, or answered that it cannot right now; trying again later may help."""


class QueueMissingError(Exception):
    """There is no queue at that address."""


class QueueUnavailableError(Exception):
    """SQS did not answer, or refused; trying again later may help."""
