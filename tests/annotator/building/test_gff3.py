"""GFF3 of three publishers becomes the same transcripts; what is broken is told with its line."""

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from annotator.building.assembly import assemble
from annotator.building.gff3 import RowsByContig
from annotator.building.mane import NO_MANE, Mane, read_mane
from annotator.errors import InvalidReferenceError
from annotator.manifest import Contig
from annotator.models.transcript import Transcript
from tests.annotator.building.sources import ENSEMBL, GENCODE, LENGTH, MANE, REFSEQ, gff3, put

C1 = Contig(name="c1", length=LENGTH, aliases=("NC_1.1",))

CODING = Transcript(
    id="ENST01.2",
    contig="c1",
    start=101,
    end=400,
    strand=1,
    biotype="protein_coding",
    gene_id="ENSG01",
    symbol="ABC1",
    protein_id="ENSP01.3",
    exons=((101, 200), (301, 400)),
    coding=((151, 200), (301, 349)),
    phase=0,
    is_canonical=True,
    mane_select="NM_01.2",
    mane_plus_clinical="",
    start_incomplete=False,
    end_incomplete=False,
    selenocysteines=(),
    mitochondrial=False,
)
OTHER = replace(
    CODING,
    id="ENST02.1",
    start=501,
    end=600,
    strand=-1,
    biotype="lncRNA",
    gene_id="ENSG02",
    symbol="",
    protein_id="",
    exons=((501, 600),),
    coding=(),
    is_canonical=False,
    mane_select="",
)


