"""The consequences of the alleles of one run, asked for and put into the text of their records."""

import re

import numpy as np
from numpy.typing import NDArray

from annotator.alleles import vep_alleles
from annotator.columns import ALT, INFO, REF, UPPER
from annotator.csq import encode
from annotator.effects.effect import Variant
from annotator.effects.structural import StructuralVariant, allele_term, structural_variant
from annotator.findings import ContigFindings, Findings
from annotator.pairs import Queries
from annotator.reaches import span_of
from annotator.run_work import RunWork
from annotator.spans import Spans, spans_of
from annotator.verdicts import Alleles, StructuralAllele

_TOLD_TYPE = re.compile(rb"(?:^|;)SVTYPE=([A-Za-z0-9:]+)(?:;|$)")


def add_consequences(
    work: RunWork, alleles: Alleles, findings: ContigFindings, *, csq_name: str, names: list[str]
) -> None:
    """Add what the alleles do, as far as REF is known to be right."""
    asked = np.flatnonzero(alleles.verified)
    queries = _queries(work, alleles, asked)
    found = findings.find(queries, room=work.room)
    work.rows.add_found(alleles, asked=asked, found=found, findings=findings)
    offsets = found.rendered.offsets
    alone, others = np.flatnonzero(queries.whole), np.flatnonzero(~queries.whole)
    work.additions.consequences.put(
        alleles.records[asked[alone]], text=found.rendered.text, begins=offsets[alone], ends=offsets[alone + 1]
    )
    shared = _SharedRecords(work)
    shared.add(found, findings, others, records=alleles.records[asked[others]], indexes=alleles.indexes[asked[others]])
    structural = _structural_variants(work)
    if structural:
        found = findings.find(_structural_queries(structural), room=work.room)
        records = np.array([one.record for one, _, _ in structural], dtype=np.int64)
        indexes = np.array([one.index for one, _, _ in structural], dtype=np.int64)
        shared.add(found, findings, np.arange(len(structural)), records=records, indexes=indexes)
        work.ledger.notes["STRUCTURAL"] += len(np.unique(records))
    shared.write(csq_name=csq_name, names=names)


class _SharedRecords:
    """Records of which several alleles, or none alone, were found: their texts are put together here."""

    def __init__(self, work: RunWork) -> None:
        self._work = work
        self._found: dict[int, dict[int, tuple[bytes, tuple[str, ...]]]] = {}  # entries and values by record and allele

    def add(
        self,
        found: Findings,
        findings: ContigFindings,
        rows: NDArray[np.int64],
        *,
        records: NDArray[np.int64],
        indexes: NDArray[np.int64],
    ) -> None:
        """Add alleles, which stand in these rows of `found`."""
        offsets, text = found.rendered.offsets, found.rendered.text
        told = (found.transcripts[rows], found.terms[rows], found.ranks[rows], offsets[rows], offsets[rows + 1])
        columns = (column.tolist() for column in (records, indexes, *told))
        for record, index, transcript, terms, rank, begin, end in zip(*columns, strict=True):
            values = findings.values(transcript=transcript, terms=terms, rank=rank)
            self._found.setdefault(record, {})[index] = bytes(text[begin:end]), values

    def write(self, *, csq_name: str, names: list[str]) -> None:
        """Write the INFO text of each record; an allele that was not found has dots."""
        nothing = ("",) * len(names)
        for record, alleles in self._found.items():
            entries = b",".join(alleles[index][0] for index in sorted(alleles))
            rows = [alleles[index][1] if index in alleles else nothing for index in range(self._work.alt_count(record))]
            columns = zip(names, zip(*rows, strict=True), strict=True)
            own = "".join(f";{name}={','.join(value or '.' for value in values)}" for name, values in columns)
            self._work.additions.shared.put_one(record, f"{csq_name}=".encode() + entries + own.encode())


