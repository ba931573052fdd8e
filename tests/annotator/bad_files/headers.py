"""Headers that are refused."""

from tests.annotator.bad_files.shape import (
    BUILD_ADVICE,
    GOOD,
    UNIX_ENDS,
    BadFile,
    header_with,
    right_bases,
    wrong_bases,
)
from tests.annotator.vcf import COLUMN_LINE, HEADER, record


def _in_header(
    name: str, text: str, code: str, line: int | None, column: str | None, message: str, advice: str
) -> BadFile:
    return BadFile(name=name, build=text.encode, code=code, message=message, advice=advice, line=line, column=column)


HEADERS = (
    _in_header(
        "no header",
        GOOD,
        "NO_HEADER",
        1,
        None,
        "The file begins with a record; its header is missing.",
        "Put the header back: the lines with ##, then the line with #CHROM, before the first record.",
    ),
    _in_header(
        "no ##fileformat",
        COLUMN_LINE + "\n" + GOOD,
        "NO_FILEFORMAT",
        1,
        None,
        "The file does not begin with ##fileformat=VCFv4.x.",
        "Put '##fileformat=VCFv4.2' as the very first line, before anything else.",
    ),
    _in_header(
        "no #CHROM line",
        "##fileformat=VCFv4.2\n" + GOOD,
        "NO_CHROM_LINE",
        2,
        None,
        "The header ends without the line that starts with #CHROM.",
        "Put the line '#CHROM POS ID REF ALT QUAL FILTER INFO', separated by tabs, before the records.",
    ),
    _in_header(
        "header cut off",
        "##fileformat=VCFv4.2\n##x=y\n",
        "NO_CHROM_LINE",
        2,
        None,
        "The file ends before the line that starts with #CHROM.",
        "The file looks cut off: export or copy it again.",
    ),
    _in_header(
        "unknown version",
        "##fileformat=VCFv3.3\n" + COLUMN_LINE + "\n",
        "UNSUPPORTED_VERSION",
        1,
        None,
        "The file says its format is 'VCFv3.3'; VCFv4.0 to VCFv4.5 are understood.",
        "Export or convert the file as VCF 4.2.",
    ),
    _in_header(
        "spaces for tabs in #CHROM",
        "##fileformat=VCFv4.2\n" + COLUMN_LINE.replace("\t", " ") + "\n",
        "BAD_COLUMNS",
        2,
        "CHROM",
        "The columns of the #CHROM line are separated by spaces instead of tabs.",
        "Copying the text or an editor may have done this. Send the original, or put tabs back in every line.",
    ),
    _in_header(
        "column missing in #CHROM",
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tALT\n",
        "BAD_COLUMNS",
        2,
        "REF",
        "Column 4 of the #CHROM line must be REF, but is 'ALT'.",
        "Write the #CHROM line with the eight fixed columns, separated by single tabs.",
    ),
    _in_header(
        "samples without FORMAT",
        "##fileformat=VCFv4.2\n" + COLUMN_LINE + "\tone\ttwo\n",
        "BAD_COLUMNS",
        2,
        "FORMAT",
        "Column 9 of the #CHROM line must be FORMAT when samples follow.",
        "Put FORMAT between INFO and the first sample.",
    ),
    _in_header(
        "duplicate samples",
        "##fileformat=VCFv4.2\n" + COLUMN_LINE + "\tFORMAT\tone\ttwo\tone\n",
        "DUPLICATE_SAMPLE",
        2,
        "12",
        "The sample 'one' stands twice in the #CHROM line.",
        "Give every sample a name of its own.",
    ),
    _in_header(
        "sample without a name",
        "##fileformat=VCFv4.2\n" + COLUMN_LINE + "\tFORMAT\tone\t\n",
        "EMPTY_SAMPLE",
        2,
        "11",
        "Column 11 of the #CHROM line is empty: a sample has no name.",
        "Give every sample a name, or remove a surplus tab.",
    ),
    _in_header(
        "CR-only",
        (HEADER + GOOD).replace("\n", "\r"),
        "OLD_LINE_ENDS",
        None,
        None,
        "The lines end with a carriage return only, as on old Macintosh systems.",
        UNIX_ENDS,
    ),
    _in_header(
        "NUL in the header",
        header_with("##note=a\0b"),
        "NUL_BYTE",
        2,
        None,
        "The line holds a NUL byte, which no text file has.",
        "The file is damaged: export or copy it again.",
    ),
)

BUILDS = (
    _in_header(
        "wrong build by contig lengths",
        header_with("##contig=<ID=chr1,length=249250621>"),
        "WRONG_BUILD",
        2,
        None,
        "The header says that chr1 has 249,250,621 bases; in GRCh38 it has 248,956,422. It looks like GRCh37.",
        BUILD_ADVICE,
    ),
    _in_header(
        "contig length of no build",
        header_with("##contig=<ID=chr1,length=12345>"),
        "WRONG_BUILD",
        2,
        None,
        "The header says that chr1 has 12,345 bases; in GRCh38 it has 248,956,422.",
        BUILD_ADVICE,
    ),
    _in_header(
        "wrong build by ##reference",
        header_with("##reference=file:///data/hs37d5.fa"),
        "WRONG_BUILD",
        None,
        None,
        "The header says that the file is on GRCh37, not on GRCh38.",
        BUILD_ADVICE,
    ),
    _in_header(
        "wrong build by position",
        header_with("##x=y", records=record("1", 249_250_000, "A", "G")),
        "PAST_CONTIG_END",
        4,
        "POS",
        "POS is 249,250,000, but contig 1 has 248,956,422 bases.",
        "The file was probably made on another genome build: check which one, and lift it over if so.",
    ),
    BadFile(
        name="wrong build by REF",
        build=header_with("##x=y", records=right_bases(3_300, 18) + wrong_bases(3_400, 3)).encode,
        code="REF_MISMATCH",
        message=(
            "REF differs from the GRCh38 sequence in 3 of 21 records that could be compared; the first is MT:3400, "
            "where the file says 'T' and the reference has 'C'."
        ),
        advice=(
            "Check that the file was made on GRCh38: if it was made on another genome build, lift it over first. "
            "If it was, correct these records."
        ),
        line=22,
        column="REF",
        in_head=False,
    ),
)
