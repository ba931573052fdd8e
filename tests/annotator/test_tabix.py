"""Our index, held against htslib's."""

import gzip
import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pysam
import pytest
from pysam import bcftools

from annotator.bgzf import BgzfFile, compress_chunk
from annotator.errors import EngineError
from annotator.tabix import TabixWriter

_COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record: 1-based position, bases of REF, last base that INFO/END names (0: none)."""

    contig: str
    position: int
    ref_length: int = 1
    end: int = 0

    @property
    def line(self) -> bytes:
        ref = "A" + "C" * (self.ref_length - 1)
        info = f"END={self.end}" if self.end else "."
        return f"{self.contig}\t{self.position}\t.\t{ref}\t<DEL>\t.\tPASS\t{info}\n".encode()

    @property
    def exclusive_end(self) -> int:
        return max(self.position - 1 + self.ref_length, self.end)


def write(folder: Path, rows: Sequence[Row], *, chunk_records: int = 500, longest_contig: int = 0) -> Path:
    """This function will write a VCF and our index of it, chunk by chunk as the engine does."""
    folder.mkdir(exist_ok=True)
    path = folder / "rows.vcf.gz"
    names = dict.fromkeys(row.contig for row in rows)
    header = '##fileformat=VCFv4.2\n##FILTER=<ID=PASS,Description="">\n'
    header += '##INFO=<ID=END,Number=1,Type=Integer,Description="">\n'
    header += "".join(f"##contig=<ID={name}>\n" for name in names) + _COLUMNS
    index = TabixWriter(longest_contig=longest_contig)
    with BgzfFile(path, max_bytes=10**9) as file:
        file.append(compress_chunk(header.encode()))
        for start in range(0, len(rows), chunk_records):
            _append(rows[start : start + chunk_records], file=file, index=index)
    index.write(path)
    return path


def _append(rows: Sequence[Row], *, file: BgzfFile, index: TabixWriter) -> None:
    lines = [row.line for row in rows]
    chunk = compress_chunk(b"".join(lines))
    offsets = chunk.virtual_offsets(np.cumsum([0, *map(len, lines)]), at=file.append(chunk))
    first = 0
    for contig, group in groupby(rows, key=lambda row: row.contig):
        members = list(group)
        last = first + len(members)
        index.add(
            contig,
            begins=np.array([row.position - 1 for row in members]),
            ends=np.array([row.exclusive_end for row in members]),
            offsets=offsets[first : last + 1],
        )
        first = last


def sorted_rows(contig: str, *, count: int, length: int, seed: int) -> list[Row]:
    """This function will make records of all sizes, a few of them as long as the contig."""
    chance = random.Random(seed)
    rows = []
    for position in sorted(chance.randrange(1, length) for _ in range(count)):
        kind = chance.random()
        end = min(position + chance.choice([10, 20_000, 300_000, length]), length) if kind < 0.05 else 0
        rows.append(Row(contig=contig, position=position, ref_length=chance.choice([1, 1, 1, 7, 300]), end=end))
    return rows


def regions_of(length: int, *, count: int, seed: int) -> list[tuple[int, int]]:
    chance = random.Random(seed)
    spans = [1, 100, 5_000, 200_000, length]
    return [(start := chance.randrange(length), min(length, start + chance.choice(spans)) + 1) for _ in range(count)]


def assert_same_answers(path: Path, *, theirs: Path, contigs: dict[str, int]) -> None:
    with opened(path) as ours, opened(theirs) as other:
        assert ours.contigs == other.contigs
        for seed, (contig, length) in enumerate(contigs.items()):
            for start, end in regions_of(length, count=300, seed=seed):
                assert list(ours.fetch(contig, start, end)) == list(other.fetch(contig, start, end))


def opened(path: Path) -> pysam.TabixFile:
    (index,) = path.parent.glob(f"{path.name}.*i")
    return pysam.TabixFile(str(path), index=str(index))


def indexed_by_htslib(path: Path, *, folder: Path, csi: bool = False) -> Path:
    folder.mkdir()
    copy = folder / path.name
    copy.write_bytes(path.read_bytes())
    pysam.tabix_index(str(copy), preset="vcf", force=True, csi=csi)
    return copy


def pieces_of(path: Path) -> dict[int, list[tuple[int, int]]]:
    """This function will read the bins of the first contig out of a .tbi file, each with its pieces."""
    data = gzip.decompress(path.with_name(path.name + ".tbi").read_bytes())
    (names_bytes,) = struct.unpack_from("<i", data, 32)
    at = 36 + names_bytes
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    bins = {}
    for _ in range(count):
        number, piece_count = struct.unpack_from("<Ii", data, at)
        bins[number] = list(struct.iter_unpack("<QQ", data[at + 8 : at + 8 + 16 * piece_count]))
        at += 8 + 16 * piece_count
    return bins


@pytest.fixture
def rows() -> list[Row]:
    return [
        *sorted_rows("chr1", count=4_000, length=200_000_000, seed=1),
        *sorted_rows("chr2", count=4_000, length=900_000, seed=2),
        Row(contig="chrM", position=1),
        Row(contig="chrM", position=1),
        Row(contig="HLA-A*01:01", position=5, ref_length=300),
    ]


CONTIGS = {"chr1": 200_000_000, "chr2": 900_000, "chrM": 16_569}


class TestTbi:
    def test_answers_every_region_as_htslib_does(self, rows: list[Row], tmp_path: Path) -> None:
        path = write(tmp_path / "ours", rows)
        assert_same_answers(path, theirs=indexed_by_htslib(path, folder=tmp_path / "theirs"), contigs=CONTIGS)

    def test_leads_variant_file_to_the_records(self, rows: list[Row], tmp_path: Path) -> None:
        path = write(tmp_path / "ours", rows)
        with pysam.VariantFile(str(path)) as file:
            found = [record.pos for record in file.fetch("chr2", 100_000, 101_000)]
        assert found == [
            row.position
            for row in rows
            if row.contig == "chr2" and row.position <= 101_000 and row.exclusive_end > 100_000
        ]
        assert found

    def test_is_the_same_however_the_records_are_cut(self, rows: list[Row]) -> None:
        lines = [row.line for row in rows]
        chunk = compress_chunk(b"".join(lines))
        offsets = chunk.virtual_offsets(np.cumsum([0, *map(len, lines)]), at=0)

        def index(step: int) -> bytes:
            writer = TabixWriter()
            for first in range(0, len(rows), step):
                for contig, group in groupby(range(first, min(first + step, len(rows))), lambda i: rows[i].contig):
                    members = list(group)
                    writer.add(
                        contig,
                        begins=np.array([rows[i].position - 1 for i in members]),
                        ends=np.array([rows[i].exclusive_end for i in members]),
                        offsets=offsets[members[0] : members[-1] + 2],
                    )
            return writer.finish()

        assert index(3) == index(500) == index(10**6)

    def test_leads_past_blocks_that_hold_no_record_of_a_bin(self, tmp_path: Path) -> None:
        """The bin of everything holds one record in ten thousand: to read it, few blocks are needed."""
        rows = [
            Row(contig="chr1", position=number + 1, end=300_000_000 if number % 10_000 == 0 else 0)
            for number in range(50_000)
        ]
        pieces = pieces_of(write(tmp_path / "ours", rows, chunk_records=5_000))[0]
        assert len(pieces) == 5
        assert all((end >> 16) - (begin >> 16) < 65_536 and begin < end for begin, end in pieces)

    def test_counts_records_for_bcftools(self, rows: list[Row], tmp_path: Path) -> None:
        path = write(tmp_path / "ours", rows)
        counts = str(bcftools.index("--stats", str(path))).splitlines()
        assert [line.split("\t")[::2] for line in counts] == [
            ["chr1", "4000"],
            ["chr2", "4000"],
            ["chrM", "2"],
            ["HLA-A*01:01", "1"],
        ]

    def test_of_no_records_can_be_opened(self, tmp_path: Path) -> None:
        path = write(tmp_path / "ours", [])
        with pysam.TabixFile(str(path)) as file:
            assert file.contigs == []

    def test_joins_pieces_while_it_grows(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        rows = sorted_rows("chr1", count=3_000, length=5_000_000, seed=3)
        path = write(tmp_path / "ours", rows, chunk_records=100)
        before = path.with_name("rows.vcf.gz.tbi").read_bytes()
        monkeypatch.setattr("annotator.tabix._COMPACT_FROM", 50)
        again = write(tmp_path / "again", rows, chunk_records=100)
        assert again.with_name("rows.vcf.gz.tbi").read_bytes() == before

    def test_holds_a_position_up_to_its_limit(self, tmp_path: Path) -> None:
        last = 2**29 - 1
        path = write(tmp_path / "ours", [Row(contig="chr1", position=3), Row(contig="chr1", position=last)])
        with pysam.TabixFile(str(path)) as file:
            assert len(list(file.fetch("chr1", last - 1, last))) == 1


class TestCsi:
    def test_is_made_for_long_contigs_and_answers_as_htslib_does(self, tmp_path: Path) -> None:
        length = 1_500_000_000
        rows = [*sorted_rows("1A", count=3_000, length=length, seed=4), Row(contig="2B", position=length)]
        path = write(tmp_path / "ours", rows, longest_contig=length)
        assert path.with_name("rows.vcf.gz.csi").exists()
        theirs = indexed_by_htslib(path, folder=tmp_path / "theirs", csi=True)
        assert_same_answers(path, theirs=theirs, contigs={"1A": length, "2B": length})

    def test_begins_where_tabix_ends(self) -> None:
        assert TabixWriter(longest_contig=2**29 - 1).suffix == ".tbi"
        assert TabixWriter(longest_contig=2**29).suffix == ".csi"


class TestRefusals:
    def add(self, writer: TabixWriter, contig: str, begins: list[int]) -> None:
        positions = np.array(begins)
        writer.add(contig, begins=positions, ends=positions + 1, offsets=np.arange(len(begins) + 1))

    def test_of_records_out_of_order(self) -> None:
        with pytest.raises(EngineError, match="not sorted"):
            self.add(TabixWriter(), "chr1", [5, 4])
        writer = TabixWriter()
        self.add(writer, "chr2", [9])
        with pytest.raises(EngineError, match="not sorted"):
            self.add(writer, "chr2", [8])

    def test_of_a_contig_in_two_blocks(self) -> None:
        writer = TabixWriter()
        self.add(writer, "chr1", [5])
        self.add(writer, "chr2", [5])
        with pytest.raises(EngineError, match="stand together"):
            self.add(writer, "chr1", [9])

    def test_of_a_record_beyond_the_tree(self) -> None:
        with pytest.raises(EngineError, match="can hold"):
            self.add(TabixWriter(), "chr1", [2**29])


def test_the_magic_is_that_of_the_format(tmp_path: Path) -> None:
    path = write(tmp_path / "ours", [Row(contig="chr1", position=3)])
    with pysam.BGZFile(str(path) + ".tbi", "rb", None) as stream:
        assert struct.unpack("<4s8i", stream.read(36)) == (b"TBI\1", 1, 2, 1, 2, 0, 35, 0, 5)