def _queries(work: RunWork, alleles: Alleles, asked: NDArray[np.int64]) -> Queries:
    """What to ask about these alleles; behind the block's text stands a dash, VEP's Allele where no bases are left."""
    columns = work.checked.columns
    begins, lengths = alleles.alt_begins[asked], alleles.alt_lengths[asked]
    whole = alleles.simple[asked]
    record, texts = -1, [(0, 0)]
    for row in np.flatnonzero(~whole).tolist():
        if alleles.records[asked[row]] != record:  # a record may have very many alleles
            record = int(alleles.records[asked[row]])
            texts = _vep_texts(work, record)
        begins[row], lengths[row] = texts[alleles.indexes[asked[row]]]
        whole[row] = len(texts) == 1
    are_snvs = alleles.are_snvs[asked]
    deleted, inserted = alleles.ref_lengths[asked], alleles.alt_lengths[asked]
    word_begins = np.where(deleted > 0, alleles.ref_begins[asked], alleles.alt_begins[asked])
    word_lengths = np.where((deleted == 0) | (inserted == 0), deleted + inserted, 0)

    def variant(number: int) -> Variant:
        allele = int(asked[number])
        ref, alt = work.bases(alleles, allele)
        return Variant(position=int(alleles.positions[allele]), ref=ref.decode(), alt=alt.decode())

    return Queries(
        first=alleles.positions[asked],
        last=alleles.ends[asked],
        refs=np.where(are_snvs, UPPER[columns.codes[alleles.ref_begins[asked]]], 0).astype(np.uint8),
        alts=np.where(are_snvs, UPPER[columns.codes[alleles.alt_begins[asked]]], 0).astype(np.uint8),
        words=Spans(text=columns.codes, begins=word_begins, ends=word_begins + word_lengths),
        texts=columns.text + b"-",
        text_begins=np.where(lengths > 0, begins, len(columns.text)),
        text_lengths=np.maximum(lengths, 1),
        structural=np.zeros(len(asked), dtype=np.bool_),
        whole=whole,
        variant=variant,
    )


def _vep_texts(work: RunWork, record: int) -> list[tuple[int, int]]:
    """Where VEP's Allele of each ALT allele of a record begins, and how long it is."""
    columns = work.checked.columns
    alts = columns.field(record, ALT).split(b",")
    stop = int(columns.span(ALT)[0][record]) - 1
    found = []
    for alt, text in zip(alts, vep_alleles(columns.field(record, REF), alts), strict=True):
        stop += len(alt) + 1
        length = 0 if text == b"-" else len(text)
        found.append((stop - length, length))
    return found


def _structural_variants(work: RunWork) -> list[tuple[StructuralAllele, StructuralVariant, str]]:
    """Symbolic alleles and breakends of which something can be said, and what VEP's Allele column calls them."""
    known = []
    for one in work.verdicts.structural:
        info = work.checked.columns.field(one.record, INFO)
        end, length = span_of(info, one.index)
        alt = one.alt.decode("utf-8", "replace")
        variant = structural_variant(position=one.position, alt=alt, end=end, length=length)
        if variant is not None:
            told = _TOLD_TYPE.search(info) if work.alt_count(one.record) == 1 else None
            known.append((one, variant, allele_term(alt=alt, told_type=told[1].decode() if told else "")))
    return known


def _structural_queries(known: list[tuple[StructuralAllele, StructuralVariant, str]]) -> Queries:
    count = len(known)
    texts = [encode(text).encode() for _, _, text in known]  # an ALT column may hold what would end INFO
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    return Queries(
        first=np.array([variant.start for _, variant, _ in known], dtype=np.int64),
        last=np.array([variant.end for _, variant, _ in known], dtype=np.int64),
        refs=np.zeros(count, dtype=np.uint8),
        alts=np.zeros(count, dtype=np.uint8),
        words=spans_of([b""] * count),
        texts=b"".join(texts),
        text_begins=np.cumsum(lengths) - lengths,
        text_lengths=lengths,
        structural=np.ones(count, dtype=np.bool_),
        whole=np.zeros(count, dtype=np.bool_),
        variant=lambda number: known[number][1],
    )
