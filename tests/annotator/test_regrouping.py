"""Blocks that end where no coding sequence is open: the same lines, other borders.

Coding sequences of `genes` on c1: 27 to 99, then the same 400 bases later (mirrored), then 800 bases later.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from annotator import engine, reading
from annotator.chunk import Options
from annotator.errors import InvalidVcfError
from annotator.reading import TextBlock
from annotator.reference import Reference
from annotator.regrouping import WholeTranscripts
from annotator.replay import replay
from tests.annotator.genes import Genes, build_genes
from tests.annotator.vcf import COLUMN_LINE, Runner

FIRST_LINE = 4


@pytest.fixture(scope="module")
def genes(tmp_path_factory: pytest.TempPathFactory) -> Genes:
    return build_genes(tmp_path_factory.mktemp("genes"))


def line(position: object, ref: str = "A", *, contig: str = "c1") -> str:
    return f"{contig}\t{position}\t.\t{ref}\tC\t.\t.\t.\n"


def blocks_of(pieces: Sequence[str]) -> Iterator[TextBlock]:
    at = FIRST_LINE
    for number, piece in enumerate(pieces):
        yield TextBlock(number=number, first_line=at, text=piece.encode())
        at += piece.count("\n")


def regrouped(genes: Genes, *pieces: str, most_bytes: int = 10_000) -> tuple[list[list[str]], int]:
    """This function will give the positions in each block, and how many cuts were forced."""
    regrouping = WholeTranscripts(Reference(genes.folder), most_bytes=most_bytes)
    blocks = list(regrouping.blocks(blocks_of(pieces)))
    assert b"".join(one.text for one in blocks).decode() == "".join(pieces)
    assert [one.number for one in blocks] == list(range(len(blocks)))
    at = FIRST_LINE
    for one in blocks:
        assert one.first_line == at
        at += one.text.count(b"\n")
    positions = [[row.split("\t")[1] for row in one.text.decode().splitlines()] for one in blocks]
    return positions, regrouping.forced_cuts


class TestWholeTranscripts:
    def test_move_lines_to_where_a_coding_sequence_ends(self, genes: Genes) -> None:
        blocks, forced = regrouped(genes, line(5) + line(30), line(98) + line(99) + line(200), line(201))
        assert blocks == [["5"], ["30", "98", "99"], ["200"], ["201"]]
        assert forced == 0

    def test_hold_an_intron_between_coding_bases_together(self, genes: Genes) -> None:
        assert regrouped(genes, line(39), line(60), line(83), line(110))[0] == [["39", "60", "83"], ["110"]]

    @pytest.mark.parametrize(
        ("first", "second", "is_together"),
        [
            (line(26), line(27), True),  # an insertion at 26 stands before 27
            (line(25), line(27), False),
            (line(10, "A" * 17), line(27), True),
            (line(10, "A" * 15), line(27), False),
            (line(27), line(100), True),
            (line(27), line(101), False),
            (line(50, "A" * 200), line(270), False),
            (line(50), line(50, contig="c2"), False),
            (line(50), line(1, contig="c2"), False),
        ],
    )
    def test_know_where_it_is_open(self, genes: Genes, first: str, second: str, is_together: bool) -> None:
        assert len(regrouped(genes, first, second)[0]) == (1 if is_together else 2)

    def test_look_at_all_records_before_the_border(self, genes: Genes) -> None:
        """The first record reaches far beyond the second."""
        assert regrouped(genes, line(10, "A" * 40) + line(12), line(90), line(200))[0] == [["10", "12", "90"], ["200"]]

    def test_cut_all_the_same_where_too_much_waits(self, genes: Genes) -> None:
        pieces = [line(position) for position in range(27, 100, 4)]
        blocks, forced = regrouped(genes, *pieces, line(300), most_bytes=5 * len(pieces[0]))
        assert max(len(one) for one in blocks) == 6
        assert forced == len(blocks) - 2

    def test_count_no_cut_that_harms_nobody(self, genes: Genes) -> None:
        assert regrouped(genes, line(30) + line(31), line(300), most_bytes=10)[1] == 0

    def test_leave_lines_alone_that_are_no_records(self, genes: Genes) -> None:
        blocks, _ = regrouped(genes, line(30) + "?\t?\n", line("x") + "\t\n", line(40) + "c1\t41")
        assert blocks == [["30", "?", "x", "", "40", "41"]]

    def test_give_what_was_read_before_a_fault(self, genes: Genes) -> None:
        def broken() -> Iterator[TextBlock]:
            yield from blocks_of([line(30)])
            raise InvalidVcfError("BROKEN_GZIP", message="broken", advice="mend it")

        given: list[TextBlock] = []
        with pytest.raises(InvalidVcfError):
            given.extend(WholeTranscripts(Reference(genes.folder), most_bytes=10_000).blocks(broken()))
        assert [one.text for one in given] == [line(30).encode()]


class TestWholeFiles:
    @pytest.fixture
    def file(self, genes: Genes) -> str:
        """This function will change most bases of all genes, for three samples."""
        chance = random.Random(5)
        rows = []
        for position, base in enumerate(genes.bases, start=1):
            if chance.random() < 0.6:
                alt = chance.choice([other for other in "ACGT" if other != base])
                genotypes = (chance.choice(("0|1", "1|0", "0|0", "1|1", "0/1")) for _ in range(3))
                rows.append("\t".join(("c1", str(position), ".", base, alt, ".", ".", ".", "GT", *genotypes)) + "\n")
        return f"##fileformat=VCFv4.2\n{COLUMN_LINE}\tFORMAT\ta\tb\tc\n{''.join(rows)}"

    def test_say_the_same_in_blocks_of_any_size(
        self, genes: Genes, file: str, run: Runner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        results = []
        for size in (1 << 20, 2_000, 100):
            monkeypatch.setattr(reading, "BLOCK_BYTES", size)
            results.append(run(file, reference=genes.folder, options=Options(haplotypes=True)).result)
        assert results[0].count(b"HAPLOTYPE_CSQ=") > 30
        assert results[1] == results[0]
        assert results[2] == results[0]

    def test_are_the_same_bytes_with_several_processes(
        self, genes: Genes, file: str, run: Runner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "BLOCK_BYTES", 500)
        made = []
        for processes in (1, 3):
            outcome = run(file, reference=genes.folder, options=Options(haplotypes=True), processes=processes)
            files = {kind: Path(path).read_bytes() for kind, path in outcome.done.files.items() if kind != "log"}
            made.append(files)
        assert made[0] == made[1]

    def test_are_made_again_by_a_replay(
        self, genes: Genes, file: str, run: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(reading, "BLOCK_BYTES", 500)
        outcome = run(file, reference=genes.folder, options=Options(haplotypes=True))
        done = replay(
            Path(outcome.done.files["manifest"]),
            input_file=tmp_path / "input.vcf",
            reference=genes.folder,
            output=tmp_path / "again",
            listener=lambda _: None,
            processes=2,
        )
        assert done.is_equal

    def test_say_where_size_forced_a_cut(
        self, genes: Genes, file: str, run: Runner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "BLOCK_BYTES", 100)
        monkeypatch.setattr(engine, "MOST_BYTES", 300)
        outcome = run(file, reference=genes.folder, options=Options(haplotypes=True))
        cuts = outcome.json("ledger")["notes"]["HAPLOTYPES_CUT"]
        assert cuts > 5
        assert f"were not judged together across {cuts} places" in outcome.text("log")
