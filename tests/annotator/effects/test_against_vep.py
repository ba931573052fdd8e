"""Our effects against Ensembl VEP 115.2's: what is equal, and that the rest is known.

Where we differ on purpose, `docs/accuracy.md` says who is right and why.
"""

import re
from itertools import islice
from pathlib import Path

import pytest

from annotator.benchmarks.mirrored_tail import MirroredTailView
from tests.annotator.effects.vep import Score, compare, read_answers, read_piece, read_transcripts

DATA = Path(__file__).parent / "data"
CHROMOSOME_21 = 46_709_983
EQUAL = (
    "EXON",
    "INTRON",
    "cDNA_position",
    "CDS_position",
    "Protein_position",
    "Amino_acids",
    "Codons",
    "DISTANCE",
    "class snv",
    "HGVSc snv",
    "HGVSc indel",
)


def score(*, as_vep_reads: bool = False) -> Score:
    return compare(
        read_answers(DATA / "vep115.vcf.gz"),
        read_transcripts(DATA / "ensembl84.gff3.gz"),
        read_piece(DATA / "chr21.fa.gz", length=CHROMOSOME_21),
        **({"view_class": MirroredTailView} if as_vep_reads else {}),
    )


@pytest.fixture(scope="module")
def ours() -> Score:
    return score()


class TestSlice:
    @pytest.mark.parametrize("column", EQUAL)
    def test_equals_vep(self, ours: Score, column: str) -> None:
        assert ours.total[column] > 20
        assert ours.different[column] == []

    def test_differs_in_consequences_only_where_it_is_meant_to(self, ours: Score) -> None:
        assert [one for one in ours.different["Consequence"] if not _is_meant(one[1], one[2])] == []
        assert ours.share("class indel") > 95  # the slice holds the rare cases, all of them

    def test_differs_in_protein_names_only_where_it_is_meant_to(self) -> None:
        """With the bases that VEP reads behind a coding sequence, only names are left that are not HGVS."""
        as_vep = score(as_vep_reads=True)
        assert [one for one in as_vep.different["HGVSp snv"] if not _is_other_name(one[1], one[2])] == []
        assert [one for one in as_vep.different["HGVSp indel"] if not _is_other_name(one[1], one[2])] == []


@pytest.mark.shared_data
class TestDevelopmentHalf:
    def test_reaches_the_goals(self, shared_data: Path) -> None:
        """Every fifth record."""
        found = compare(
            islice(read_answers(shared_data / "vep115.dev.vcf.gz"), 0, None, 5),
            read_transcripts(shared_data / "ensembl84.chr21.gff3.gz"),
            read_piece(shared_data / "chr21.GRCh38.real_segments.fa.gz", length=CHROMOSOME_21),
        )
        for column in EQUAL:
            assert found.different[column] == [], column
        assert found.share("class indel") >= 99
        assert found.share("HGVSp snv") >= 99.5
        assert found.share("HGVSp indel") >= 97


def _is_meant(theirs: str, ours: str) -> bool:
    """Whether a difference is one of those in `annotator.effects.coding`, or follows from an unknown start."""
    if "stop_retained" in theirs:
        return "stop_retained" not in ours
    return "start_lost" in theirs or ("stop_lost" in theirs and "stop_retained" in ours)


def _is_other_name(theirs: str, ours: str) -> bool:
    """Whether VEP's name is none by HGVS, or belongs to a consequence on which we differ."""
    several_unchanged = re.fullmatch(r"p\.([A-Z][a-z]{2}){2,}\d+=", theirs)
    unknown = theirs == "p.Ter1=" and not ours
    lost_start = re.fullmatch(r"p\.[A-Z][a-z]{2}\d+(_\?\d+|\?)", theirs)
    lost_stop = "delextTer" in theirs
    inserted_stop = re.search(r"ins.*Ter$", theirs) and re.search(r"fsTer|Ter$", ours)
    not_moved = re.fullmatch(r"p\.\w+_\w+del", theirs) and re.fullmatch(r"p\.\w+_\w+del", ours)
    return bool(several_unchanged or unknown or lost_start or lost_stop or inserted_stop or not_moved)
