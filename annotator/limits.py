"""How much an annotation may read and write before it is refused."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one annotation; every one of them is checked while the data flows, never after."""

    max_records: int = 20_000_000
    max_line_bytes: int = 16 * 1024 * 1024
    max_header_bytes: int = 64 * 1024 * 1024
    max_header_lines: int = 1_000_000
    max_samples: int = 1_000_000
    max_allele_bytes: int = 64 * 1024 * 1024  # of one record: REF, once for each ALT allele that is compared with it
    max_uncompressed_bytes: int = 200 * 1024**3
    max_output_bytes: int = 100 * 1024**3
    max_compression_ratio: int = 500
    ratio_from_bytes: int = 64 * 1024 * 1024  # uncompressed; below it a file may be as repetitive as it likes
    max_rejected_share: float = 0.10
    max_listed_rejections: int = 1_000


DEFAULT_LIMITS = Limits()
