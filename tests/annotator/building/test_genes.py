"""Tracks that are made from gene models."""

from pathlib import Path

from annotator.building.genes import genes_of
from annotator.models.transcript import Interval, Transcript
from annotator.tracks import EXONS, GENES, PROMOTERS, RECEPTORS
from tests.annotator.building.tracks import gene, make, table


def transcript(name: str, exons: tuple[Interval, ...], *, strand: int = 1, biotype: str = "lncRNA") -> Transcript:
    return Transcript(
        id=name,
        contig="1",
        start=exons[0][0],
        end=exons[-1][1],
        strand=strand,
        biotype=biotype,
        gene_id="ENSG1",
        symbol="ABC1",
        protein_id="",
        exons=exons,
        coding=(),
        phase=0,
        is_canonical=False,
        mane_select="",
        mane_plus_clinical="",
        start_incomplete=False,
        end_incomplete=False,
        selenocysteines=(),
        mitochondrial=False,
    )


class TestGenesOf:
    def test_reach_from_the_first_transcript_to_the_last(self) -> None:
        (found,) = genes_of([transcript("a", ((10, 20), (30, 40))), transcript("b", ((5, 8), (30, 40)))])
        assert (found.start, found.end, found.exons) == (5, 40, ((5, 8), (10, 20), (30, 40)))
        assert found.first_bases == (5, 10)

    def test_begin_at_the_end_on_the_reverse_strand(self) -> None:
        (found,) = genes_of([transcript("a", ((10, 20), (30, 40)), strand=-1)])
        assert found.first_bases == (40,)

    def test_are_receptors_when_any_transcript_is(self) -> None:
        (found,) = genes_of([transcript("a", ((1, 2),)), transcript("b", ((1, 2),), biotype="IG_V_gene")])
        assert found.is_receptor


class TestGeneParts:
    def test_are_loci_and_exons(self, tmp_path: Path) -> None:
        genes = [gene("ABC1", 10, 40, exons=((10, 20), (30, 40))), gene("", 35, 50, id="ENSG2")]
        made = make(tmp_path, (GENES, []), (EXONS, []), genes=genes)
        assert made.region(25) == "GENE=ABC1;GENE_ID=ENSG_ABC1"
        assert made.region(36) == "GENE=ABC1;GENE_ID=ENSG_ABC1,ENSG2;EXON_OF=ABC1,ENSG2"

    def test_are_receptor_genes(self, tmp_path: Path) -> None:
        genes = [gene("IGHV1-2", 10, 20, biotype="IG_V_gene"), gene("TRBV1", 15, 30, biotype="TR_V_pseudogene")]
        made = make(tmp_path, (RECEPTORS, []), genes=[*genes, gene("ABC1", 1, 100)])
        assert made.region(16) == "IG_TR=IGHV1-2|IG_V_gene,TRBV1|TR_V_pseudogene"
        assert made.region(31) == ""

    def test_g12_promoters_are_500_bases_upstream_and_in_a_cpg_island(self, tmp_path: Path) -> None:
        islands = table(
            tmp_path / "cpgIslandExt.txt",
            *[
                (1, "chr1", start, end, "CpG", 1, 9, 1, 1, 1, 1)
                for start, end in ((600, 800), (1900, 2400), (5000, 5100))
            ],
        )
        forward = gene("FWD", 1001, 2001)
        reverse = gene("REV", 1500, 2000, strand=-1, first_bases=(2000,))
        made = make(tmp_path, (PROMOTERS, [islands]), genes=[forward, reverse])
        inside, outside = "PROMOTER_OF=FWD", ""
        assert [made.region(base) for base in (600, 601, 800, 801, 1000)] == [outside, inside, inside, outside, outside]
        inside = "PROMOTER_OF=REV"
        assert [made.region(base) for base in (2000, 2001, 2400, 2401)] == [outside, inside, inside, outside]

    def test_g12_a_promoter_begins_500_bases_before_its_transcript(self, tmp_path: Path) -> None:
        islands = table(tmp_path / "i.txt", (1, "chr1", 0, 9000, "CpG", 1, 9, 1, 1, 1, 1))
        made = make(tmp_path, (PROMOTERS, [islands]), genes=[gene("FWD", 1001, 2001)])
        assert [bool(made.region(base)) for base in (500, 501, 1000, 1001)] == [False, True, True, False]
