"""The 37 genes of the human mitochondrial genome, entered as facts.

Coordinates are 1-based and inclusive on the revised Cambridge Reference Sequence (rCRS, NC_012920.1); names,
strands and identifiers are those of Ensembl release 110 and HGNC. The builder compares every row with the gene loci
it reads, so that a slip of the pen cannot survive.
"""

from dataclasses import dataclass

from annotator.models.transcript import Transcript

MITOCHONDRION = "MT"

RCRS_LENGTH = 16_569
RCRS_MD5 = "c68f52674c9fb33aef52dcf399755519"  # of the upper-case sequence with N at 3107, as in GRCh38's MT
RCRS_PLACEHOLDER = 3_107  # 1-based: the deletion that keeps the historical numbering; no base exists there


@dataclass(frozen=True, slots=True, kw_only=True)
class MitochondrialGene:
    """One gene with its one transcript; `biotype` is Ensembl's."""

    symbol: str
    start: int
    end: int
    strand: int  # 1 or -1
    gene_id: str
    transcript_id: str
    biotype: str
    protein_id: str  # empty: not coding

    @property
    def transcript(self) -> Transcript:
        """The gene's transcript: one exon, all of it coding if any is."""
        whole = ((self.start, self.end),)
        return Transcript(
            id=self.transcript_id,
            contig=MITOCHONDRION,
            start=self.start,
            end=self.end,
            strand=self.strand,
            biotype=self.biotype,
            gene_id=self.gene_id,
            symbol=self.symbol,
            protein_id=self.protein_id,
            exons=whole,
            coding=whole if self.protein_id else (),
            phase=0,
            is_canonical=True,
            mane_select="",
            mane_plus_clinical="",
            start_incomplete=False,
            end_incomplete=False,
            selenocysteines=(),
            mitochondrial=True,
        )


def _gene(row: str) -> MitochondrialGene:
    symbol, start, end, strand, gene_number, transcript, biotype, *protein_number = row.split()
    transcript_number, transcript_version = transcript.split(".")
    return MitochondrialGene(
        symbol=symbol,
        start=int(start),
        end=int(end),
        strand=1 if strand == "+" else -1,
        gene_id=f"ENSG{int(gene_number):011d}",
        transcript_id=f"ENST{int(transcript_number):011d}.{transcript_version}",
        biotype=biotype,
        protein_id=f"ENSP{int(protein_number[0]):011d}" if protein_number else "",
    )


_ROWS = """
MT-TF 577 647 + 210049 387314.1 Mt_tRNA
MT-RNR1 648 1601 + 211459 389680.2 Mt_rRNA
MT-TV 1602 1670 + 210077 387342.1 Mt_tRNA
MT-RNR2 1671 3229 + 210082 387347.2 Mt_rRNA
MT-TL1 3230 3304 + 209082 386347.1 Mt_tRNA
MT-ND1 3307 4262 + 198888 361390.2 protein_coding 354687
MT-TI 4263 4331 + 210100 387365.1 Mt_tRNA
MT-TQ 4329 4400 - 210107 387372.1 Mt_tRNA
MT-TM 4402 4469 + 210112 387377.1 Mt_tRNA
MT-ND2 4470 5511 + 198763 361453.3 protein_coding 355046
MT-TW 5512 5579 + 210117 387382.1 Mt_tRNA
MT-TA 5587 5655 - 210127 387392.1 Mt_tRNA
MT-TN 5657 5729 - 210135 387400.1 Mt_tRNA
MT-TC 5761 5826 - 210140 387405.1 Mt_tRNA
MT-TY 5826 5891 - 210144 387409.1 Mt_tRNA
MT-CO1 5904 7445 + 198804 361624.2 protein_coding 354499
MT-TS1 7446 7514 - 210151 387416.2 Mt_tRNA
MT-TD 7518 7585 + 210154 387419.1 Mt_tRNA
MT-CO2 7586 8269 + 198712 361739.1 protein_coding 354876
MT-TK 8295 8364 + 210156 387421.1 Mt_tRNA
MT-ATP8 8366 8572 + 228253 361851.1 protein_coding 355265
MT-ATP6 8527 9207 + 198899 361899.2 protein_coding 354632
MT-CO3 9207 9990 + 198938 362079.2 protein_coding 354982
MT-TG 9991 10058 + 210164 387429.1 Mt_tRNA
MT-ND3 10059 10404 + 198840 361227.2 protein_coding 355206
MT-TR 10405 10469 + 210174 387439.1 Mt_tRNA
MT-ND4L 10470 10766 + 212907 361335.1 protein_coding 354728
MT-ND4 10760 12137 + 198886 361381.2 protein_coding 354961
MT-TH 12138 12206 + 210176 387441.1 Mt_tRNA
MT-TS2 12207 12265 + 210184 387449.1 Mt_tRNA
MT-TL2 12266 12336 + 210191 387456.1 Mt_tRNA
MT-ND5 12337 14148 + 198786 361567.2 protein_coding 354813
MT-ND6 14149 14673 - 198695 361681.2 protein_coding 354665
MT-TE 14674 14742 - 210194 387459.1 Mt_tRNA
MT-CYB 14747 15887 + 198727 361789.2 protein_coding 354554
MT-TT 15888 15953 + 210195 387460.2 Mt_tRNA
MT-TP 15956 16023 - 210196 387461.2 Mt_tRNA
"""

MITOCHONDRIAL_GENES = tuple(_gene(row) for row in _ROWS.split("\n") if row)
