"""What AWS can answer that callers act upon; everything else stays botocore's own error."""


class ObjectMissingError(Exception):
    """There is no object, or no multipart upload, of that name."""


class ObjectExistsError(Exception):
    """An object of that name is there already; it was not overwritten."""
