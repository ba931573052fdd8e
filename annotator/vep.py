"""Consequences in the layout and the words of Ensembl VEP's CSQ field.

A column that this version cannot fill for sure stays empty.
"""

import re
from dataclasses import dataclass

from annotator.info import InfoField
from annotator.ontology import TERMS, Term, most_severe, term_of_bcftools
from annotator.transcripts import Transcript, TranscriptModels
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
    description=(f"Consequence annotations from Genomics Cloud annotator {ANNOTATOR_VERSION}. Format: {COLUMNS}"),
)
CONSEQUENCE_FIELD = InfoField(
    id="CONSEQUENCE",
    number="A",
    type="String",
    description="Most severe consequence of each ALT allele",
    source=_SOURCE,
    version=ANNOTATOR_VERSION,
)
IMPACT_FIELD = InfoField(
    id="IMPACT",
    number="A",
    type="String",
    description="Impact of the most severe consequence of each ALT allele",
    source=_SOURCE,
    version=ANNOTATOR_VERSION,
)
CONSEQUENCE_FIELDS = (CSQ_FIELD, CONSEQUENCE_FIELD, IMPACT_FIELD)

_CHANGE = re.compile(r"(\d+)([A-Z*])>(\d+)([A-Z*])")
_SAME = re.compile(r"(\d+)([A-Z*])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allele:
    """One normalised allele on the reference's contig; `position` is 1-based, `text` VEP's Allele column."""

    contig: str
    position: int
    ref: bytes
    alt: bytes
    text: str

    @property
    def is_single_base(self) -> bool:
        return len(self.ref) == len(self.alt) == 1

    @property
    def span(self) -> tuple[int, int]:
        """First and last base that changes; for an insertion the two bases around it."""
        if len(self.ref) == 1 and len(self.alt) > 1:
            return self.position, self.position + 1
        first = self.position + (1 if len(self.alt) < len(self.ref) and self.ref[0] == self.alt[0] else 0)
        return first, self.position + len(self.ref) - 1

    def lies_within(self, start: int, end: int) -> bool:
        first, last = self.span
        if len(self.ref) == 1 and len(self.alt) > 1:
            return start <= first and last <= end
        return first <= end and last >= start


@dataclass(frozen=True, slots=True, kw_only=True)
class AlleleConsequences:
    """What one allele does: CSQ entries, the most severe first, and that most severe term."""

    entries: tuple[str, ...]
    worst: Term


@dataclass(slots=True, kw_only=True)
class _Effect:
    """What `bcftools csq` says about one transcript."""

    terms: list[Term]
    amino_acids: str = ""


def consequences_of(allele: Allele, *, bcsq: str, models: TranscriptModels) -> AlleleConsequences | None:
    """Join what `bcftools csq` says (its BCSQ value) with our own intervals; None when no transcript is touched."""
    effects = _read_bcsq(bcsq)
    start, end = allele.span
    rows: list[tuple[int, str]] = []
    terms: list[Term] = []
    for transcript in models.overlapping(allele.contig, start=start, end=end):
        if not allele.lies_within(transcript.start, transcript.end):
            continue
        effect = effects.get(transcript.id) or _own_effect(allele, transcript)
        if effect.terms:
            worst = most_severe(effect.terms)
            terms.append(worst)
            rows.append((worst.rank, _entry(allele, transcript, effect)))
    if not rows:
        return None
    rows.sort(key=lambda row: row[0])
    return AlleleConsequences(entries=tuple(entry for _, entry in rows), worst=most_severe(terms))


def _read_bcsq(bcsq: str) -> dict[str, _Effect]:
    effects: dict[str, _Effect] = {}
    for item in bcsq.split(",") if bcsq else ():
        if item.startswith("@"):
            continue
        names, _gene, transcript_id, *rest = item.split("|")
        if not transcript_id:
            continue  # gene-level introns and non-coding hits: our intervals know the transcript
        effect = effects.setdefault(transcript_id, _Effect(terms=[]))
        for name in names.split("&"):
            term = term_of_bcftools(name)
            if term is not None and term not in effect.terms:
                effect.terms.append(term)
        if len(rest) > 2:
            effect.amino_acids = rest[2]
    for effect in effects.values():
        effect.terms = _as_vep_names(effect.terms)
    return effects


def _as_vep_names(terms: list[Term]) -> list[Term]:
    """Leave out the stop that `bcftools csq` sees gained in a frameshift of a model without a stop of its own."""
    if TERMS["frameshift_variant"] in terms:
        return [term for term in terms if term.name != "stop_gained"]
    return terms


def _own_effect(allele: Allele, transcript: Transcript) -> _Effect:
    in_exon = transcript.touches_exon(*allele.span)
    if transcript.coding:
        if not in_exon:
            return _Effect(terms=[TERMS["intron_variant"]])
        names = _own_exonic_names(transcript, allele.position) if allele.is_single_base else ()
        return _Effect(terms=[TERMS[name] for name in names])
    if in_exon:
        return _Effect(terms=[TERMS["non_coding_transcript_exon_variant"]])
    return _Effect(terms=[TERMS["intron_variant"], TERMS["non_coding_transcript_variant"]])


def _own_exonic_names(transcript: Transcript, position: int) -> tuple[str, ...]:
    """What is sure about a single base in an exon of a coding transcript when `bcftools csq` says nothing."""
    if transcript.in_incomplete_codon(position):
        return "incomplete_terminal_codon_variant", "coding_sequence_variant"
    before, after = position < transcript.coding[0][0], position > transcript.coding[-1][1]
    if before or after:
        return ("5_prime_UTR_variant" if before == (transcript.strand > 0) else "3_prime_UTR_variant",)
    return ()


def _entry(allele: Allele, transcript: Transcript, effect: _Effect) -> str:
    terms = sorted(effect.terms, key=lambda term: term.rank)
    protein_position, amino_acids = _protein_change(effect.amino_acids) if allele.is_single_base else ("", "")
    columns = {
        "Allele": allele.text,
        "Consequence": "&".join(term.name for term in terms),
        "IMPACT": terms[0].impact,
        "SYMBOL": transcript.symbol,
        "Gene": transcript.gene_id,
        "Feature_type": "Transcript",
        "Feature": transcript.id,
        "BIOTYPE": transcript.biotype,
        "Protein_position": protein_position,
        "Amino_acids": amino_acids,
        "STRAND": str(transcript.strand),
        "CANONICAL": "YES" if transcript.is_canonical else "",
    }
    if allele.is_single_base:
        columns["cDNA_position"] = _number(transcript.exonic_offset(allele.position))
        columns["CDS_position"] = _number(transcript.coding_offset(allele.position))
    return "|".join(columns.get(name, "") for name in COLUMNS.split("|"))


def _protein_change(text: str) -> tuple[str, str]:
    if (change := _CHANGE.fullmatch(text)) and change[1] == change[3]:
        return change[1], f"{change[2]}/{change[4]}"
    if same := _SAME.fullmatch(text):
        return same[1], same[2]
    return "", ""


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
