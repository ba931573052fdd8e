"""What can go wrong with a job. A UserError is shown as it stands; everything else is ours."""

from annotator import progress
from annotator.errors import InvalidVcfError


class UserError(Exception):
    """Something that the person can mend: what happened, what to do next, and a stable code for programs."""

    status = 400

    def __init__(
        self, message: str, *, code: str, advice: str = "", line: int | None = None, column: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.advice = advice
        self.line = line  # 1-based; None: not about one line
        self.column = column  # name or 1-based number; None: not about one column


class UploadTooLargeError(UserError):
    status = 413


class UploadRefusedError(UserError):
    """The file is not what we can annotate."""

    status = 422

    @classmethod
    def of(cls, error: InvalidVcfError) -> "UploadRefusedError":
        column = None if error.column is None else str(error.column)
        return cls(error.message, code=error.code, advice=error.advice, line=error.line, column=column)


class UploadIncompleteError(UserError):
    status = 409


class NotPossibleNowError(UserError):
    """The job's status does not allow what was asked."""

    status = 409


class StaleJobError(Exception):
    """The row is no longer as the caller knew it: somebody else moved the job."""


class LeaseLostError(Exception):
    """The job no longer belongs to this attempt: stop, and leave no trace."""


class AnnotationFailedError(Exception):
    """The annotator refused the input: what it said is for the person."""

    def __init__(self, failure: progress.Failed) -> None:
        super().__init__(failure.message)
        self.failure = failure


class LimitExceededError(Exception):
    """The annotation needed more than one job may use; the message is for the person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class AnnotatorCrashedError(Exception):
    """The annotator ended without a word, or with a fault of its own."""
