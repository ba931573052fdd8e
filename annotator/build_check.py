"""Does a file belong to the genome build of the reference? Its header is asked first, then its REF bases."""

from annotator.contigs import ContigTable
from annotator.errors import InvalidVcfError
from annotator.header import VcfHeader
from annotator.ledger import Ledger, Rejection
from annotator.likely_build import likely_build
from annotator.limits import Limits
from annotator.quoting import excerpt
from annotator.reference import Reference
from annotator.wording import counted


def check_build(header: VcfHeader, *, contigs: ContigTable) -> None:
    """This function will refuse a header that belongs to another build, by its contigs' lengths or its own words.

    A header that does not say is taken; the records then tell.
    """
    build = contigs.build
    advice = f"Send the file on {build}, or lift it over first, for example with Picard's LiftoverVcf."
    for declared in header.contigs:
        contig = contigs.find(declared.name)
        if contig is not None and declared.length is not None and declared.length != contig.length:
            other = f" It looks like {header.build}." if header.build and header.build != build else ""
            raise InvalidVcfError(
                "WRONG_BUILD",
                message=(
                    f"The header says that {excerpt(declared.name)} has {counted(declared.length, 'base')}; "
                    f"in {build} it has {contig.length:,}.{other}"
                ),
                advice=advice,
                line=declared.line,
            )
    if header.build is not None and header.build != build:
        raise InvalidVcfError(
            "WRONG_BUILD",
            message=f"The header says that the file is on {header.build}, not on {build}.",
            advice=advice,
        )


class BuildWatch:
    """Watches, block by block, whether records contradict the reference too often to trust the rest."""

    def __init__(self, *, reference: Reference, limits: Limits) -> None:
        self._reference = reference
        self._build = reference.manifest.build
        self._limits = limits
        self._first: Rejection | None = None  # None: nothing contradicts yet
        self._text = b""  # the lines around it

    def take(self, text: bytes, *, first: Rejection | None, ledger: Ledger) -> None:
        """Take the lines of a block, the first of them whose REF differs, and the ledger up to its end.

        Refuses the file when the rest need not be waited for.
        """
        if self._first is None and first is not None:
            self._first, self._text = first, text
        mismatches, compared = _counts(ledger)
        if compared >= self._limits.hopeless_from_records and mismatches > compared * self._limits.hopeless_share:
            raise self._refusal(mismatches, f"the first {counted(compared, 'record')}")

    def finish(self, ledger: Ledger) -> str:
        """This function will refuse a file whose records contradict the reference; or give a warning, or nothing.

        Few compared records say nothing about the build of the others, unless nothing else is left of the file.
        """
        mismatches, compared = _counts(ledger)
        if self._first is None or mismatches <= compared * self._limits.max_rejected_share:
            return ""
        if compared >= self._limits.min_compared_records or not ledger.annotated:
            raise self._refusal(mismatches, counted(compared, "record"))
        return (
            f"REF differs from the reference sequence in {mismatches:,} of the {counted(compared, 'record')} that "
            f"could be compared, too few to judge the genome build by: check that the file was made on {self._build}."
        )

    def explained(self, fault: InvalidVcfError, *, text: bytes) -> InvalidVcfError:
        """The fault of a line among `text`, or the wrong build that is behind it."""
        build = likely_build(text, used=self._reference) if fault.code == "PAST_CONTIG_END" else None
        if build is None:
            return fault
        return self._wrong_build(build, said=fault.message, line=fault.line, column=fault.column)

    def _refusal(self, mismatches: int, compared: str) -> InvalidVcfError:
        first, build = self._first, self._build
        assert first is not None
        said = (
            f"REF differs from the {build} sequence in {mismatches:,} of {compared} that could be compared; "
            f"the first is {first.contig}:{first.position}, where {first.detail}."
        )
        other = likely_build(self._text, used=self._reference)
        if other is not None:
            return self._wrong_build(other, said=said, line=first.line, column="REF")
        return InvalidVcfError(
            "REF_MISMATCH",
            message=said,
            advice=(
                f"Check that the file was made on {build}: if it was made on another genome build, lift it over first. "
                "If it was, correct these records."
            ),
            line=first.line,
            column="REF",
        )

    def _wrong_build(self, build: str, *, said: str, line: int | None, column: str | None) -> InvalidVcfError:
        return InvalidVcfError(
            "WRONG_BUILD",
            message=f"{said} The file looks like {build}.",
            advice=(
                f"If it is, say so in its header, with the line '##reference={build}', and have it annotated with a "
                f"reference of {build}; or lift it over to {self._build}."
            ),
            line=line,
            column=column,
        )


def _counts(ledger: Ledger) -> tuple[int, int]:
    """Records whose REF differs, and all whose REF could be compared."""
    mismatches = ledger.rejected["REF_MISMATCH"]
    return mismatches, mismatches + ledger.verified
