"""The text of consequences: INFO/CSQ in Ensembl VEP's layout, and the fields of our own beside it."""

import re
from dataclasses import dataclass
from functools import lru_cache

from annotator.effects.effect import Effect
from annotator.info import InfoField
from annotator.models.store import Heading
from annotator.ontology import Term
from annotator.version import ANNOTATOR_VERSION

COLUMNS = (
    "Allele|Consequence|IMPACT|SYMBOL|Gene|Feature_type|Feature|BIOTYPE|EXON|INTRON|HGVSc|HGVSp|cDNA_position|"
    "CDS_position|Protein_position|Amino_acids|Codons|DISTANCE|STRAND|FLAGS|PICK|CANONICAL|MANE_SELECT|"
    "MANE_PLUS_CLINICAL"
)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The columns of a transcript's entries that do not depend on the allele, with the separators around them."""

    identity: str  # SYMBOL to BIOTYPE
    standing: str  # STRAND to MANE_PLUS_CLINICAL
    picked_standing: str


def feature_of(identifier: str) -> str:
    """VEP's Feature column: Ensembl's identifiers stand there without their version, RefSeq's with it."""
    return identifier.partition(".")[0] if identifier.startswith("ENS") else identifier


def frame_of(heading: Heading) -> Frame:
    """The frame of one transcript."""
    flags = ("cds_start_NF", heading.start_incomplete), ("cds_end_NF", heading.end_incomplete)
    flag_text = "&".join(name for name, holds in flags if holds)
    canonical = "YES" if heading.is_canonical else ""
    mane = f"|{canonical}|{encode(heading.mane_select)}|{encode(heading.mane_plus_clinical)}"
    identity = (heading.symbol, heading.gene_id, "Transcript", feature_of(heading.id), heading.biotype)
    return Frame(
        identity=f"|{'|'.join(map(encode, identity))}|",
        standing=f"|{heading.strand}|{flag_text}|{mane}",
        picked_standing=f"|{heading.strand}|{flag_text}|1{mane}",
    )


@lru_cache(maxsize=4096)
def term_names(terms: tuple[Term, ...]) -> str:
    return "&".join(term.name for term in terms)


def entry_body(identity: str, effect: Effect) -> str:
    """The columns behind Allele up to DISTANCE; `identity` are those from SYMBOL to BIOTYPE."""
    return (
        f"|{term_names(effect.terms)}|{effect.terms[0].impact}{identity}{effect.exon}|{effect.intron}|"
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
