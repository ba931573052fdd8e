"""What AWS can answer that callers act upon; everything else stays botocore's own error."""


class ObjectMissingError(Exception):
    """There is no object, or no multipart upload, of that name."""


class ObjectExistsError(Exception):
    """An object of that name is there already; it was not overwritten."""


class StorageUnavailableError(Exception):
    """S3 did not answer, or answered that it cannot right now; trying again later may help."""
