"""THE table of tracks: one entry per annotation source that a reference can hold. A new track is one entry here.

What an entry may say stands in `annotator.definitions`; `docs/tracks.md` lists the fields for people, and a test
compares the two. Order matters: it is the order of the values in INFO.
"""

from annotator.definitions import (
    FieldDefinition,
    GeneParts,
    GeneRows,
    TableRows,
    TrackDefinition,
    VcfAlleles,
    VcfSpans,
    cell,
    first,
    listed,
    mapped,
    number,
    parts,
)
from annotator.info import encode_value

# ClinVar's review status -> gold stars, as its page "Review status" defines them.
STARS = {
    "practice_guideline": "4",
    "reviewed_by_expert_panel": "3",
    "criteria_provided,_multiple_submitters,_no_conflicts": "2",
    "criteria_provided,_multiple_submitters": "2",
    "criteria_provided,_conflicting_classifications": "1",
    "criteria_provided,_conflicting_interpretations": "1",
    "criteria_provided,_single_submitter": "1",
    "no_assertion_criteria_provided": "0",
    "no_assertion_provided": "0",
    "no_classification_provided": "0",
    "no_classification_for_the_single_variant": "0",
    "no_classifications_from_unflagged_records": "0",
    "no_interpretation_for_the_single_variant": "0",
}

_UCSC = "UCSC Genome Browser"
_UCSC_LICENCE = "free for any use (UCSC's own table data)"
_BED4 = ("bin", "chrom", "chromStart", "chromEnd", "name")
_DGV = (
    *(*_BED4, "score", "strand", "thickStart", "thickEnd", "itemRgb", "varType", "reference", "pubMedId", "method"),
    *("platform", "mergedVariants", "supportingVariants", "sampleSize", "observedGains", "observedLosses"),
    *("cohortDescription", "genes", "samples"),
)
_GWAS = (
    *(*_BED4, "pubMedID", "author", "pubDate", "journal", "title", "trait", "initSample", "replSample", "region"),
    *("genes", "riskAllele", "riskAlFreq", "pValue", "pValueDesc", "orOrBeta", "ci95", "platform", "cnv"),
)
_DUPLICATIONS = (
    *(*_BED4, "score", "strand", "otherChrom", "otherStart", "otherEnd", "otherSize", "uid", "posBasesHit"),
    *("testResult", "verdict", "chits", "ccov", "alignfile", "alignL", "indelN", "indelS", "alignB", "matchB"),
    *("mismatchB", "transitionsB", "transversionsB", "fracMatch", "fracMatchIndel", "jcK", "k2K"),
)

CYTOBANDS = TrackDefinition(
    id="cytobands",
    label="Cytogenetic bands",
    layout=TableRows(columns=("chrom", "chromStart", "chromEnd", "name", "gieStain")),
    fields=(
        FieldDefinition(
            id="CYTOBAND",
            description="Cytogenetic bands that the record touches",
            form=lambda cells: encode_value(f"{cells('contig')}{cells('name')}") if cells("name") else "",
        ),
    ),
    publisher=_UCSC,
    licence=_UCSC_LICENCE,
    files=r"cytoband",
)

GENES = TrackDefinition(
    id="genes",
    label="Genes",
    layout=GeneParts(part="gene"),
    fields=(
        FieldDefinition(id="GENE", description="Symbols of genes whose locus the record touches", form=cell("symbol")),
        FieldDefinition(id="GENE_ID", description="Ensembl identifiers of these genes", form=cell("id")),
    ),
    publisher="the gene models",
    licence="that of the gene models",
    files="",
)

EXONS = TrackDefinition(
    id="exons",
    label="Exons",
    layout=GeneParts(part="exon"),
    fields=(
        FieldDefinition(
            id="EXON_OF",
            description="Genes with an exon, of any transcript, that the record touches",
            form=first("symbol", "id"),
        ),
    ),
    publisher="the gene models",
    licence="that of the gene models",
    files="",
)

RECEPTORS = TrackDefinition(
    id="receptors",
    label="Immunoglobulin and T-cell receptor loci",
    layout=GeneParts(part="receptor"),
    fields=(
        FieldDefinition(
            id="IG_TR",
            description="Immunoglobulin or T-cell receptor genes that the record touches. Format: gene|biotype",
            form=lambda cells: f"{first('symbol', 'id')(cells)}|{cell('biotype')(cells)}",
        ),
    ),
    publisher="the gene models",
    licence="that of the gene models",
    files="",
)

PROMOTERS = TrackDefinition(
    id="promoters",
    label="Promoters: 500 bp upstream of a transcript, within a CpG island",
    layout=GeneParts(part="promoter"),
    fields=(
        FieldDefinition(
            id="PROMOTER_OF",
            description="Genes in whose promoter the record lies: 500 bp upstream of a transcript and in a CpG island",
            form=first("symbol", "id"),
        ),
    ),
    publisher="the gene models and UCSC's CpG islands",
    licence=_UCSC_LICENCE,
    files=r"cpgislandext",
)