class Reader:
    """Reads texts as GFF3 files, and counts what is left out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.left_out: Counter[str] = Counter()
        self.mane: Mane = NO_MANE

    def __call__(self, *texts: str, mitochondrial: bool = False) -> list[Transcript]:
        aside = self.folder / f"rows{len(list(self.folder.iterdir()))}"
        aside.mkdir()
        self.rows = RowsByContig(aside, find=lambda name: C1 if name in {"c1", "NC_1.1"} else None)
        for number, text in enumerate(texts):
            self.rows.add(put(self.folder / f"{number}.gff3", text))
        return sorted(
            assemble(
                self.rows.rows(C1), contig=C1, mitochondrial=mitochondrial, mane=self.mane, left_out=self.left_out
            ),
            key=lambda one: one.start,
        )

    def one(self, *rows: str) -> Transcript:
        (transcript,) = self(gff3(*rows))
        return transcript


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


class TestDialects:
    def test_reads_ensembl(self, read: Reader, tmp_path: Path) -> None:
        read.mane = read_mane(put(tmp_path / "mane.txt.gz", MANE))
        assert read(ENSEMBL) == [CODING, replace(OTHER, id="ENST02")]

    def test_reads_gencode(self, read: Reader, tmp_path: Path) -> None:
        read.mane = read_mane(put(tmp_path / "mane.txt.gz", MANE))
        assert read(GENCODE) == [CODING, OTHER]

    def test_reads_refseq(self, read: Reader) -> None:
        coding = replace(CODING, id="NM_01.2", gene_id="11", protein_id="NP_01.3", mane_select="ENST01.2")
        assert read(REFSEQ) == [coding, replace(OTHER, id="XR_02.1", gene_id="22", symbol="LOC2")]

    @pytest.mark.parametrize("text", [ENSEMBL, GENCODE, REFSEQ])
    def test_does_not_mind_the_order(self, read: Reader, text: str) -> None:
        expected = read(text)
        rows = text.splitlines(keepends=True)[1:]
        random.Random(7).shuffle(rows)
        assert read("".join(rows)) == expected

    def test_does_not_mind_blank_lines_comments_and_carriage_returns(self, read: Reader) -> None:
        expected = read(ENSEMBL)
        assert read(ENSEMBL.replace("\n", "\r\n\r\n# a comment\r\n") + "##FASTA\n>c1\nACGT\n") == expected

    def test_says_mane_when_nothing_tells_the_other_identifier(self, read: Reader) -> None:
        assert [one.mane_select for one in read(ENSEMBL)] == ["MANE", ""]

    def test_joins_files(self, read: Reader) -> None:
        rows = ENSEMBL.splitlines(keepends=True)
        assert read("".join(rows[:8]), "".join(rows[8:])) == read(ENSEMBL)


class TestNames:
    TEMPLATE = (
        "c1 . gene 1 9 . + . ID=gene:G;gene_id=G;Name=N;biotype=b",
        "c1 . mRNA 1 9 . + . ID=transcript:T;Parent=gene:G;transcript_id=T;biotype=b{}",
        "c1 . exon 1 9 . + . Parent=transcript:T",
    )

    def with_tags(self, read: Reader, tags: str) -> Transcript:
        return read.one(*(row.format(tags) for row in self.TEMPLATE))

    def test_takes_the_version_where_it_stands(self, read: Reader) -> None:
        assert self.with_tags(read, ";version=12").id == "T.12"

    @pytest.mark.parametrize("tag", ["MANE_Plus_Clinical", "MANE Plus Clinical", "MANE%20Plus%20Clinical"])
    def test_knows_plus_clinical(self, read: Reader, tag: str) -> None:
        transcript = self.with_tags(read, f";tag=basic,{tag};Dbxref=Ensembl:ENST9.1")
        assert (transcript.mane_select, transcript.mane_plus_clinical) == ("", "ENST9.1")
        assert not transcript.is_canonical

    @pytest.mark.parametrize("tag", ["Ensembl_canonical", "MANE Select", "RefSeq Select"])
    def test_knows_the_canonical_one(self, read: Reader, tag: str) -> None:
        assert self.with_tags(read, f";tag=basic,{tag}").is_canonical

    def test_knows_incomplete_ends(self, read: Reader) -> None:
        transcript = self.with_tags(read, ";tag=basic,cds_start_NF,mRNA_start_NF")
        assert (transcript.start_incomplete, transcript.end_incomplete) == (True, False)
        transcript = self.with_tags(read, ";tag=cds_end_NF")
        assert (transcript.start_incomplete, transcript.end_incomplete) == (False, True)

    def test_gives_the_parts_to_all_their_parents(self, read: Reader) -> None:
        found = read(
            gff3(
                "c1 . gene 1 99 . + . ID=G;Name=N",
                "c1 . mRNA 1 99 . + . ID=A;Parent=G",
                "c1 . mRNA 1 50 . + . ID=B;Parent=G",
                "c1 . exon 1 50 . + . ID=e;Parent=A,B",
                "c1 . exon 61 99 . + . Parent=A",
            )
        )
        assert {one.id: one.exons for one in found} == {"A": ((1, 50), (61, 99)), "B": ((1, 50),)}
        assert {one.biotype for one in found} == {"protein_coding"}

    def test_keeps_the_copies_on_both_sex_chromosomes_apart(self, read: Reader) -> None:
        transcript = read.one(
            "c1 . gene 1 9 . + . ID=ENSG5.3_PAR_Y;gene_id=ENSG5.3_PAR_Y;gene_name=P",
            "c1 . transcript 1 9 . + . ID=ENST5.1_PAR_Y;Parent=ENSG5.3_PAR_Y;transcript_id=ENST5.1_PAR_Y",
            "c1 . exon 1 9 . + . Parent=ENST5.1_PAR_Y",
        )
        assert (transcript.id, transcript.gene_id) == ("ENST5.1_PAR_Y", "ENSG5")

    @pytest.mark.parametrize(
        ("kind", "gene_biotype", "biotype"),
        [
            ("lnc_RNA", "lncRNA", "lncRNA"),
            ("snoRNA", "snoRNA", "snoRNA"),
            ("transcript", "protein_coding", "misc_RNA"),
            ("transcript", "transcribed_pseudogene", "transcribed_pseudogene"),
            ("primary_transcript", "miRNA", "miRNA"),
            ("V_gene_segment", "V_segment", "V_segment"),
        ],
    )
    def test_derives_refseqs_biotypes(self, read: Reader, kind: str, gene_biotype: str, biotype: str) -> None:
        transcript = read.one(
            f"c1 . gene 1 9 . + . ID=gene-N;gene=N;gene_biotype={gene_biotype}",
            f"c1 . {kind} 1 9 . + . ID=rna-T;Parent=gene-N",
            "c1 . exon 1 9 . + . Parent=rna-T",
        )
        assert transcript.biotype == biotype


class TestRefSeq:
    def test_makes_a_transcript_of_a_gene_that_holds_its_coding_parts(self, read: Reader) -> None:
        (transcript,) = read(
            gff3(
                "c1 RefSeq gene 11 40 . + . ID=gene-ND1;Dbxref=GeneID:45;Name=ND1;gene=ND1;gene_biotype=protein_coding",
                "c1 RefSeq CDS 11 40 . + 0 ID=cds-YP_1.1;Parent=gene-ND1;protein_id=YP_1.1;transl_table=2",
            ),
            mitochondrial=True,
        )
        assert transcript.id == transcript.symbol == "ND1"
        assert transcript.exons == transcript.coding == ((11, 40),)
        assert transcript.biotype == "protein_coding"
        assert transcript.protein_id == "YP_1.1"
        assert transcript.mitochondrial

    def test_finds_the_gene_above_a_transcript_of_a_transcript(self, read: Reader) -> None:
        found = read(
            gff3(
                "c1 . gene 1 90 . + . ID=gene-MIR1;Dbxref=GeneID:7;gene=MIR1;gene_biotype=miRNA",
                "c1 . primary_transcript 1 90 . + . ID=rna-NR_1.1;Parent=gene-MIR1;transcript_id=NR_1.1",
                "c1 . exon 1 90 . + . Parent=rna-NR_1.1",
                "c1 . miRNA 11 32 . + . ID=rna-MIR1;Parent=rna-NR_1.1;product=hsa-miR-1",
                "c1 . exon 11 32 . + . Parent=rna-MIR1",
            )
        )
        assert [(one.id, one.gene_id, one.symbol) for one in found] == [("NR_1.1", "7", "MIR1"), ("MIR1", "7", "MIR1")]

    @pytest.mark.parametrize(("strand", "ends"), [("+", (True, False)), ("-", (False, True))])
    def test_knows_incomplete_ends_by_open_ranges(self, read: Reader, strand: str, ends: tuple[bool, bool]) -> None:
        transcript = read.one(
            f"c1 . gene 1 60 . {strand} . ID=gene-N;gene=N",
            f"c1 . mRNA 1 60 . {strand} . ID=rna-T;Parent=gene-N;partial=true;start_range=.,1",
            f"c1 . exon 1 60 . {strand} . Parent=rna-T",
            f"c1 . CDS 1 30 . {strand} 2 ID=cds-P;Parent=rna-T;partial=true;start_range=.,1",
        )
        assert (transcript.start_incomplete, transcript.end_incomplete) == ends
        assert transcript.phase == 2

    @pytest.mark.parametrize(
        ("strand", "exception", "positions"),
        [
            ("+", "(pos:17..19%2Caa:Sec)", (3,)),
            ("+", "(pos:17..19%2Caa:Sec),(pos:39..41%2Caa:Sec)", (3, 7)),
            ("+", "(pos:join(26..27%2C38..38)%2Caa:Sec)", (6,)),
            ("-", "(pos:complement(53..55)%2Caa:Sec)", (2,)),
            ("+", "(pos:11..13%2Caa:Met)", ()),
            ("+", "(pos:60%2Caa:TERM)", ()),
            ("+", "(pos:11..13%2Caa:Met),(pos:17..19%2Caa:Sec)", (3,)),
        ],
    )
    def test_places_selenocysteines(
        self, read: Reader, strand: str, exception: str, positions: tuple[int, ...]
    ) -> None:
        transcript = read.one(
            f"c1 . gene 1 60 . {strand} . ID=gene-N;gene=N",
            f"c1 . mRNA 1 60 . {strand} . ID=rna-T;Parent=gene-N",
            f"c1 . exon 1 27 . {strand} . Parent=rna-T",
            f"c1 . exon 38 60 . {strand} . Parent=rna-T",
            f"c1 . CDS 11 27 . {strand} 0 ID=cds-P;Parent=rna-T;transl_except={exception}",
            f"c1 . CDS 38 58 . {strand} 1 ID=cds-P;Parent=rna-T;transl_except={exception}",
        )
        assert transcript.selenocysteines == positions


class TestGencode:
    def test_places_selenocysteines_by_their_rows(self, read: Reader) -> None:
        transcript = read.one(
            "c1 . gene 1 60 . - . ID=G;gene_name=N",
            "c1 . transcript 1 60 . - . ID=T;Parent=G;tag=seleno",
            "c1 . exon 1 60 . - . ID=exon:T:1;Parent=T",
            "c1 . CDS 11 40 . - 0 ID=CDS:T;Parent=T",
            "c1 . stop_codon_redefined_as_selenocysteine 32 34 . - . ID=s:T;Parent=T",
        )
        assert transcript.selenocysteines == (3,)

    @pytest.mark.parametrize("strand", ["+", "-"])
    def test_adds_a_stop_codon_that_the_coding_parts_lack(self, read: Reader, strand: str) -> None:
        stop, coding = ("41 43", ((11, 43),)) if strand == "+" else ("8 10", ((8, 40),))
        transcript = read.one(
            f"c1 . gene 1 60 . {strand} . ID=G",
            f"c1 . transcript 1 60 . {strand} . ID=T;Parent=G",
            f"c1 . exon 1 60 . {strand} . Parent=T",
            f"c1 . CDS 11 40 . {strand} 0 Parent=T",
            f"c1 . stop_codon {stop} . {strand} 0 Parent=T",
        )
        assert transcript.coding == coding


class TestStructure:
    def test_makes_exons_of_coding_parts(self, read: Reader) -> None:
        transcript = read.one(
            "c1 . mRNA 5 99 . + . ID=T",
            "c1 . CDS 11 20 . + 0 Parent=T",
            "c1 . CDS 31 40 . + 1 Parent=T",
        )
        assert transcript.exons == ((5, 20), (31, 99))
        assert (transcript.start, transcript.end, transcript.gene_id) == (5, 99, "T")

    def test_makes_one_exon_of_a_transcript_without_parts(self, read: Reader) -> None:
        transcript = read.one("c1 . gene 5 99 . + . ID=G", "c1 . snRNA 5 99 . + . ID=T;Parent=G")
        assert transcript.exons == ((5, 99),)

    def test_takes_the_phase_of_the_first_part_in_the_direction_of_transcription(self, read: Reader) -> None:
        transcript = read.one(
            "c1 . mRNA 1 99 . - . ID=T",
            "c1 . exon 1 99 . - . Parent=T",
            "c1 . CDS 11 20 . - 1 Parent=T",
            "c1 . CDS 31 40 . - 2 Parent=T",
        )
        assert transcript.phase == 2

    @pytest.mark.parametrize(
        ("rows", "reason"),
        [
            (("c1 . mRNA 1 9 . . . ID=T", "c1 . exon 1 9 . . . Parent=T"), "no strand"),
            (("c1 . mRNA 1 9 . + . ID=T", "c1 . exon 1 9 . - . Parent=T"), "parts on both strands"),
            (("c1 . mRNA 1 9 . + . ID=T", "c1 . exon 1 5 . + . Parent=T", "c1 . exon 5 9 . + . Parent=T"), "overlap"),
            (("c1 . mRNA 1 9 . + . ID=T", "c1 . exon 1 5 . + . Parent=T", "c1 . CDS 3 9 . + 0 Parent=T"), "outside"),
        ],
    )
    def test_leaves_out_what_is_no_transcript(self, read: Reader, rows: tuple[str, ...], reason: str) -> None:
        assert read(gff3(*rows)) == []
        assert [(reason in name, count) for name, count in read.left_out.items()] == [(True, 1)]

    def test_counts_rows_of_other_contigs(self, read: Reader) -> None:
        assert len(read(ENSEMBL + gff3("c2 . mRNA 1 9 . + . ID=T"))) == 2
        assert read.rows.without_sequence == {"c2": 1}

    def test_finds_contigs_by_their_aliases(self, read: Reader) -> None:
        assert read(ENSEMBL.replace("c1\t", "NC_1.1\t")) == read(ENSEMBL)


class TestFaults:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "holds no rows"),
            ("<html>\n", "line 1: this is not GFF3, it has 1 columns instead of 9: <html>"),
            (gff3("c1 . gene 1 9 . + . ID=G") + "c1\t.\tgene\t1\n", "line 3: this is not GFF3"),
            (gff3("c1 . gene x 9 . + . ID=G"), "line 2: start x and end 9 are no interval"),
            (gff3("c1 . gene 0 9 . + . ID=G"), "line 2: start 0"),
            (gff3("c1 . gene 10 9 . + . ID=G"), "line 2: start 10 and end 9"),
            (gff3("c1 . gene 1 9 . plus . ID=G"), "line 2: the strand"),
            (gff3("c1 . CDS 1 9 . + 3 Parent=G"), "line 2: the phase"),
            (gff3("c1 . exon 1 9 . + . Parent=gone"), "line 2: its parent gone is not in the file"),
            (gff3("c1 . mRNA 1 2001 . + . ID=T", "c1 . exon 1 2001 . + . Parent=T"), "line 2: it ends behind the end"),
            (gff3('c1 . exon 1 9 . + . gene_id "G"; transcript_id "T";'), "line 2: this is GTF"),
        ],
    )
    def test_are_told_with_their_line(self, read: Reader, text: str, message: str) -> None:
        with pytest.raises(InvalidReferenceError) as raised:
            read(text)
        assert message in str(raised.value)

    def test_name_both_places_of_a_transcript_that_comes_twice(self, read: Reader) -> None:
        with pytest.raises(
            InvalidReferenceError, match=r"1\.gff3, line \d: gene:ENSG01 was already in .*0\.gff3, line 5"
        ):
            read(ENSEMBL, ENSEMBL)


class TestReadMane:
    def test_knows_transcripts_by_both_identifiers(self, tmp_path: Path) -> None:
        mane = read_mane(put(tmp_path / "mane.txt", MANE))
        assert mane.select == {"ENST01.2": "NM_01.2", "NM_01.2": "ENST01.2"}
        assert mane.plus_clinical == {"ENST09.1": "NM_09.4", "NM_09.4": "ENST09.1"}

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "names no Ensembl_nuc"),
            ("a\tb\n", "is not a MANE summary"),
            (MANE + "x\ty\n", "line 4: 2 columns instead of 14"),
            (MANE.replace("MANE Plus Clinical", "maybe"), "line 3: 'maybe' is no MANE status"),
        ],
    )
    def test_tells_what_is_wrong(self, tmp_path: Path, text: str, message: str) -> None:
        with pytest.raises(InvalidReferenceError) as raised:
            read_mane(put(tmp_path / "mane.txt", text))
        assert message in str(raised.value)
