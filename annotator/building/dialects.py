"""What Ensembl, GENCODE and RefSeq call the same things in the attributes of GFF3."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from annotator.building.gff3 import Attributes

CANONICAL_TAGS = frozenset(("Ensembl_canonical", "RefSeq Select", "MANE Select", "MANE_Select"))
SELECT_TAGS = frozenset(("MANE_Select", "MANE Select"))
PLUS_CLINICAL_TAGS = frozenset(("MANE_Plus_Clinical", "MANE Plus Clinical"))
START_INCOMPLETE_TAG = "cds_start_NF"
END_INCOMPLETE_TAG = "cds_end_NF"

_PREFIX = re.compile(r"^(?:gene|transcript|rna|CDS|cds|id)[:-]")
_VERSION = re.compile(r"\.(\d+)(?=$|_PAR_Y$)")
_PAR = "_PAR_Y"

# RefSeq's transcript rows name no biotype: their kind tells it, or the gene's.
_BIOTYPE_OF_KIND = {
    "mRNA": "protein_coding",
    "lnc_RNA": "lncRNA",
    "primary_transcript": "miRNA",
    "transcript": "misc_RNA",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneNames:
    """What a gene is called; `id` has no version, `symbol` may be empty."""

    id: str
    symbol: str
    biotype: str


def gene_names(attributes: Attributes) -> GeneNames:
    """Read a gene's row."""
    identifier = _text(attributes, "gene_id") or _entrez(attributes) or bare_identifier(attributes)
    identifier = _VERSION.sub("", identifier).removesuffix(_PAR)
    symbol = _text(attributes, "gene_name", "gene", "Name")
    return GeneNames(
        id=identifier,
        symbol="" if _VERSION.sub("", symbol) == identifier else symbol,
        biotype=_text(attributes, "gene_type", "gene_biotype", "biotype"),
    )


def transcript_identifier(attributes: Attributes) -> str:
    """A transcript's identifier, with its version where the row tells it."""
    return _versioned(_text(attributes, "transcript_id") or bare_identifier(attributes), attributes)


def protein_identifier(attributes: Attributes) -> str:
    """The protein's identifier out of a coding row, with its version where the row tells it; empty when it does not."""
    identifier = _text(attributes, "protein_id")
    return _versioned(identifier, attributes) if identifier else ""


def transcript_biotype(attributes: Attributes, *, kind: str, gene: GeneNames, is_coding: bool) -> str:
    """A transcript's biotype, in the words of its source."""
    told = _text(attributes, "transcript_type", "transcript_biotype", "biotype")
    if told:
        return told
    if kind.endswith(("gene", "gene_segment")) or "pseudogene" in gene.biotype:
        return gene.biotype or ("protein_coding" if is_coding else "misc_RNA")
    if is_coding:
        return "protein_coding"
    return _BIOTYPE_OF_KIND.get(kind, kind)


def tags(attributes: Attributes) -> frozenset[str]:
    return frozenset(unquote(tag) for tag in attributes.get("tag", "").split(","))


def ensembl_twin(attributes: Attributes) -> str:
    """Ensembl's identifier of the same transcript, as RefSeq tells it; empty when it does not."""
    return _reference(attributes, database="Ensembl")


def bare_identifier(attributes: Attributes) -> str:
    return _PREFIX.sub("", unquote(attributes.get("ID", "")))


def _versioned(identifier: str, attributes: Attributes) -> str:
    version = attributes.get("version", "")
    return f"{identifier}.{version}" if version.isdigit() and not _VERSION.search(identifier) else identifier


def _entrez(attributes: Attributes) -> str:
    return _reference(attributes, database="GeneID")


def _reference(attributes: Attributes, *, database: str) -> str:
    for reference in attributes.get("Dbxref", "").split(","):
        name, _, identifier = unquote(reference).partition(":")
        if name == database:
            return identifier
    return ""


def _text(attributes: Attributes, *names: str) -> str:
    return next((unquote(attributes[name]) for name in names if attributes.get(name)), "")
