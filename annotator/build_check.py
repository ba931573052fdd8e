"""Does a file belong to the genome build of the reference? Its header is asked first, then its REF bases."""

from annotator.contigs import ContigTable
from annotator.errors import InvalidVcfError
from annotator.header import VcfHeader
from annotator.ledger import Ledger, Rejection
from annotator.limits import Limits
from annotator.quoting import excerpt
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


def check_mismatches(ledger: Ledger, *, first: Rejection | None, build: str, limits: Limits) -> str:
    """This function will refuse a file whose records contradict the reference too often to trust the rest.

    Few compared records say nothing about the build of the others, unless nothing else is left of the file; then a
    warning is given. It is empty where there is nothing to say.
    """
    mismatches = ledger.rejected["REF_MISMATCH"]
    compared = mismatches + ledger.verified
    if first is None or mismatches <= compared * limits.max_rejected_share:
        return ""
    if compared >= limits.min_compared_records or not ledger.annotated:
        raise _many_mismatches(mismatches, compared, first=first, build=build)
    return (
        f"REF differs from the reference sequence in {mismatches:,} of the {counted(compared, 'record')} that could "
        f"be compared, too few to judge the genome build by: check that the file was made on {build}."
    )


def _many_mismatches(mismatches: int, compared: int, *, first: Rejection, build: str) -> InvalidVcfError:
    return InvalidVcfError(
        "REF_MISMATCH",
        message=(
            f"REF differs from the {build} sequence in {mismatches:,} of {counted(compared, 'record')} that could be "
            f"compared; the first is {first.contig}:{first.position}, where {first.detail}."
        ),
        advice=(
            f"Check that the file was made on {build}: if it was made on another genome build, lift it over first. "
            "If it was, correct these records."
        ),
        line=first.line,
        column="REF",
    )
