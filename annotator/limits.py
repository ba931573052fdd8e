"""How much an annotation, and the first look before it, may read and write before it is refused."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one annotation; every one of them is checked while the data flows, never after."""

    max_records: int = 20_000_000
    max_line_bytes: int = 16 * 1024 * 1024
    max_header_bytes: int = 64 * 1024 * 1024
    max_header_lines: int = 200_000
    max_samples: int = 1_000_000
    max_contigs: int = 10_000  # GRCh38 with every alternate, decoy and HLA sequence has fewer than 4,500
    max_contig_name_bytes: int = 255
    max_allele_bytes: int = 64 * 1024 * 1024  # of one record: REF, once for each ALT allele that is compared with it
    max_uncompressed_bytes: int = 200 * 1024**3
    max_output_bytes: int = 100 * 1024**3
    max_compression_ratio: int = 500
    ratio_from_bytes: int = 64 * 1024 * 1024  # uncompressed; below it a file may be as repetitive as it likes
    max_blame_bytes: int = 1024**3  # uncompressed; read behind a fault to see whether the compression is damaged
    max_bad_lines: int = 1_000  # that go to the ledger instead of refusing the file, where that is asked for
    max_rejected_share: float = 0.10
    min_compared_records: int = 20  # fewer say nothing about the genome build
    hopeless_share: float = 0.50  # of rejected records: the rest of the file is not waited for
    hopeless_from_records: int = 1_000  # that were compared
    max_listed_rejections: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadLimits:
    """Bounds of the first look at an upload; what lies beyond them is the engine's to check."""

    file_bytes: int = 256 * 1024
    text_bytes: int = 1024 * 1024  # decompressed
    header_lines: int = 10_000
    samples: int = 100_000
    blame_bytes: int = 64 * 1024 * 1024  # as max_blame_bytes


DEFAULT_LIMITS = Limits()
HEAD_LIMITS = HeadLimits()
