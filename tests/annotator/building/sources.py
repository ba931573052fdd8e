"""Small sources to build from: one invented contig with the same two genes as each publisher writes them."""

import gzip
from pathlib import Path

LENGTH = 2_000
BASES = "ACGTTGCAAC" * (LENGTH // 10)


def fasta(*names: str, bases: str = BASES, width: int = 70) -> str:
    lines = "\n".join(bases[start : start + width] for start in range(0, len(bases), width))
    return "".join(f">{name} a description\n{lines}\n" for name in names)


def gff3(*rows: str) -> str:
    """Rows whose columns are separated by spaces; the attributes may hold spaces, too."""
    return "##gff-version 3\n" + "".join("\t".join(row.split(maxsplit=8)) + "\n" for row in rows)


def put(path: Path, text: str) -> Path:
    data = text.encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


# Order as Ensembl's files have it: by start, parts before the rows that they belong to.
ENSEMBL = gff3(
    "c1 ensembl exon 101 200 . + . Parent=transcript:ENST01;Name=ENSE01;rank=1",
    "c1 ensembl CDS 151 200 . + 0 ID=CDS:ENSP01;Parent=transcript:ENST01;protein_id=ENSP01;version=3",
    "c1 ensembl biological_region 110 120 . + . logic_name=cpg",
    "c1 ensembl gene 101 400 . + . ID=gene:ENSG01;Name=ABC1;biotype=protein_coding;gene_id=ENSG01;version=7",
    "c1 ensembl mRNA 101 400 . + . ID=transcript:ENST01;Parent=gene:ENSG01;Name=ABC1-201;biotype=protein_coding;"
    "tag=basic,Ensembl_canonical,MANE_Select;transcript_id=ENST01;version=2",
    "c1 ensembl exon 301 400 . + . Parent=transcript:ENST01;Name=ENSE02;rank=2",
    "c1 ensembl CDS 301 349 . + 1 ID=CDS:ENSP01;Parent=transcript:ENST01;protein_id=ENSP01;version=3",
    "c1 ensembl ncRNA_gene 501 600 . - . ID=gene:ENSG02;biotype=lncRNA;gene_id=ENSG02;version=1",
    "c1 ensembl lnc_RNA 501 600 . - . ID=transcript:ENST02;Parent=gene:ENSG02;biotype=lncRNA;transcript_id=ENST02",
    "c1 ensembl exon 501 600 . - . Parent=transcript:ENST02;Name=ENSE03;rank=1",
)

GENCODE = gff3(
    "c1 HAVANA gene 101 400 . + . ID=ENSG01.7;gene_id=ENSG01.7;gene_type=protein_coding;gene_name=ABC1;level=2",
    "c1 HAVANA transcript 101 400 . + . ID=ENST01.2;Parent=ENSG01.7;gene_id=ENSG01.7;transcript_id=ENST01.2;"
    "gene_type=protein_coding;gene_name=ABC1;transcript_type=protein_coding;transcript_name=ABC1-201;"
    "protein_id=ENSP01.3;tag=basic,Ensembl_canonical,MANE_Select",
    "c1 HAVANA exon 101 200 . + . ID=exon:ENST01.2:1;Parent=ENST01.2;transcript_id=ENST01.2;exon_number=1",
    "c1 HAVANA CDS 151 200 . + 0 ID=CDS:ENST01.2;Parent=ENST01.2;transcript_id=ENST01.2;protein_id=ENSP01.3",
    "c1 HAVANA start_codon 151 153 . + 0 ID=start_codon:ENST01.2;Parent=ENST01.2",
    "c1 HAVANA exon 301 400 . + . ID=exon:ENST01.2:2;Parent=ENST01.2;transcript_id=ENST01.2;exon_number=2",
    "c1 HAVANA CDS 301 349 . + 1 ID=CDS:ENST01.2;Parent=ENST01.2;transcript_id=ENST01.2;protein_id=ENSP01.3",
    "c1 HAVANA stop_codon 347 349 . + 0 ID=stop_codon:ENST01.2;Parent=ENST01.2",
    "c1 HAVANA gene 501 600 . - . ID=ENSG02.1;gene_id=ENSG02.1;gene_type=lncRNA;gene_name=ENSG02",
    "c1 HAVANA transcript 501 600 . - . ID=ENST02.1;Parent=ENSG02.1;gene_id=ENSG02.1;transcript_id=ENST02.1;"
    "gene_type=lncRNA;gene_name=ENSG02;transcript_type=lncRNA;tag=basic",
    "c1 HAVANA exon 501 600 . - . ID=exon:ENST02.1:1;Parent=ENST02.1;transcript_id=ENST02.1;exon_number=1",
)

REFSEQ = gff3(
    "c1 RefSeq region 1 2000 . + . ID=c1:1..2000;Dbxref=taxon:9606;gbkey=Src;genome=chromosome",
    "c1 BestRefSeq gene 101 400 . + . ID=gene-ABC1;Dbxref=GeneID:11,HGNC:HGNC:5;Name=ABC1;gbkey=Gene;gene=ABC1;"
    "gene_biotype=protein_coding",
    "c1 BestRefSeq mRNA 101 400 . + . ID=rna-NM_01.2;Parent=gene-ABC1;Dbxref=Ensembl:ENST01.2,GeneID:11,"
    "GenBank:NM_01.2;Name=NM_01.2;gbkey=mRNA;gene=ABC1;tag=MANE Select;transcript_id=NM_01.2",
    "c1 BestRefSeq exon 101 200 . + . ID=exon-NM_01.2-1;Parent=rna-NM_01.2;gbkey=mRNA;transcript_id=NM_01.2",
    "c1 BestRefSeq exon 301 400 . + . ID=exon-NM_01.2-2;Parent=rna-NM_01.2;gbkey=mRNA;transcript_id=NM_01.2",
    "c1 BestRefSeq CDS 151 200 . + 0 ID=cds-NP_01.3;Parent=rna-NM_01.2;gbkey=CDS;protein_id=NP_01.3",
    "c1 BestRefSeq CDS 301 349 . + 1 ID=cds-NP_01.3;Parent=rna-NM_01.2;gbkey=CDS;protein_id=NP_01.3",
    "c1 Gnomon gene 501 600 . - . ID=gene-LOC2;Dbxref=GeneID:22;Name=LOC2;gbkey=Gene;gene=LOC2;gene_biotype=lncRNA",
    "c1 Gnomon lnc_RNA 501 600 . - . ID=rna-XR_02.1;Parent=gene-LOC2;Dbxref=GeneID:22;gbkey=ncRNA;gene=LOC2;"
    "transcript_id=XR_02.1",
    "c1 Gnomon exon 501 600 . - . ID=exon-XR_02.1-1;Parent=rna-XR_02.1;gbkey=ncRNA;transcript_id=XR_02.1",
)

MANE = (
    "#NCBI_GeneID\tEnsembl_Gene\tHGNC_ID\tsymbol\tname\tRefSeq_nuc\tRefSeq_prot\tEnsembl_nuc\tEnsembl_prot\t"
    "MANE_status\tGRCh38_chr\tchr_start\tchr_end\tchr_strand\n"
    "GeneID:11\tENSG01.7\tHGNC:5\tABC1\tone\tNM_01.2\tNP_01.3\tENST01.2\tENSP01.3\tMANE Select\tc1\t101\t400\t+\n"
    "GeneID:12\tENSG09.1\tHGNC:6\tABC9\tnine\tNM_09.4\tNP_09.4\tENST09.1\tENSP09.1\tMANE Plus Clinical\tc1\t1\t9\t-\n"
)
