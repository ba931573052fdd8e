"""What can go wrong: the lab's file (`InvalidVcfError`), the reference folder, or the engine itself."""

from typing import Any

from annotator.quoting import visible


class AnnotatorError(Exception):
    """Base of everything this package raises on purpose."""


class InvalidVcfError(AnnotatorError):
    """The input cannot be annotated, and the person who sent it can do something about that.

    `code` is stable, for machines. `message` says what happened and `advice` what to do; both are fit to show:
    whatever a message quotes, nothing in it is invisible. The place is told by `line` and `column` alone.
    `line` is the 1-based line of the file, `column` the VCF column's name (or its 1-based number beyond INFO).
    """

    def __init__(
        self,
        code: str,
        *,
        message: str,
        advice: str,
        line: int | None = None,
        column: str | None = None,
    ) -> None:
        super().__init__(code, visible(message), visible(advice), line, column)
        self.code = code
        self.message = visible(message)
        self.advice = visible(advice)
        self.line = line  # None: the fault belongs to the whole file
        self.column = None if column is None else visible(column)  # None: the fault belongs to the whole line

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.code, self.message, self.advice, self.line, self.column)

    def __str__(self) -> str:
        place = f"Line {self.line}" if self.line is not None else ""
        if self.column is not None:
            place = f"{place}, column {self.column}" if place else f"Column {self.column}"
        sentence = f"{place}: {self.message}" if place else self.message
        return f"{sentence} {self.advice}"


def _rebuild(code: str, message: str, advice: str, line: int | None, column: str | None) -> InvalidVcfError:
    return InvalidVcfError(code, message=message, advice=advice, line=line, column=column)


class InvalidReferenceError(AnnotatorError):
    """The reference folder is incomplete, damaged or made for another engine."""


class EngineError(AnnotatorError):
    """A stage of the engine failed although the input was accepted: our fault, never the lab's."""


class WorkerLostError(EngineError):
    """A process that shared the work ended before its time; `exit_code` is -24 when signal 24 has ended it."""

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(f"A worker process ended before its time, with {exit_code}.")


class InvalidManifestError(AnnotatorError):
    """A result's manifest is damaged, or made by another version of the engine."""
