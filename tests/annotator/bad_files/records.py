"""Records that refuse their file."""

from tests.annotator.bad_files.shape import GOOD, BadFile
from tests.annotator.vcf import COLUMN_LINE, HEADER, record

SAMPLES_HEADER = HEADER.replace("INFO\n", "INFO\tFORMAT\tone\ttwo\n")
SORT = "Sort the file by contig and position, for example with 'bcftools sort'."
CUT_LINE = "The line was cut off or edited: export the file again."
COUNT_FROM_1 = "Positions in a VCF count from 1. Correct the line or export the file again."
OTHER_BUILD = "The file was probably made on another genome build: check which one, and lift it over if so."
CONTIG_NAMES = "Use names such as chr1 or 1, chrX or X, chrM or MT, on GRCh38."
BARE_REF = "Write the reference bases alone; an insertion or deletion is written with the base before it."


def _in_record(
    name: str, lines: str, code: str, column: str | None, message: str, advice: str, *, header: str = HEADER
) -> BadFile:
    """The fault stands in the last of `lines`, which follow the header and one good record of chr1:1000."""
    text = header + (GOOD if header == HEADER else GOOD.rstrip("\n") + "\tGT\t0/1\t1/1\n") + lines
    return BadFile(
        name=name,
        build=text.encode,
        code=code,
        message=message,
        advice=advice,
        line=4 + max(1, lines.count("\n")),
        column=column,
    )


