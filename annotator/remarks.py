"""What is unusual about a file, but no fault: sentences for its log and summary."""

from collections.abc import Iterator

from annotator.fields import FieldNames
from annotator.ledger import Ledger
from annotator.reading import VcfReader
from annotator.wording import counted


def remarks(reader: VcfReader, *, names: FieldNames, ledger: Ledger, build: str) -> Iterator[str]:
    """This function will give the remarks on a file that has been read to its end, with a reference of `build`."""
    for own, name in names.renamed.items():
        yield f"The input has an INFO field {own} of its own; ours is called {name}."
    if reader.has_byte_order_mark:
        yield "The file begins with a byte order mark; the result is written without it."
    if reader.header.build is None:
        yield f"The header does not name the genome build; {build} was assumed."
    if not ledger.records_read:
        yield "The file has a header, but no records."
    if ledger.bad_lines:
        were = "is no record and was" if ledger.bad_lines == 1 else "are no records and were"
        yield f"{counted(ledger.bad_lines, 'line')} {were} left out of the result; see the ledger."
    blocks = ledger.passed["REFERENCE_BLOCK"]
    if blocks:
        were = "was" if blocks == 1 else "were"
        yield f"This is a gVCF: {counted(blocks, 'block')} of reference calls {were} passed through unchanged."
    cuts = ledger.notes["HAPLOTYPES_CUT"]
    if cuts:
        places = "one place" if cuts == 1 else f"{cuts:,} places"
        yield f"Variants of a coding sequence were not judged together across {places}: there are too many of them."
    left_out = ledger.notes["FIELD_LEFT_OUT"]
    if left_out:
        hold = "holds" if left_out == 1 else "hold"
        yield f"{counted(left_out, 'record')} {hold} an undeclared INFO key of ours; it was left out there."