CPG_ISLANDS = TrackDefinition(
    id="cpg_islands",
    label="CpG islands",
    layout=TableRows(columns=(*_BED4, "length", "cpgNum", "gcNum", "perCpg", "perGc", "obsExp")),
    fields=(
        FieldDefinition(
            id="CPG_ISLAND",
            type="Integer",
            description="Number of CpG dinucleotides in each CpG island that the record touches",
            form=cell("cpgNum"),
        ),
    ),
    publisher=_UCSC,
    licence=_UCSC_LICENCE,
    files=r"cpgislandext",
)

HGNC = TrackDefinition(
    id="hgnc",
    label="Gene names (HGNC)",
    layout=GeneRows(ids="ensembl_gene_id", symbol="symbol"),
    fields=(
        FieldDefinition(
            id="HGNC_ID",
            description="HGNC identifiers, without the prefix HGNC:, of genes whose locus the record touches",
            form=lambda cells: encode_value(cells("hgnc_id").removeprefix("HGNC:")),
        ),
        FieldDefinition(id="GENE_NAME", description="Full names of these genes", form=cell("name")),
        FieldDefinition(
            id="GENE_SYNONYM",
            description="Other symbols of these genes; for each gene its symbol, then its synonyms, joined by &",
            form=lambda cells: (
                f"{cell('symbol')(cells)}&{others}"
                if (others := listed("alias_symbol", "prev_symbol", separator="|")(cells))
                else ""
            ),
        ),
    ),
    publisher="HGNC",
    licence="CC0-1.0",
    files=r"hgnc",
)

GENCC = TrackDefinition(
    id="gencc",
    label="Gene-disease relations (GenCC)",
    layout=GeneRows(ids="", symbol="gene_symbol"),
    fields=(
        FieldDefinition(
            id="GENCC",
            description="Diseases of genes whose locus the record touches. "
            "Format: gene|disease|classification|inheritance|submitter",
            form=parts("gene_symbol", "disease_title", "classification_title", "moi_title", "submitter_title"),
        ),
    ),
    publisher="Gene Curation Coalition",
    licence="CC0-1.0",
    files=r"gencc",
)

GWAS = TrackDefinition(
    id="gwas",
    label="GWAS Catalog",
    layout=TableRows(columns=_GWAS),
    fields=(
        FieldDefinition(
            id="GWAS",
            description="Associations at positions that the record touches, whatever its alleles. "
            "Format: trait|dbSNP|risk_allele|p_value|PubMed",
            form=parts("trait", "name", "riskAllele", "pValue", "pubMedID"),
        ),
    ),
    publisher="NHGRI-EBI GWAS Catalog",
    licence="EMBL-EBI terms of use",
    files=r"gwascatalog",
)

MIRNA_SITES = TrackDefinition(
    id="mirna_sites",
    label="miRNA target sites (TargetScan)",
    layout=TableRows(columns=(*_BED4, "score", "strand")),
    fields=(
        FieldDefinition(
            id="MIRNA_SITE",
            description="Predicted miRNA target sites that the record touches, as TargetScan names them "
            "(gene and miRNA family)",
            form=cell("name"),
        ),
    ),
    publisher="TargetScan, by UCSC",
    licence="free for any use, says UCSC; cite TargetScan",
    files=r"targetscan",
)

SEGMENTAL_DUPLICATIONS = TrackDefinition(
    id="segmental_duplications",
    label="Segmental duplications",
    layout=TableRows(columns=_DUPLICATIONS),
    fields=(
        FieldDefinition(
            id="SEGDUP",
            description="Every other copy of the segments that the record touches. Format: place|identity, "
            "place 1-based with both ends",
            form=lambda cells: (
                f"{cell('otherChrom')(cells)}%3A{int(cells('otherStart')) + 1}-{int(cells('otherEnd'))}"
                f"|{number('fracMatch')(cells)}"
            ),
        ),
    ),
    publisher=_UCSC,
    licence=_UCSC_LICENCE,
    files=r"genomicsuperdups",
)

CNV = TrackDefinition(
    id="cnv",
    label="Copy-number variable regions (DGV)",
    layout=TableRows(columns=_DGV),
    fields=(
        FieldDefinition(
            id="CNV",
            description="Kinds of copy-number and structural variants known to cover a base of the record",
            form=cell("varType"),
        ),
    ),
    publisher="Database of Genomic Variants, by UCSC",
    licence="free for any use, says UCSC; cite DGV",
    files=r"dgvmerged",
)