_POSITION = "it must be a whole number from 1 on."
_BASES = "it must be made of A, C, G, T and N."
RECORDS = (
    _in_record(
        "too few columns",
        "chr1\t1001\t.\tA\tG\n",
        "WRONG_COLUMN_COUNT",
        "QUAL",
        "The line has 5 columns, but the #CHROM line has 8.",
        CUT_LINE,
    ),
    _in_record(
        "spaces for tabs",
        "chr1 1001 . A G . . .\n",
        "WRONG_COLUMN_COUNT",
        "POS",
        "The columns of the line are separated by spaces instead of tabs.",
        "Copying the text or an editor may have done this. Send the original, or put tabs back in every line.",
    ),
    _in_record(
        "sample column missing",
        "chr1\t1001\t.\tA\tG\t.\t.\t.\tGT\t0/1\n",
        "WRONG_COLUMN_COUNT",
        "11",
        "The line has 10 columns, but the #CHROM line has 11.",
        CUT_LINE,
        header=SAMPLES_HEADER,
    ),
    _in_record(
        "extra sample column",
        "chr1\t1001\t.\tA\tG\t.\t.\t.\tGT\t0/1\t0/0\t1/1\n",
        "WRONG_COLUMN_COUNT",
        "12",
        "The line has 12 columns, but the #CHROM line has 11.",
        "Name every sample in the #CHROM line, or remove the surplus column.",
        header=SAMPLES_HEADER,
    ),
    _in_record(
        "samples that the header does not name",
        "chr1\t1001\t.\tA\tG\t.\t.\t.\tGT\t0/1\n",
        "WRONG_COLUMN_COUNT",
        "9",
        "The line has 10 columns, but the #CHROM line has 8.",
        "Name FORMAT and the samples in the #CHROM line, or remove the surplus columns.",
    ),
    _in_record("empty line", "\n", "EMPTY_LINE", None, "The line is empty.", "Remove empty lines from the file."),
    _in_record(
        "header among the records",
        "##fileformat=VCFv4.2\n",
        "HEADER_AFTER_RECORDS",
        None,
        "A header line stands among the records.",
        "If two files were put together, join them with 'bcftools concat' instead.",
    ),
    _in_record(
        "#CHROM line among the records",
        COLUMN_LINE + "\n",
        "HEADER_AFTER_RECORDS",
        None,
        "A header line stands among the records.",
        "If two files were put together, join them with 'bcftools concat' instead.",
    ),
    _in_record(
        "CR within a line",
        "chr1\t1001\t.\tA\tG\t.\t.\t.\rchr1\t1002\t.\tA\tG\t.\t.\t.\n",
        "OLD_LINE_ENDS",
        "INFO",
        "The line holds a carriage return in its middle.",
        "Save the file with Unix line ends (LF), or export it again.",
    ),
    _in_record(
        "CR within a column",
        record("chr1", 1001, "A", "G", info="DP=1\r;AF=1"),
        "OLD_LINE_ENDS",
        "INFO",
        "The line holds a carriage return in its middle.",
        "Save the file with Unix line ends (LF), or export it again.",
    ),
    _in_record(
        "NUL in a record",
        "chr1\t1001\t.\tA\tG\t.\t.\ta\0b\n",
        "NUL_BYTE",
        "INFO",
        "The line holds a NUL byte, which no text file has.",
        "The file is damaged: export or copy it again.",
    ),
    _in_record(
        "POS not a number",
        record("chr1", "1e3", "A", "G"),
        "BAD_POSITION",
        "POS",
        f"POS is '1e3'; {_POSITION}",
        COUNT_FROM_1,
    ),
    _in_record("POS empty", record("chr1", "", "A", "G"), "BAD_POSITION", "POS", "POS is empty.", COUNT_FROM_1),
    _in_record("POS 0", record("chr1", 0, "A", "G"), "BAD_POSITION", "POS", f"POS is '0'; {_POSITION}", COUNT_FROM_1),
    _in_record(
        "POS negative", record("chr1", -5, "A", "G"), "BAD_POSITION", "POS", f"POS is '-5'; {_POSITION}", COUNT_FROM_1
    ),
    _in_record(
        "POS past the contig",
        record("chr1", 248_956_423, "A", "G"),
        "PAST_CONTIG_END",
        "POS",
        "POS is 248,956,423, but contig chr1 has 248,956,422 bases.",
        OTHER_BUILD,
    ),
    _in_record(
        "REF past the contig",
        record("chr1", 248_956_422, "AC", "G"),
        "PAST_CONTIG_END",
        "POS",
        "POS is 248,956,422 and REF has 2 bases, but contig chr1 has 248,956,422 bases.",
        OTHER_BUILD,
    ),
    _in_record(
        "END beyond every chromosome",
        record("chr1", 1001, "A", "<DEL>", info="SVTYPE=DEL;END=99999999999"),
        "BAD_END",
        "INFO",
        "END is '99999999999': the record would end beyond every chromosome.",
        "Correct the end or the length of the variant, or export the file again.",
    ),
    _in_record(
        "LEN beyond every chromosome",
        "chr1\t1001\t.\tA\t<*>\t.\t.\t.\tGT:LEN\t0/0:10\t0/0:600000000\n",
        "BAD_END",
        "11",
        "LEN is '600000000': the record would end beyond every chromosome.",
        "Correct the end or the length of the variant, or export the file again.",
        header=SAMPLES_HEADER,
    ),
    _in_record(
        "POS past everything on an auxiliary contig",
        record("chrUn_KI270302v1", 600_000_000, "A", "G"),
        "PAST_CONTIG_END",
        "POS",
        "POS is 600,000,000, but no contig is that long.",
        OTHER_BUILD,
    ),
    _in_record(
        "unknown contig",
        record("chr99", 5, "A", "G"),
        "UNKNOWN_CONTIG",
        "CHROM",
        "The contig 'chr99' is not part of GRCh38.",
        CONTIG_NAMES,
    ),
    _in_record("no contig", record("", 5, "A", "G"), "UNKNOWN_CONTIG", "CHROM", "CHROM is empty.", CONTIG_NAMES),
    _in_record("REF A/G", record("chr1", 1001, "A/G", "G"), "BAD_REF", "REF", f"REF is 'A/G'; {_BASES}", BARE_REF),
    _in_record("REF empty", record("chr1", 1001, "", "G"), "BAD_REF", "REF", "REF is empty.", BARE_REF),
    _in_record("REF .", record("chr1", 1001, ".", "G"), "BAD_REF", "REF", f"REF is '.'; {_BASES}", BARE_REF),
    _in_record(
        "unsorted", record("chr1", 999, "A", "G"), "NOT_SORTED", "POS", "chr1:999 stands after chr1:1000.", SORT
    ),
    _in_record(
        "contig in two blocks",
        record("chr2", 5, "A", "G") + record("chr1", 2000, "A", "G"),
        "CONTIG_IN_TWO_BLOCKS",
        "CHROM",
        "The records of contig chr1 stand in two blocks; the second begins here.",
        SORT,
    ),
    _in_record(
        "contig under two names",
        record("1", 2000, "A", "G"),
        "CONTIG_IN_TWO_BLOCKS",
        "CHROM",
        "The records of contig 1 stand in two blocks; the second begins here. 1 and chr1 are the same contig.",
        SORT,
    ),
)
