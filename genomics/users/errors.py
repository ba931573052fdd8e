"""What a lab may refuse."""


class LabRefusedError(Exception):
    """Something that the person can mend: the message says what is wrong and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class LastOwnerError(LabRefusedError):
    """A lab always has an owner."""


class TooManyLabsError(LabRefusedError):
    """The user owns as many labs as one may."""
