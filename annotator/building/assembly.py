"""Put transcripts together from the rows of GFF3.

A transcript is any row that exons or coding parts name as their parent, whatever its kind, so RefSeq's mitochondrial
genes, which hold their coding parts themselves, are transcripts too. Its gene is the row without a parent above it.
What cannot be a transcript is left out and counted, because one odd model must not cost all others.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from urllib.parse import unquote

from annotator.building.dialects import (
    CANONICAL_TAGS,
    END_INCOMPLETE_TAG,
    PLUS_CLINICAL_TAGS,
    SELECT_TAGS,
    START_INCOMPLETE_TAG,
    GeneNames,
    ensembl_twin,
    gene_names,
    protein_identifier,
    tags,
    transcript_biotype,
    transcript_identifier,
)
from annotator.building.gff3 import Attributes, Row
from annotator.building.mane import Mane
from annotator.manifest import Contig
from annotator.models.transcript import Interval, Transcript

UNKNOWN_MANE = "MANE"  # of a transcript that its row calls a MANE one, when nothing tells the other identifier

_EXON, _CODING, _STOP = "exon", "CDS", "stop_codon"
_SELENOCYSTEINE = "stop_codon_redefined_as_selenocysteine"
_PARTS = frozenset((_EXON, _CODING, _STOP, _SELENOCYSTEINE))
_TRANSCRIPT_KIND = re.compile(r".*(?:RNA|transcript|transcript_variant|gene_segment)", re.IGNORECASE)
_SEC_EXCEPTION = re.compile(r"\(pos:([^a]*?(?:complement|join)?[^a]*?),aa:Sec\)")
_NUMBER = re.compile(r"\d+")
_NUMBER_OF_STRAND = {"+": 1, "-": -1}


@dataclass(slots=True)
class _Parts:
    """The rows below one transcript, by kind."""

    exons: list[Row] = field(default_factory=list)
    coding: list[Row] = field(default_factory=list)
    stops: list[Row] = field(default_factory=list)
    selenocysteines: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> None:
        {_EXON: self.exons, _CODING: self.coding, _STOP: self.stops, _SELENOCYSTEINE: self.selenocysteines}[
            row.kind
        ].append(row)

    @property
    def first(self) -> Row:
        return min(
            (*self.exons, *self.coding, *self.stops, *self.selenocysteines), key=lambda row: (row.file, row.line)
        )

    @property
    def strands(self) -> set[str]:
        return {row.strand for row in (*self.exons, *self.coding)}


class _UnusableError(Exception):
    """A transcript cannot be used; the text says why."""


def assemble(
    rows: Iterable[Row], *, contig: Contig, mitochondrial: bool, mane: Mane, left_out: Counter[str]
) -> list[Transcript]:
    """Give the transcripts of one contig's rows; raises InvalidReferenceError, with the line, for rows that contradict.

    `left_out` counts the transcripts that cannot be used, by reason.
    """
    named, parts = _sort_rows(rows)
    parents_with_transcripts = {parent for name in parts if name in named for parent in named[name].parents}
    found = []
    for name, row in named.items():
        if name not in parts and not (row.parents and _TRANSCRIPT_KIND.fullmatch(row.kind)):
            continue
        if name in parents_with_transcripts and not row.parents:
            continue  # a gene that repeats the parts of its transcripts
        try:
            found.append(
                _transcript(
                    row,
                    parts.get(name, _Parts()),
                    gene=_gene_of(row, named),
                    contig=contig,
                    mane=mane,
                    mitochondrial=mitochondrial,
                )
            )
        except _UnusableError as reason:
            left_out[str(reason)] += 1
    return found


def _sort_rows(rows: Iterable[Row]) -> tuple[dict[str, Row], dict[str, _Parts]]:
    named: dict[str, Row] = {}
    parts: dict[str, _Parts] = defaultdict(_Parts)
    for row in rows:
        if row.kind in _PARTS:
            for parent in row.parents:
                parts[parent].add(row)
            continue
        identifier = unquote(row.attributes.get("ID", ""))
        if not identifier:
            continue
        other = named.setdefault(identifier, row)
        if other is not row:
            if other.file != row.file or other.kind != row.kind:
                raise row.fault(f"{identifier} was already in {other.file}, line {other.line}")
            # One feature on several rows, as GFF3 allows.
            named[identifier] = replace(other, start=min(other.start, row.start), end=max(other.end, row.end))
    for parent, its_parts in parts.items():
        if parent not in named:
            raise its_parts.first.fault(f"its parent {parent} is not in the file")
    return named, dict(parts)


def _gene_of(row: Row, named: dict[str, Row]) -> GeneNames:
    seen = set()
    while row.parents and (parent := named.get(row.parents[0])) is not None and parent.line not in seen:
        seen.add(parent.line)
        row = parent
    return gene_names(row.attributes)


def _transcript(
    row: Row, parts: _Parts, *, gene: GeneNames, contig: Contig, mane: Mane, mitochondrial: bool
) -> Transcript:
    if row.end > contig.length:
        raise row.fault(f"it ends behind the end of {contig.name}, which has {contig.length:,} bases: another build?")
    strand = _strand_of(row, parts)
    coding_rows = sorted(parts.coding, key=lambda one: (one.start, one.end))
    coding = _with_stops(
        [(one.start, one.end) for one in coding_rows], stops=[(one.start, one.end) for one in parts.stops]
    )
    exons = _exons(row, parts, coding=coding)
    attributes = row.attributes
    identifier = transcript_identifier(attributes)
    if not identifier:
        raise row.fault("a transcript needs an ID")
    start_incomplete, end_incomplete = _incomplete_ends(coding_rows, strand=strand, names=tags(attributes))
    first = (coding_rows[0] if strand > 0 else coding_rows[-1]) if coding_rows else None
    phase = int(first.phase) if first is not None and first.phase != "." else 0
    select, plus_clinical = _mane_of(identifier, attributes, mane=mane)
    return Transcript(
        id=identifier,
        contig=contig.name,
        start=exons[0][0],
        end=exons[-1][1],
        strand=strand,
        biotype=transcript_biotype(attributes, kind=row.kind, gene=gene, is_coding=bool(coding)),
        gene_id=gene.id,
        symbol=gene.symbol,
        protein_id=next(filter(None, (protein_identifier(one.attributes) for one in coding_rows[:1])), ""),
        exons=exons,
        coding=coding,
        phase=phase,
        is_canonical=bool(CANONICAL_TAGS & tags(attributes)),
        mane_select=select,
        mane_plus_clinical=plus_clinical,
        start_incomplete=start_incomplete,
        end_incomplete=end_incomplete,
        selenocysteines=_selenocysteines(parts, coding=coding, strand=strand, phase=phase),
        mitochondrial=mitochondrial,
    )


def _strand_of(row: Row, parts: _Parts) -> int:
    strands = {row.strand} | parts.strands
    if len(strands) > 1:
        raise _UnusableError("parts on both strands")
    try:
        return _NUMBER_OF_STRAND[row.strand]
    except KeyError:
        raise _UnusableError("no strand") from None


def _exons(row: Row, parts: _Parts, *, coding: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """The exons, in genomic order; where there are no rows for them, what the coding parts tell."""
    if parts.exons:
        exons = tuple(sorted({(one.start, one.end) for one in parts.exons}))
    elif coding:
        exons = _joined(coding)
        exons = ((min(row.start, exons[0][0]), exons[0][1]), *exons[1:])
        exons = (*exons[:-1], (exons[-1][0], max(row.end, exons[-1][1])))
    else:
        exons = ((row.start, row.end),)
    if any(end >= start for (_, end), (start, _) in pairwise(exons)):
        raise _UnusableError("exons overlap")
    if not all(any(start <= first and last <= end for start, end in exons) for first, last in coding):
        raise _UnusableError("coding parts lie outside the exons")
    return exons


def _joined(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """The intervals, those that touch or overlap made one."""
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _with_stops(coding: list[Interval], *, stops: list[Interval]) -> tuple[Interval, ...]:
    """The coding parts with the stop codon, which some sources leave out of them."""
    outside = [
        (start, end) for start, end in stops if not any(first <= start and end <= last for first, last in coding)
    ]
    return _joined((*coding, *outside)) if coding and outside else tuple(coding)


def _incomplete_ends(coding: list[Row], *, strand: int, names: frozenset[str]) -> tuple[bool, bool]:
    """Whether start and end of the coding sequence are unknown, by GENCODE's tags or RefSeq's open ranges."""
    low = bool(coding) and "start_range" in coding[0].attributes
    high = bool(coding) and "end_range" in coding[-1].attributes
    start, end = (low, high) if strand > 0 else (high, low)
    return start or START_INCOMPLETE_TAG in names, end or END_INCOMPLETE_TAG in names


def _mane_of(identifier: str, attributes: Attributes, *, mane: Mane) -> tuple[str, str]:
    names = tags(attributes)
    twin = ensembl_twin(attributes) or UNKNOWN_MANE
    select = mane.select.get(identifier) or (twin if names & SELECT_TAGS else "")
    plus_clinical = mane.plus_clinical.get(identifier) or (twin if names & PLUS_CLINICAL_TAGS else "")
    return select, plus_clinical


def _selenocysteines(parts: _Parts, *, coding: tuple[Interval, ...], strand: int, phase: int) -> tuple[int, ...]:
    """Protein positions where TGA codes for selenocysteine, by RefSeq's exceptions or GENCODE's rows."""
    codons = [(one.start, one.end) for one in parts.selenocysteines]
    for text in {one.attributes.get("transl_except", "") for one in parts.coding}:
        for match in _SEC_EXCEPTION.finditer(unquote(text)):
            positions = [int(number) for number in _NUMBER.findall(match[1])]
            codons.append((min(positions), max(positions)))
    firsts = (start if strand > 0 else end for start, end in codons)
    offsets = (_coding_offset(position, coding=coding, strand=strand) for position in firsts)
    # As VEP counts: bases before the first whole codon belong to an amino acid of their own.
    return tuple(sorted({(offset + -phase % 3) // 3 + 1 for offset in offsets if offset is not None}))


def _coding_offset(position: int, *, coding: tuple[Interval, ...], strand: int) -> int | None:
    """0-based place of a genomic position in the coding sequence; None outside it."""
    before = 0
    for start, end in coding if strand > 0 else reversed(coding):
        if start <= position <= end:
            return before + (position - start if strand > 0 else end - position)
        before += end - start + 1
    return None
