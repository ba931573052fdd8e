"""HGVSG: names of all alleles at once, against `genomic_name` and by hand."""

import ctypes
import random
from collections.abc import Iterator

import pyarrow.parquet as pq
import pytest

from annotator import run_names as module
from annotator.chunk import Options
from annotator.effects.genomic_names import Genome, genomic_name
from annotator.findings import Hgvs
from tests.annotator.effects.handmade import Bases
from tests.annotator.entries import trimmed
from tests.annotator.invented import Invented
from tests.annotator.vcf import COLUMN_LINE, HEADER, Outcome, Runner, rcrs, record

Record = tuple[int, str, tuple[str, ...]]


def records(bases: str, *, count: int) -> Iterator[Record]:
    """This function will invent records, some at either end of the contig, and many within repeats."""
    chance = random.Random(7)
    ends = [*range(1, 120), *range(len(bases) - 40, len(bases) + 1)]
    for position in sorted(chance.choices(ends, k=count // 5) + chance.choices(range(1, len(bases) - 600), k=count)):
        ref = bases[position - 1 :][: chance.choice((1, 1, 1, 2, 3, 9, 33, 500))]
        if set(ref) - set("ACGT"):
            continue
        near = bases[position:][: chance.randint(1, 40)].replace("N", "A")
        alts = {ref[0], ref[-1], ref[0] + near, near + ref, ref[0] + near + ref, chance.choice("ACGT")}
        yield position, ref, tuple(chance.sample(sorted(alts - {ref}), k=chance.choice((1, 1, 2))))


def named(outcome: Outcome) -> list[str]:
    return [outcome.info(row).get("HGVSG", "") for row in range(len(outcome.rows))]


class TestAddGenomicNames:
    @pytest.mark.parametrize(("contig", "head"), [("7", "7:g."), ("8", "8:g."), ("MT", "MT:m.")])
    @pytest.mark.parametrize("way", ["c", "python"])
    def test_says_of_all_what_is_said_of_each(
        self,
        invented: Invented,
        run: Runner,
        loops: ctypes.CDLL,
        monkeypatch: pytest.MonkeyPatch,
        *,
        way: str,
        contig: str,
        head: str,
    ) -> None:
        monkeypatch.setattr(module, "_LIBRARY", loops if way == "c" else None)
        bases = invented.bases[contig]
        genome = Genome(Bases(text=bases), head=head)
        found = list(records(bases, count=600))
        outcome = run([record(contig, at, ref, ",".join(alts)) for at, ref, alts in found], reference=invented.folder)
        expected = [",".join(genomic_name(trimmed(at, ref, alt), genome) for alt in alts) for at, ref, alts in found]
        assert named(outcome) == expected
        table = pq.read_table(outcome.done.files["table"])["hgvsg"].to_pylist()
        assert table == [name for names in expected for name in names.split(",")]
        for kind in (">", "del", "dup", "ins", "delins", "_"):
            assert sum(kind in name for name in table) > 20

    @pytest.mark.parametrize(
        ("position", "ref", "alt", "name"),
        [
            (3243, "A", "G", "m.3243A>G"),
            (302, "A", "AC", "m.309dup"),
            (310, "T", "TC", "m.315dup"),
            (310, "T", "TCC", "m.314_315dup"),
            (8270, rcrs(8270, 8279), "C", "m.8281_8289del"),
            (513, "GCA", "G", "m.523_524del"),
            (11778, "GC", "AG", "m.11778_11779delinsAG"),
            (16569, "G", "C", "m.16569G>C"),
            (16569, "G", "GC", "m.16569delinsGC"),
            (1, "G", "CG", "m.1delinsCG"),
            (1, "GA", "A", "m.1del"),
        ],
    )
    def test_names_known_changes_of_the_mitochondrion(
        self, run: Runner, position: int, ref: str, alt: str, name: str
    ) -> None:
        assert named(run([record("chrM", position, ref, alt)])) == [f"NC_012920.1:{name}"]

    def test_has_a_dot_for_what_has_no_bases(self, run: Runner) -> None:
        outcome = run([record("MT", 3460, "G", "*,A,<DEL>"), record("MT", 3470, rcrs(3470, 3470), "<DUP>")])
        assert named(outcome) == [".,NC_012920.1:m.3460G>A,.", ""]
        assert pq.read_table(outcome.done.files["table"])["hgvsg"].to_pylist() == ["NC_012920.1:m.3460G>A"]

    def test_says_nothing_where_the_sequence_is_not_known(self, run: Runner) -> None:
        outcome = run([record("chr17", 7675088, "C", "T"), record("MT", 3106, "CA", "C")])
        assert named(outcome) == ["", ""]
        assert pq.read_table(outcome.done.files["table"])["hgvsg"].to_pylist() == [None, None]

    @pytest.mark.parametrize(("hgvs", "names"), [(Hgvs.NONE, ""), (Hgvs.ALL, "NC_012920.1:m.3460G>A")])
    def test_asks_whether_names_are_wanted(self, run: Runner, hgvs: Hgvs, names: str) -> None:
        outcome = run([record("MT", 3460, "G", "A")], options=Options(hgvs=hgvs))
        assert named(outcome) == [names]
        assert any(line.startswith("##INFO=<ID=HGVSG,Number=A,Type=String") for line in outcome.header) == bool(names)

    def test_leaves_the_labs_own_field_alone(self, run: Runner) -> None:
        declared = HEADER.replace(COLUMN_LINE, f'##INFO=<ID=HGVSG,Number=1,Type=String,Description="x">\n{COLUMN_LINE}')
        outcome = run(declared + record("MT", 3460, "G", "A", info="HGVSG=mine"))
        assert (outcome.info(0)["HGVSG"], outcome.info(0)["GC_HGVSG"]) == ("mine", "NC_012920.1:m.3460G>A")

    def test_leaves_out_what_a_record_says_without_a_declaration(self, run: Runner) -> None:
        outcome = run([record("MT", 3460, "G", "A", info="HGVSG=mine")])
        assert outcome.rows[0][7].count("HGVSG=") == 1
        assert outcome.info(0)["HGVSG"] == "mine"
