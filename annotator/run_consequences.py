"""The consequences of the alleles of one run, asked for and put into the text of their records."""

import re

import numpy as np
from numpy.typing import NDArray

from annotator.alts import AltLists, alts_of, vep_begins
from annotator.columns import INFO, UPPER
from annotator.csq import ALLELE_FIELDS, encode
from annotator.effects.effect import Variant
from annotator.effects.structural import StructuralVariant, allele_term, structural_variant
from annotator.findings import ContigFindings, Findings
from annotator.pairs import Queries
from annotator.reaches import span_of
from annotator.run_work import RunWork
from annotator.spans import Spans, spans_of
from annotator.texts import Pool, Texts
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
    shared = _SharedRecords(findings)
    shared.add(found, others, records=alleles.records[asked[others]], indexes=alleles.indexes[asked[others]])
    structural = _structural_variants(work)
    if structural:
        found = findings.find(_structural_queries(structural), room=work.room)
        records = np.array([one.record for one, _, _ in structural], dtype=np.int64)
        indexes = np.array([one.index for one, _, _ in structural], dtype=np.int64)
        shared.add(found, np.arange(len(structural)), records=records, indexes=indexes)
        work.ledger.notes["STRUCTURAL"] += len(np.unique(records))
    shared.write(work, csq_name=csq_name, names=names)


class _SharedRecords:
    """Records of which several alleles, or none alone, were found: their texts are put together here."""

    def __init__(self, findings: ContigFindings) -> None:
        self._findings = findings
        self._records: list[NDArray[np.int64]] = []
        self._indexes: list[NDArray[np.int64]] = []
        self._entries: list[bytes] = []
        self._values: list[list[bytes]] = [[] for _ in ALLELE_FIELDS]

    def add(
        self, found: Findings, rows: NDArray[np.int64], *, records: NDArray[np.int64], indexes: NDArray[np.int64]
    ) -> None:
        """Add alleles, which stand in these rows of `found`."""
        offsets, text = found.rendered.offsets, found.rendered.text
        spans = zip(offsets[rows].tolist(), offsets[rows + 1].tolist(), strict=True)
        self._entries += [bytes(text[begin:end]) for begin, end in spans]
        for column, values in zip(self._values, self._findings.values(found, rows), strict=True):
            column.extend(values)
        self._records.append(records)
        self._indexes.append(indexes)

    def write(self, work: RunWork, *, csq_name: str, names: list[str]) -> None:
        """Write the INFO text of each record; an allele that was not found has dots."""
        if not self._entries:
            return
        records, indexes = np.concatenate(self._records), np.concatenate(self._indexes)
        order = np.lexsort((indexes, records))
        lists = AltLists(work.checked.columns, records=records[order], indexes=indexes[order])
        entries = lists.of_known(Texts.of(self._entries).where(order), lead=f"{csq_name}=".encode())
        own = [
            lists.of_all(Texts.of(values).where(order), lead=f";{name}=".encode())
            for name, values in zip(names, self._values, strict=True)
        ]
        pool = Pool()
        pieces = [pool.put(texts) for texts in (entries, *own)]
        work.additions.shared.put_texts(lists.records, pool.join(*pieces, count=len(lists.records)))


def _queries(work: RunWork, alleles: Alleles, asked: NDArray[np.int64]) -> Queries:
    """What to ask about these alleles; behind the block's text stands a dash, VEP's Allele where no bases are left."""
    columns = work.checked.columns
    begins, lengths = alleles.alt_begins[asked], alleles.alt_lengths[asked]
    whole = alleles.simple[asked]
    others = np.flatnonzero(~whole)
    if len(others):
        records, which = np.unique(alleles.records[asked[others]], return_inverse=True)
        alts = alts_of(columns, records)
        places = alts.firsts[which] + alleles.indexes[asked[others]]
        begins[others] = vep_begins(columns, records, alts)[places]
        lengths[others] = alts.ends[places] - begins[others]
        whole[others] = np.bincount(alts.owners)[which] == 1
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
