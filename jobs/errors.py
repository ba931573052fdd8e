"""What can go wrong with a job. A UserError is shown as it stands; everything else is ours."""

from dataclasses import dataclass

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
    missing: tuple[int, ...] = ()  # numbers of the parts that have not arrived, where that is the reason


class NotPossibleNowError(UserError):
    """The job's status does not allow what was asked."""

    status = 409

    @classmethod
    def of(cls, name: str, *, status: str) -> "NotPossibleNowError":
        """This function will say so of the job called `name`; `status` is in people's words."""
        return cls(
            f"{name} is {status.lower()}: that cannot be done now.",
            code="NOT_POSSIBLE_NOW",
            advice="Reload the page to see where the job stands.",
        )


class PostponementRefusedError(UserError):
    """The result cannot be kept hot until then."""

    status = 422


class ResultRestsError(UserError):
    """The file is not in the results bucket: it rests in the archive, or is on its way back."""

    status = 409


class StaleJobError(Exception):
    """The row is no longer as the caller knew it: somebody else moved the job."""


class LeaseLostError(Exception):
    """The job no longer belongs to this attempt: stop, and leave no trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job has failed, in words for its lab, with a code for programs."""

    code: str
    message: str
    advice: str
    line: int | None = None  # 1-based; None: not about one line
    column: str = ""  # name or 1-based number; empty: not about one column


class AnnotationFailedError(Exception):
    """The annotator refused the input."""

    def __init__(self, failed: progress.Failed) -> None:
        super().__init__(failed.message)
        self.failure = Failure(
            code=failed.code,
            message=failed.message,
            advice=failed.advice,
            line=failed.line,
            column=failed.column or "",
        )


class LimitExceededError(Exception):
    """The annotation needed more than one job may use."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        advice = "Split the file, for example by chromosome, and upload the parts."
        self.failure = Failure(code=code, message=message, advice=advice)


class AnnotatorCrashedError(Exception):
    """The annotator ended without a word, or with a fault of its own."""
