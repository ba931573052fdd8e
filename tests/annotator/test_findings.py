"""The engine's shortcuts against the effects themselves: every entry, to the byte."""

import random
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from annotator.building.build import Plan, build_reference
from annotator.chunk import Options
from annotator.engine import Request, annotate
from annotator.findings import Hgvs
from tests.annotator.entries import Expectation
from tests.annotator.invented import Invented
from tests.annotator.vcf import COLUMN_LINE, Outcome, record

Allele = tuple[int, str, tuple[str, ...]]  # POS, REF, ALT


def edges(expectation: Expectation) -> list[int]:
    """This function will give all positions where a stretch of a transcript begins or ends."""
    found = {1, len(expectation.bases)}
    for one in expectation.transcripts:
        found |= {one.start - 5_000, one.end + 5_000, *(place for part in (*one.exons, *one.coding) for place in part)}
        for (_, before), (after, _) in pairwise(one.exons):
            found |= {before + 18, after - 18, (before + after) // 2}
    return sorted(found)


def alleles(expectation: Expectation, *, count: int, seed: int) -> Iterator[Allele]:
    """This function will invent alleles, half of them near the edges of what transcripts are made of."""
    chance, places, bases = random.Random(seed), edges(expectation), expectation.bases
    while count:
        near = chance.choice(places) + chance.randint(-12, 12)
        position = near if chance.random() < 0.6 else chance.randint(1, len(bases))
        length = chance.choice((1, 1, 1, 1, 2, 3, 4, 7, 30, 400))
        ref = bases[max(position, 1) - 1 : position - 1 + length]
        if position < 1 or not ref or set(ref) - set("ACGT"):
            continue
        alts = {_alt(ref, chance) for _ in range(chance.choice((1, 1, 1, 1, 2, 3)))} - {ref}
        if alts:
            count -= 1
            yield position, ref, tuple(sorted(alts))


def _alt(ref: str, chance: random.Random) -> str:
    kind = chance.random()
    if len(ref) > 1 and kind < 0.6:
        return ref[0]
    if kind < 0.5:
        return chance.choice("ACGT") + ref[1:]
    if kind < 0.9:
        return ref[0] + "".join(chance.choices("ACGT", k=chance.choice((1, 2, 3, 6, 20)))) + ref[1:]
    return "".join(chance.choices("ACGT", k=chance.randint(1, 5)))


def single_bases(expectation: Expectation, *, count: int, seed: int) -> Iterator[Allele]:
    """This function will change single bases, most of them near an edge."""
    chance, bases = random.Random(seed), expectation.bases
    wanted = {near + step for near in edges(expectation) for step in range(-20, 21)} | set(range(1, len(bases), 20))
    for position in sorted(chance.sample(sorted(wanted), count)):
        base = bases[position - 1] if 0 < position <= len(bases) else "N"
        if base != "N":
            yield position, base, ("ACGT"["ACGT".index(base) - 1 - position % 3],)


def whole_exons(expectation: Expectation) -> Iterator[Allele]:
    """This function will replace each transcript of one exon by fewer, as many and more bases."""
    for one in expectation.transcripts:
        before, bases = expectation.bases[one.start - 2], expectation.bases[one.start - 1 : one.end]
        if len(one.exons) == 1 and "N" not in before + bases:
            other = "".join("ACGT"["ACGT".index(base) - 1] for base in bases)
            yield one.start - 1, before + bases, (before,)
            yield one.start, bases, (other,)
            yield one.start, bases, (other + other,)
            if len(bases) > 1:
                yield one.start, bases, (other[0],)


def annotated(folder: Path, contig: str, found: Sequence[Allele], *, reference: Path, hgvs: Hgvs) -> Outcome:
    lines = [record(contig, position, ref, ",".join(alts)) for position, ref, alts in found]
    path = folder / "input.vcf"
    path.write_text(f"##fileformat=VCFv4.2\n{COLUMN_LINE}\n" + "".join(lines))
    request = Request(input=path, reference=reference, output=folder / hgvs, stem="result", options=Options(hgvs=hgvs))
    return Outcome(done=annotate(request, listener=lambda _: None), events=[])


def assert_as_expected(outcome: Outcome, found: Sequence[Allele], expectation: Expectation) -> None:
    wrong = []
    for row, allele in zip(outcome.rows, found, strict=True):
        info = dict(item.partition("=")[::2] for item in row[7].split(";"))
        expected = expectation.record(*allele)
        if info["CSQ"] != expected:
            ours, theirs = info["CSQ"].split(","), expected.split(",")
            wrong.append((allele, sorted(set(ours) - set(theirs)), sorted(set(theirs) - set(ours))))
    assert wrong[:3] == []


@cache
def expectation_of(reference: Path, contig: str, hgvs: Hgvs) -> Expectation:
    return Expectation(reference, contig=contig, hgvs=hgvs)


@pytest.mark.parametrize("hgvs", Hgvs)
class TestInventedGenes:
    def test_single_base_changes(self, invented: Invented, tmp_path: Path, hgvs: Hgvs) -> None:
        expectation = expectation_of(invented.folder, "7", hgvs)
        found = list(single_bases(expectation, count=5_000, seed=3))
        outcome = annotated(tmp_path, "7", found, reference=invented.folder, hgvs=hgvs)
        assert_as_expected(outcome, found, expectation)

    def test_alleles_that_replace_all_of_a_transcript(self, invented: Invented, tmp_path: Path, hgvs: Hgvs) -> None:
        expectation = expectation_of(invented.folder, "7", hgvs)
        found = sorted(whole_exons(expectation))
        outcome = annotated(tmp_path, "7", found, reference=invented.folder, hgvs=hgvs)
        assert_as_expected(outcome, found, expectation)
        assert sum("transcript_ablation" in row[7] for row in outcome.rows) > 2

    @pytest.mark.parametrize("contig", ["7", "MT"])
    def test_alleles_of_all_kinds(self, invented: Invented, tmp_path: Path, hgvs: Hgvs, contig: str) -> None:
        expectation = expectation_of(invented.folder, contig, hgvs)
        found = sorted(alleles(expectation, count=1_500, seed=5))
        outcome = annotated(tmp_path, contig, found, reference=invented.folder, hgvs=hgvs)
        assert_as_expected(outcome, found, expectation)


def test_what_is_said_does_not_depend_on_where_the_shared_base_stands(invented: Invented, tmp_path: Path) -> None:
    """`TA>A` loses the same base as `CT>C`; only VEP's Allele column tells them apart."""
    expectation = expectation_of(invented.folder, "7", Hgvs.ALL)
    bases, before, behind = expectation.bases, [], []
    places = {place + step for place in edges(expectation)[:200] for step in (-1, 0, 1, 2) if place > 1_000}
    for position in sorted(places):
        base, lost, after = list(bases[position - 2 : position + 1])
        if len({base, lost, after} - {"N"}) == 3:
            before.append((position - 1, base + lost, (base,)))
            behind.append((position, lost + after, (after,)))
            before.append((position - 1, base, (base + after,)))
            behind.append((position, lost, (after + lost,)))
    told = []
    for name, found in (("before", before), ("behind", behind)):
        (tmp_path / name).mkdir()
        outcome = annotated(tmp_path / name, "7", found, reference=invented.folder, hgvs=Hgvs.ALL)
        entries = [outcome.csq(row) for row in range(len(found))]
        told.append([[{**entry, "Allele": ""} for entry in one] for one in entries])
    assert len(before) > 100
    assert told[0] == told[1]


@pytest.mark.shared_data
@pytest.mark.parametrize("hgvs", [Hgvs.DEFAULT, Hgvs.ALL])
class TestChromosome21:
    @pytest.fixture(scope="class")
    def chr21(self, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
        plan = Plan(
            name="chr21",
            version="1",
            build="GRCh38",
            fasta=(shared_data / "chr21.GRCh38.real_segments.fa.gz",),
            gff3=(shared_data / "ensembl84.chr21.gff3.gz",),
            output=tmp_path_factory.mktemp("chr21") / "reference",
        )
        build_reference(plan)
        return plan.output

    def test_alleles_of_all_kinds(self, chr21: Path, tmp_path: Path, hgvs: Hgvs) -> None:
        expectation = expectation_of(chr21, "21", hgvs)
        found = sorted(alleles(expectation, count=2_000, seed=21))
        outcome = annotated(tmp_path, "21", found, reference=chr21, hgvs=hgvs)
        assert_as_expected(outcome, found, expectation)