GNOMAD_SV = TrackDefinition(
    id="gnomad_sv",
    label="Structural variants (gnomAD-SV)",
    layout=VcfSpans(),
    fields=(
        FieldDefinition(
            id="GNOMAD_SV",
            description="Structural variants of gnomAD that the record touches. Format: type|frequency|identifier",
            form=lambda cells: f"{cell('SVTYPE')(cells)}|{number('AF')(cells)}|{cell('ID')(cells)}",
        ),
    ),
    publisher="gnomAD",
    licence="CC0-1.0",
    files=r"gnomad.*sv.*sites",
)

TFBS = TrackDefinition(
    id="tfbs",
    label="Transcription factor binding (ENCODE clusters)",
    layout=TableRows(columns=(*_BED4, "score")),
    fields=(
        FieldDefinition(
            id="TFBS",
            description="Transcription factors with a cluster of binding sites that the record touches",
            form=cell("name"),
        ),
    ),
    publisher="ENCODE, by UCSC",
    licence="free for any use (ENCODE)",
    files=r"tfbsclustered",
)

DBSNP = TrackDefinition(
    id="dbsnp",
    label="dbSNP",
    layout=VcfAlleles(),
    fields=(
        FieldDefinition(
            id="DBSNP",
            number="A",
            description="dbSNP number of each ALT allele",
            form=cell("dbsnp"),
        ),
    ),
    publisher="NCBI",
    licence="public domain",
    files=r"dbsnp|GCF_000001405",
    fills_identifier=True,
    identifier_field="DBSNP",
)

CLINVAR = TrackDefinition(
    id="clinvar",
    label="ClinVar",
    layout=VcfAlleles(),
    fields=(
        FieldDefinition(
            id="CLINVAR_ID",
            number="A",
            type="Integer",
            description="ClinVar variation identifier",
            form=lambda cells: cells("ID") if cells("ID").isdigit() else "",
        ),
        FieldDefinition(
            id="CLINVAR_SIG",
            number="A",
            description="ClinVar clinical significance; several joined by &",
            form=listed("CLNSIG", separator="|"),
        ),
        FieldDefinition(id="CLINVAR_REVIEW", number="A", description="ClinVar review status", form=cell("CLNREVSTAT")),
        FieldDefinition(
            id="CLINVAR_STARS",
            number="A",
            type="Integer",
            description="ClinVar review status as stars, 0 to 4",
            form=mapped("CLNREVSTAT", STARS),
        ),
        FieldDefinition(
            id="CLINVAR_DISEASE",
            number="A",
            description="ClinVar diseases, joined by &",
            form=listed("CLNDN", separator="|"),
        ),
        FieldDefinition(
            id="CLINVAR_MC",
            number="A",
            description="Molecular consequences by ClinVar, joined by &",
            form=lambda cells: "&".join(
                encode_value(item.partition("|")[2]) for item in cells("MC").split(",") if "|" in item
            ),
        ),
    ),
    publisher="NCBI",
    licence="public domain",
    files=r"clinvar",
    fills_identifier=True,
)

GNOMAD = TrackDefinition(
    id="gnomad",
    label="gnomAD allele frequencies",
    layout=VcfAlleles(),
    fields=(
        FieldDefinition(
            id="GNOMAD_AF",
            number="A",
            type="Float",
            description="Allele frequency in all of gnomAD",
            form=number("AF_joint", "AF"),
        ),
        FieldDefinition(
            id="GNOMAD_POPMAX_AF",
            number="A",
            type="Float",
            description="Allele frequency in the genetic ancestry group of gnomAD where it is highest",
            form=number("AF_grpmax_joint", "AF_grpmax", "AF_popmax"),
        ),
        FieldDefinition(
            id="GNOMAD_POPMAX",
            number="A",
            description="That genetic ancestry group",
            form=first("grpmax_joint", "grpmax", "popmax"),
        ),
        FieldDefinition(
            id="GNOMAD_FILTER",
            number="A",
            description="Filters that the variant failed in gnomAD, joined by &; missing when it passed",
            form=lambda cells: "" if cells("FILTER") == "PASS" else listed("FILTER", separator=";")(cells),
        ),
    ),
    publisher="gnomAD",
    licence="CC0-1.0",
    files=r"gnomad(?!.*sv).*sites",
)

TRACKS: tuple[TrackDefinition, ...] = (
    *(CYTOBANDS, GENES, EXONS, RECEPTORS, PROMOTERS, CPG_ISLANDS, HGNC, GENCC, GWAS, MIRNA_SITES),
    *(SEGMENTAL_DUPLICATIONS, CNV, GNOMAD_SV, TFBS, DBSNP, CLINVAR, GNOMAD),
)
BY_ID = {track.id: track for track in TRACKS}
