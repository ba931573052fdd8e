"""Files that labs send by mistake, or on purpose: each with what a person must be told about it.

Tests of the annotator, of uploads and of pages use the same ones.
"""

from tests.annotator.bad_files.content import NOT_A_VCF
from tests.annotator.bad_files.fine import FINE_FILES
from tests.annotator.bad_files.headers import BUILDS, HEADERS
from tests.annotator.bad_files.packing import COMPRESSED, LARGE
from tests.annotator.bad_files.records import RECORDS
from tests.annotator.bad_files.shape import BadFile, FineFile

BAD_FILES = (*NOT_A_VCF, *HEADERS, *BUILDS, *RECORDS, *COMPRESSED)  # small ones; LARGE ones take seconds

__all__ = ["BAD_FILES", "FINE_FILES", "LARGE", "BadFile", "FineFile"]
