"""Effects held against answers of Ensembl VEP: readers of its answers, of GFF3 and of a sequence; the counting."""

import gzip
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from annotator.effects.effect import ContigSequence, Effect, Variant
from annotator.effects.transcripts import effect_of
from annotator.effects.view import TranscriptView
from annotator.models.transcript import Interval, Transcript
from annotator.ontology import TERMS
from tests.annotator.effects.handmade import terms_of

COLUMNS = {
    "EXON": "exon",
    "INTRON": "intron",
    "HGVSc": "hgvsc",
    "HGVSp": "hgvsp",
    "cDNA_position": "cdna_position",
    "CDS_position": "cds_position",
    "Protein_position": "protein_position",
    "Amino_acids": "amino_acids",
    "Codons": "codons",
    "DISTANCE": "distance",
}
# As the rules of the comparison have it: finer terms count as the coarser ones, flanks do not count.
FOLDED = {
    "splice_donor_5th_base_variant": "splice_region_variant",
    "splice_donor_region_variant": "splice_region_variant",
    "splice_polypyrimidine_tract_variant": "intron_variant",
}
FLANKS = {"upstream_gene_variant", "downstream_gene_variant", "intergenic_variant"}

Answer = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of a contig in memory, N around it; `first` is its first base, 1-based."""

    text: bytes
    first: int
    length: int

    def bases(self, *, start: int, end: int) -> bytes:
        shift = self.first - 1
        inside = self.text[max(start - shift, 0) : max(end - shift, 0)]
        before = min(max(shift - start, 0), end - start)
        return b"N" * before + inside + b"N" * (end - start - before - len(inside))


@dataclass(slots=True)
class Score:
    """How many values are equal, by column, and the ones that are not."""

    equal: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)
    different: dict[str, list[tuple[str, str, str]]] = field(default_factory=lambda: defaultdict(list))

    def count(self, column: str, theirs: str, ours: str, *, where: str) -> None:
        self.total[column] += 1
        self.equal[column] += theirs == ours
        if theirs != ours:
            self.different[column].append((where, theirs, ours))

    def share(self, column: str) -> float:
        """Per cent."""
        return 100 * self.equal[column] / self.total[column]


def read_transcripts(path: Path) -> dict[str, Transcript]:
    """This function will read a GFF3 file of Ensembl's; by identifier without version."""
    parts: dict[str, list[tuple[str, Interval, str, str]]] = defaultdict(list)
    rows: list[tuple[list[str], dict[str, str]]] = []
    for line in _lines(path):
        columns = line.split("\t")
        attributes = dict(item.partition("=")[::2] for item in columns[8].split(";"))
        if attributes.get("ID", "").startswith("transcript:"):
            rows.append((columns, attributes))
        elif columns[2] in ("exon", "CDS"):
            place = int(columns[3]), int(columns[4])
            for parent in attributes["Parent"].split(","):
                parts[parent].append((columns[2], place, columns[7], attributes.get("protein_id", "")))
    found = {}
    for columns, attributes in rows:
        identifier = attributes["ID"].removeprefix("transcript:")
        found[identifier] = _transcript(columns, attributes, sorted(parts[attributes["ID"]], key=lambda one: one[1]))
    return found


def read_answers(path: Path) -> Iterator[tuple[Variant, str, list[Answer]]]:
    """This function will give each record's variant, its kind (`snv` or `indel`) and VEP's entries."""
    names: list[str] = []
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            if line.startswith("##INFO=<ID=CSQ"):
                names = line.split("Format: ")[1].rstrip('">\n').split("|")
            if line.startswith("#"):
                continue
            _, position, _, ref, alt, _, _, info = line.rstrip("\n").split("\t")[:8]
            kind = "snv" if len(ref) == len(alt) == 1 else "indel"
            value = dict(item.partition("=")[::2] for item in info.split(";"))["CSQ"]
            entries = [dict(zip(names, entry.split("|"), strict=True)) for entry in value.split(",")]
            yield _trimmed(int(position), ref, alt), kind, [one for one in entries if one["Feature"]]


def compare(
    answers: Iterator[tuple[Variant, str, list[Answer]]],
    transcripts: dict[str, Transcript],
    sequence: ContigSequence,
    *,
    view_class: Callable[[Transcript, ContigSequence], TranscriptView] = TranscriptView,
) -> Score:
    """This function will hold our effects against VEP's entries, column by column."""
    views = {name: view_class(one, sequence) for name, one in transcripts.items()}
    score = Score()
    for variant, kind, entries in answers:
        for entry in entries:
            view = views[entry["Feature"]]
            found = effect_of(variant, view)
            where = f"{variant.position} {variant.ref}>{variant.alt} {entry['Feature']}"
            if found is None:
                score.count("Consequence", entry["Consequence"], "", where=where)
            else:
                _count(score, kind, entry, found, is_coding=view.transcript.biotype == "protein_coding", where=where)
    return score


def _count(score: Score, kind: str, entry: Answer, found: Effect, *, is_coding: bool, where: str) -> None:
    score.count("Consequence", entry["Consequence"], terms_of(found), where=where)
    worst = _worst(entry["Consequence"])
    if worst and is_coding:
        score.count(f"class {kind}", worst, _worst(terms_of(found)), where=where)
    for column, name in COLUMNS.items():
        theirs, ours = unquote(entry[column]), getattr(found, name)
        if column in ("HGVSc", "HGVSp"):
            if theirs:
                score.count(f"{column} {kind}", theirs.split(":")[-1], ours.split(":")[-1], where=where)
        elif theirs or ours:
            score.count(column, theirs, ours, where=where)


def _worst(consequence: str) -> str:
    names = {FOLDED.get(name, name) for name in consequence.split("&")} - FLANKS
    return min(names, key=lambda name: TERMS[name].rank, default="")


def _transcript(
    columns: list[str], attributes: dict[str, str], parts: list[tuple[str, Interval, str, str]]
) -> Transcript:
    strand = 1 if columns[6] == "+" else -1
    coding = [one for one in parts if one[0] == "CDS"]
    first = (coding[0] if strand > 0 else coding[-1]) if coding else ("", (0, 0), "0", "")
    return Transcript(
        id=f"{attributes['ID'].removeprefix('transcript:')}.{attributes['version']}",
        contig=columns[0],
        start=int(columns[3]),
        end=int(columns[4]),
        strand=strand,
        biotype=attributes["biotype"],
        gene_id=attributes["Parent"].removeprefix("gene:"),
        symbol="",
        protein_id=f"{first[3]}.1" if first[3] else "",
        exons=tuple(place for kind, place, _, _ in parts if kind == "exon"),
        coding=tuple(place for _, place, _, _ in coding),
        phase=int(first[2]),
        is_canonical=False,
        mane_select="",
        mane_plus_clinical="",
        start_incomplete=int(first[2]) > 0,
        end_incomplete=False,
        selenocysteines=(),
        mitochondrial=False,
    )


def _trimmed(position: int, ref: str, alt: str) -> Variant:
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        position, ref, alt = position + 1, ref[1:], alt[1:]
    return Variant(position=position, ref=ref, alt=alt)


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            if not line.startswith("#"):
                yield line.rstrip("\n")


def read_piece(path: Path, *, length: int) -> Piece:
    """This function will read a FASTA file of one piece, whose name ends in `:first-last`, or of a whole contig."""
    with gzip.open(path, "rb") as stream:
        name, _, text = stream.read().partition(b"\n")
    place = name.partition(b":")[2].partition(b"-")[0]
    return Piece(text=text.replace(b"\n", b"").upper(), first=int(place or 1), length=length)
