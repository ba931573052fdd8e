"""The rows of GFF3 files, put aside by contig: in whatever order they come, one contig at a time fits in memory."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from annotator.building.opening import Listener, open_source
from annotator.errors import InvalidReferenceError
from annotator.manifest import Contig
from annotator.quoting import excerpt

Attributes = dict[str, str]

_COLUMNS = 9
_FLUSH_BYTES = 1 << 24
# Kinds that say nothing of a transcript; leaving them out here only saves time.
_IGNORED = frozenset(
    b"""biological_region chromosome scaffold supercontig contig region sequence_feature match cDNA_match EST_match
    protein_match match_part enhancer silencer promoter five_prime_UTR three_prime_UTR UTR start_codon intron CpG_island
    """.split()
)
_PARENT = re.compile(rb"(?:^|;)\s*Parent=([^;]*)")
_GTF = re.compile(rb'\b(?:gene|transcript)_id "')


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row; coordinates are 1-based and include both ends."""

    file: str
    line: int
    kind: str
    start: int
    end: int
    strand: str
    phase: str
    text: bytes  # the attributes

    @property
    def parents(self) -> list[str]:
        """Identifiers of the rows that this one is a part of."""
        match = _PARENT.search(self.text)
        return [unquote(name) for name in match[1].decode().split(",")] if match else []

    @property
    def attributes(self) -> Attributes:
        """All attributes; values stay percent-encoded, because commas in them separate."""
        items = (item.strip().partition("=") for item in self.text.decode().split(";"))
        return {name: value for name, separator, value in items if separator}

    def fault(self, text: str) -> InvalidReferenceError:
        """The error that tells of this row."""
        return InvalidReferenceError(f"{self.file}, line {self.line}: {text}.")


class RowsByContig:
    """The rows of one or more GFF3 files, kept in a folder until their contig's turn comes."""

    def __init__(self, folder: Path, *, find: Callable[[str], Contig | None]) -> None:
        self._folder = folder
        self._find = find
        self._waiting: dict[str, list[bytes]] = defaultdict(list)
        self._waiting_bytes = 0
        self._numbers: dict[str, int] = {}
        self._files: list[Path] = []
        self.without_sequence: Counter[str] = Counter()  # rows by name of their contig

    def add(self, path: Path, *, progress: Listener = lambda _: None) -> None:
        """Read one file; raises InvalidReferenceError, with the line, when it is not GFF3."""
        file_number = len(self._files)
        self._files.append(path)
        contigs: dict[bytes, Contig | None] = {}
        rows = 0
        with open_source(path, progress=progress) as stream:
            for number, line in enumerate(stream, start=1):
                if line.startswith(b"##FASTA"):
                    break
                if line.startswith(b"#") or not line.strip():
                    continue
                cells = line.split(b"\t", 3)
                if len(cells) != 4 or line.count(b"\t") != _COLUMNS - 1:
                    raise _no_gff3(path, line=line, number=number)
                rows += 1
                if cells[2] in _IGNORED:
                    continue
                if cells[0] not in contigs:
                    contigs[cells[0]] = self._find(unquote(cells[0].decode(errors="replace")))
                contig = contigs[cells[0]]
                if contig is None:
                    self.without_sequence[cells[0].decode(errors="replace")] += 1
                else:
                    self._put(contig.name, b"%d\t%d\t%s\t%s" % (file_number, number, cells[2], cells[3]))
        self._flush()
        if not rows:
            raise InvalidReferenceError(f"{path} holds no rows; GFF3 with gene models is needed.")

    @property
    def contigs(self) -> list[str]:
        """Names of the contigs that have rows, in the order of their first."""
        return list(self._numbers)

    def rows(self, contig: Contig) -> Iterator[Row]:
        """The rows of one contig, checked; raises InvalidReferenceError, with the line, for one that is not sound."""
        with self._place(contig.name).open("rb") as stream:
            for line in stream:
                yield _row(line, files=self._files)

    def _put(self, contig: str, line: bytes) -> None:
        self._numbers.setdefault(contig, len(self._numbers))
        self._waiting[contig].append(line if line.endswith(b"\n") else line + b"\n")
        self._waiting_bytes += len(line)
        if self._waiting_bytes > _FLUSH_BYTES:
            self._flush()

    def _flush(self) -> None:
        for contig, lines in self._waiting.items():
            with self._place(contig).open("ab") as stream:
                stream.writelines(lines)
        self._waiting.clear()
        self._waiting_bytes = 0

    def _place(self, contig: str) -> Path:
        return self._folder / f"{self._numbers[contig]}.rows"


def _no_gff3(path: Path, *, line: bytes, number: int) -> InvalidReferenceError:
    columns = line.rstrip(b"\r\n").count(b"\t") + 1
    text = f"{columns} columns instead of {_COLUMNS}: {excerpt(line.rstrip())}"
    return InvalidReferenceError(f"{path}, line {number}: this is not GFF3, it has {text}.")


def _row(line: bytes, *, files: list[Path]) -> Row:
    file, number, kind, start, end, _score, strand, phase, text = line.rstrip(b"\r\n").split(b"\t")
    first, last = _coordinate(start), _coordinate(end)
    row = Row(
        file=str(files[int(file)]),
        line=int(number),
        kind=kind.decode(errors="replace"),
        start=first,
        end=last,
        strand=strand.decode(errors="replace"),
        phase=phase.decode(errors="replace"),
        text=text,
    )
    if not 0 < first <= last:
        raise row.fault(f"start {excerpt(start)} and end {excerpt(end)} are no interval of 1-based positions")
    if row.strand not in {"+", "-", ".", "?"}:
        raise row.fault(f"the strand must be +, - or ., not {excerpt(strand)}")
    if row.phase not in {".", "0", "1", "2"}:
        raise row.fault(f"the phase must be 0, 1, 2 or ., not {excerpt(phase)}")
    if _GTF.search(text):
        raise row.fault("this is GTF; the gene models are needed as GFF3, which the same publishers offer")
    try:
        text.decode()
    except UnicodeDecodeError:
        raise row.fault("the attributes are not UTF-8") from None
    return row


def _coordinate(text: bytes) -> int:
    return int(text) if text.isdigit() else 0
