"""What is wrong with a record, and what to do about it, in words."""

from annotator.errors import InvalidVcfError
from annotator.header import FIXED_COLUMNS, PUT_TABS_BACK, separated_by_spaces
from annotator.quoting import excerpt
from annotator.wording import counted

_SORT = "Sort the file by contig and position, for example with 'bcftools sort'."


def column_name(number: int) -> str:
    """The name of a VCF column (1-based number), or the number itself where it has no fixed name."""
    return FIXED_COLUMNS[number - 1] if number <= len(FIXED_COLUMNS) else str(number)


def wrong_column_count(line: bytes, *, number: int, expected: int) -> InvalidVcfError:
    """The line's tabs are not as many as those of the #CHROM line: say why, as far as can be seen."""
    if not line.strip():
        return InvalidVcfError(
            "EMPTY_LINE", message="The line is empty.", advice="Remove empty lines from the file.", line=number
        )
    if line.startswith(b"#"):
        return header_after_records(line=number)
    if line.find(b"\r", 0, -1) >= 0:
        return carriage_return(line, number=number)
    found = line.count(b"\t") + 1
    spaces = separated_by_spaces(line)
    message = f"The line has {counted(found, 'column')}, but the #CHROM line has {expected}."
    return InvalidVcfError(
        "WRONG_COLUMN_COUNT",
        message="The columns of the line are separated by spaces instead of tabs." if spaces else message,
        advice=PUT_TABS_BACK if spaces else _advice_on_columns(found, expected=expected),
        line=number,
        column=column_name(min(found, expected) + 1),
    )


def header_after_records(*, line: int) -> InvalidVcfError:
    return InvalidVcfError(
        "HEADER_AFTER_RECORDS",
        message="A header line stands among the records.",
        advice="If two files were put together, join them with 'bcftools concat' instead.",
        line=line,
    )


def carriage_return(line: bytes, *, number: int) -> InvalidVcfError:
    return InvalidVcfError(
        "OLD_LINE_ENDS",
        message="The line holds a carriage return in its middle.",
        advice="Save the file with Unix line ends (LF), or export it again.",
        line=number,
        column=column_name(line.count(b"\t", 0, line.index(b"\r")) + 1),
    )


def nul_byte(start_of_line: bytes, *, line: int) -> InvalidVcfError:
    """`start_of_line` is what stands before the NUL byte in its line."""
    is_record = not start_of_line.startswith(b"#")
    return InvalidVcfError(
        "NUL_BYTE",
        message="The line holds a NUL byte, which no text file has.",
        advice="The file is damaged: export or copy it again.",
        line=line,
        column=column_name(start_of_line.count(b"\t") + 1) if is_record else None,
    )


def bad_position(text: bytes, *, line: int) -> InvalidVcfError:
    return InvalidVcfError(
        "BAD_POSITION",
        message=f"POS is '{excerpt(text)}'; it must be a whole number from 1 on." if text else "POS is empty.",
        advice="Positions in a VCF count from 1. Correct the line or export the file again.",
        line=line,
        column="POS",
    )


def unsorted(name: str, position: int, *, after: int, line: int) -> InvalidVcfError:
    return InvalidVcfError(
        "NOT_SORTED",
        message=f"{name}:{position} stands after {name}:{after}.",
        advice=_SORT,
        line=line,
        column="POS",
    )


def contig_in_two_blocks(name: bytes, *, first_name: bytes, line: int) -> InvalidVcfError:
    """`first_name` is what the same contig was called in its first block."""
    same = f" {excerpt(name)} and {excerpt(first_name)} are the same contig." if name != first_name else ""
    return InvalidVcfError(
        "CONTIG_IN_TWO_BLOCKS",
        message=f"The records of contig {excerpt(name)} stand in two blocks; the second begins here.{same}",
        advice=_SORT,
        line=line,
        column="CHROM",
    )


def unknown_contig(name: bytes, *, build: str | None, line: int) -> InvalidVcfError:
    """`build` is None when the reference is not known."""
    on = f", on {build}" if build else ""
    message = f"The contig '{excerpt(name)}' is not part of {build or 'any reference'}."
    return InvalidVcfError(
        "UNKNOWN_CONTIG",
        message=message if name else "CHROM is empty.",
        advice=f"Use names such as chr1 or 1, chrX or X, chrM or MT{on}.",
        line=line,
        column="CHROM",
    )


def too_many_contigs(limit: int, *, line: int) -> InvalidVcfError:
    return InvalidVcfError(
        "TOO_MANY_CONTIGS",
        message=f"The file has records on more than {counted(limit, 'contig')}.",
        advice="Keep the chromosomes only, or split the file by contig and send the parts.",
        line=line,
        column="CHROM",
    )


def bad_ref(ref: bytes, *, line: int) -> InvalidVcfError:
    return InvalidVcfError(
        "BAD_REF",
        message=f"REF is '{excerpt(ref)}'; it must be made of A, C, G, T and N." if ref else "REF is empty.",
        advice="Write the reference bases alone; an insertion or deletion is written with the base before it.",
        line=line,
        column="REF",
    )


def past_contig_end(
    position: int, *, length_of_ref: int, contig: str, length: int | None, line: int
) -> InvalidVcfError:
    """`length` is None when the contig's is not known, but no contig at all is that long."""
    reach = f" and REF has {length_of_ref:,} bases" if length_of_ref > 1 else ""
    end = f"contig {contig} has {counted(length, 'base')}" if length else "no contig is that long"
    return InvalidVcfError(
        "PAST_CONTIG_END",
        message=f"POS is {position:,}{reach}, but {end}.",
        advice="The file was probably made on another genome build: check which one, and lift it over if so.",
        line=line,
        column="POS",
    )


def reaches_too_far(key: bytes, number: bytes, *, column: str, line: int) -> InvalidVcfError:
    return InvalidVcfError(
        "BAD_END",
        message=f"{excerpt(key)} is '{excerpt(number)}': the record would end beyond every chromosome.",
        advice="Correct the end or the length of the variant, or export the file again.",
        line=line,
        column=column,
    )


def too_many_alleles(alt: bytes, *, length_of_ref: int, line: int) -> InvalidVcfError:
    return InvalidVcfError(
        "TOO_MANY_ALLELES",
        message=(
            f"The record has {counted(alt.count(b',') + 1, 'ALT allele')} and a REF of "
            f"{counted(length_of_ref, 'base')}: too much to compare."
        ),
        advice="Split the record, for example with 'bcftools norm -m -any'.",
        line=line,
        column="ALT",
    )


def _advice_on_columns(found: int, *, expected: int) -> str:
    if found < expected:
        return "The line was cut off or edited: export the file again."
    if expected > len(FIXED_COLUMNS):
        return "Name every sample in the #CHROM line, or remove the surplus column."
    return "Name FORMAT and the samples in the #CHROM line, or remove the surplus columns."
