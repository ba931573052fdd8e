"""The text of consequences: INFO/CSQ in Ensembl VEP's layout, and the fields of our own beside it."""

import re
from functools import lru_cache

from annotator.effects.effect import Effect
from annotator.info import InfoField
from annotator.ontology import Term
from annotator.version import ANNOTATOR_VERSION

COLUMNS = (
    "Allele|Consequence|IMPACT|SYMBOL|Gene|Feature_type|Feature|BIOTYPE|EXON|INTRON|HGVSc|HGVSp|cDNA_position|"
    "CDS_position|Protein_position|Amino_acids|Codons|DISTANCE|STRAND|FLAGS|PICK|CANONICAL|MANE_SELECT|"
    "MANE_PLUS_CLINICAL"
)

ENSEMBL = "ENS"  # what its identifiers begin with

_SOURCE = "Genomics Cloud annotator"

# VEP's readers take what stands between "Format: " and the line's end for the columns: nothing may follow.
CSQ_FIELD = InfoField(
    id="CSQ",
    number=".",
    type="String",
    description=f"Consequence annotations from Genomics Cloud annotator {ANNOTATOR_VERSION}. Format: {COLUMNS}",
)


def _field(identifier: str, description: str) -> InfoField:
    return InfoField(
        id=identifier,
        number="A",
        type="String",
        description=description,
        source=_SOURCE,
        version=ANNOTATOR_VERSION,
    )


# One value an ALT allele, in the order in which `AlleleFindings.values` gives them.
ALLELE_FIELDS = (
    _field("CONSEQUENCE", "Most severe consequence of each ALT allele over all transcripts"),
    _field("IMPACT", "Impact of the most severe consequence of each ALT allele"),
    _field("PICKED_CONSEQUENCE", "Consequences of each ALT allele for the picked transcript, joined by &"),
    _field("PICKED_SYMBOL", "Gene symbol of the picked transcript"),
    _field("PICKED_FEATURE", "Identifier of the picked transcript"),
)
CONSEQUENCE_FIELDS = (CSQ_FIELD, *ALLELE_FIELDS)

GENOMIC_NAME_FIELD = _field(
    "HGVSG", "HGVS name of each ALT allele on the genome (m. on the mitochondrion), moved to the 3' end; VEP's HGVSg"
)

_RESERVED = re.compile(r"[%;=,|&\s\x00-\x1f]")


def encode(text: str) -> str:
    """Percent-encode what would end a CSQ column, an INFO value or a VCF column; colons are left to HGVS names."""
    return _RESERVED.sub(lambda found: f"%{ord(found[0]):02X}", text)


def feature_of(identifier: str) -> str:
    """VEP's Feature column: Ensembl's identifiers stand there without their version, RefSeq's with it."""
    return identifier.partition(".")[0] if identifier.startswith(ENSEMBL) else identifier


@lru_cache(maxsize=4096)
def term_names(terms: tuple[Term, ...]) -> str:
    return "&".join(term.name for term in terms)


def entry_head(terms: tuple[Term, ...]) -> str:
    """The columns from Consequence to IMPACT, with the separator before them."""
    return f"|{term_names(terms)}|{terms[0].impact if terms else ''}"


def entry_body(effect: Effect) -> str:
    """The columns from EXON to DISTANCE."""
    return (
        f"{effect.exon}|{effect.intron}|"
        f"{_encode_name(effect.hgvsc)}|{_encode_name(effect.hgvsp)}|{effect.cdna_position}|{effect.cds_position}|"
        f"{effect.protein_position}|{effect.amino_acids}|{effect.codons}|{effect.distance}"
    )


def intergenic_tail(term: Term) -> str:
    """The entry, without the allele, of a variant that is near no transcript."""
    columns = COLUMNS.count("|")
    before = f"|{term.name}|{term.impact}"
    picked = COLUMNS.split("|").index("PICK")
    return f"{before}{'|' * (picked - 2)}1{'|' * (columns - picked)}"


def _encode_name(text: str) -> str:
    return encode(text) if "=" in text or ";" in text else text
