"""Annotate one block of lines: check, judge, find, write. Everything that depends on a single block happens here.

The work of blocks is independent of each other, so several processes can share it, and gives the same bytes however it
is shared.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from annotator.additions import Additions
from annotator.alleles import vep_alleles
from annotator.bgzf import CompressedChunk, compress_chunk
from annotator.checking import BadLine, BlockChecker, CheckedBlock, Run
from annotator.columns import INFO, REF
from annotator.csq import ALLELE_FIELDS, CSQ_FIELD
from annotator.effects.effect import Variant
from annotator.fields import FieldNames, without_keys
from annotator.findings import ContigFindings, Finding, Hgvs
from annotator.info import join_per_allele
from annotator.ledger import Ledger, Rejection
from annotator.limits import Limits
from annotator.manifest import Contig
from annotator.normal_form import normal_form
from annotator.plain_zones import CHANGES, filled
from annotator.reaches import reaches
from annotator.reading import TextBlock
from annotator.record_columns import describe
from annotator.reference import Reference
from annotator.regions import RegionStore
from annotator.rows import Rows
from annotator.sequence import ContigBases
from annotator.sites import SiteStore, site_key, snv_keys
from annotator.summary import Summary
from annotator.table import batch_of
from annotator.verdicts import ANNOTATED, TRACKS_ONLY, Judge, OtherAllele, OtherRecord, Verdicts, pass_all

_ACGT = "ACGT"
_CODES = np.frombuffer(_ACGT.encode(), dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person may choose about an annotation."""

    hgvs: Hgvs = Hgvs.DEFAULT
    parentheses: bool = False  # predicted protein changes as p.(…)
    keeps_bad_lines: bool = False  # bad lines go to the ledger instead of refusing the file


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedRun:
    """Records of one contig in the result: for its index, and for the order of blocks."""

    run: Run
    begins: NDArray[np.int64]  # 0-based
    ends: NDArray[np.int64]  # exclusive
    offsets: NDArray[np.int64]  # of the records in the block's text, and of the end


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedBlock:
    """What one block has become."""

    number: int
    compressed: CompressedChunk
    runs: tuple[AnnotatedRun, ...]
    ledger: Ledger
    summary: Summary
    rows: pa.RecordBatch
    first_mismatch: Rejection | None  # None: REF agrees in all records that can be compared
    bad_lines: tuple[BadLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """All that the reference has about one contig."""

    sequence: ContigBases | None = None
    findings: ContigFindings | None = None
    regions: RegionStore
    sites: tuple[tuple[str, SiteStore], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One run while it is annotated, and what its block collects."""

    checked: CheckedBlock
    run: Run
    verdicts: Verdicts
    place: _Place
    additions: Additions
    ledger: Ledger
    summary: Summary
    rows: Rows


class BlockAnnotator:
    """Annotates blocks of one file, in any order."""

    def __init__(
        self, *, reference: Reference, column_count: int, names: FieldNames, limits: Limits, options: Options
    ) -> None:
        self._reference = reference
        self._names = names
        self._options = options
        self._checker = BlockChecker(
            column_count=column_count,
            contigs=reference.contigs,
            limits=limits,
            keeps_bad_lines=options.keeps_bad_lines,
        )
        self._max_listed = limits.max_listed_rejections
        self._track_of = {field.id.encode(): track.id for track in reference.region_tracks for field in track.fields}
        self._judge = Judge()
        self._text = b""
        self._place = _Place(regions=RegionStore({}))
        self._csq_name = names.name_of.get(CSQ_FIELD.id, "")
        self._allele_names = [names.name_of.get(field.id, "") for field in ALLELE_FIELDS]

    def annotate(self, block: TextBlock) -> AnnotatedBlock:
        """Annotate one block; raises InvalidVcfError when a line is at fault."""
        checked = self._checker.check(block)
        additions, rows = Additions(checked.columns), Rows()
        ledger, summary = Ledger(max_listed=self._max_listed), Summary()
        mismatches: list[Rejection] = []
        for run in checked.runs:
            place = self._enter(run)
            verdicts = pass_all(run) if run.contig is None else self._judge.judge(checked, run, sequence=place.sequence)
            work = _Work(
                checked=checked,
                run=run,
                verdicts=verdicts,
                place=place,
                additions=additions,
                ledger=ledger,
                summary=summary,
                rows=rows,
            )
            _account(work)
            mismatches += verdicts.rejections[:1]
            self._annotate_run(work)
        self._leave_out_clashes(checked, additions, ledger)
        text, offsets = additions.assemble()
        return AnnotatedBlock(
            number=block.number,
            compressed=compress_chunk(text),
            runs=tuple(_indexed(checked, run, offsets) for run in checked.runs),
            ledger=ledger,
            summary=summary,
            rows=_table_rows(checked, additions, rows, summary),
            first_mismatch=mismatches[0] if mismatches else None,
            bad_lines=checked.bad_lines,
        )

    def _enter(self, run: Run) -> _Place:
        if run.text != self._text:
            self._text = run.text
            self._place = _Place(regions=RegionStore({})) if run.contig is None else self._open(run.contig)
        return self._place

    def _open(self, contig: Contig) -> _Place:
        reference = self._reference
        sequence = reference.sequence_of(contig)
        findings = None
        if sequence is not None and reference.has_models(contig):
            findings = ContigFindings(
                store=reference.models(contig),
                sequence=sequence,
                names=self._names,
                hgvs=self._options.hgvs,
                parentheses=self._options.parentheses,
            )
        return _Place(
            sequence=sequence,
            findings=findings,
            regions=reference.regions(contig),
            sites=tuple((track.id, reference.sites(track, contig=contig)) for track in reference.site_tracks),
        )

    def _annotate_run(self, work: _Work) -> None:
        verdicts = work.verdicts
        if work.place.findings is not None:
            self._find_snvs(work, work.place.findings)
            self._find_others(work, work.place.findings)
        else:
            work.ledger.notes["NO_MODELS"] += int(np.count_nonzero(verdicts.fates == ANNOTATED))
            _list_alleles(work)
        self._add_regions(work)
        self._add_sites(work)

    def _find_snvs(self, work: _Work, findings: ContigFindings) -> None:
        snvs = work.verdicts.snvs
        known = np.flatnonzero(snvs.verified)
        positions = snvs.positions[known]
        located = findings.locate(positions, positions)
        changes = (snvs.refs[known] << 2 | snvs.alts[known]).tolist()
        info, add_row = work.additions.info, work.rows.add_snv
        rows = zip(snvs.records[known].tolist(), positions.tolist(), changes, located.all_plain, strict=True)
        for allele, (record, position, change, is_plain) in enumerate(rows):
            if is_plain:
                template = findings.template(located.key(allele))
                table = CHANGES[change]
                info[record] = filled(template.text, template.lines, position=position, change=table)
                name = filled(template.hgvsc, template.hgvsc_lines, position=position, change=table)
                add_row(record, template.picked, name)
            else:
                variant = Variant(position=position, ref=_ACGT[change >> 2], alt=_ACGT[change & 3])
                found = findings.work_out(located, allele, variant=variant, text=variant.alt)
                info[record] = self._consequence_text([found])
                add_row(record, found.picked, found.hgvsc.encode(), found.hgvsp)
        for record in snvs.records[~snvs.verified].tolist():
            add_row(record, None)

    def _find_others(self, work: _Work, findings: ContigFindings) -> None:
        verified = [record for record in work.verdicts.others if record.verified]
        variants = [allele.variant for record in verified for allele in record.alleles]
        first = np.array([variant.position for variant in variants], dtype=np.int64)
        last = np.array([variant.end for variant in variants], dtype=np.int64)
        located = findings.locate(first, last)
        number = 0
        for record in verified:
            texts = vep_alleles(record.ref, record.alts)
            found: list[Finding | None] = [None] * len(record.alts)
            for allele in record.alleles:
                text = texts[allele.index].decode()
                one = found[allele.index] = findings.work_out(located, number, variant=allele.variant, text=text)
                number += 1
                work.rows.add(
                    record.record,
                    allele.index,
                    alt=record.alts[allele.index],
                    variant=allele.variant,
                    picked=one.picked,
                    hgvsc=one.hgvsc.encode(),
                    hgvsp=one.hgvsp,
                )
            work.additions.info[record.record] = self._consequence_text(found)
        _list_others(work, [record for record in work.verdicts.others if not record.verified])

    def _consequence_text(self, findings: list[Finding | None]) -> bytes:
        """The INFO text of one record, whose ALT alleles these are; None for one that is not annotated."""
        entries = ",".join(found.entries for found in findings if found is not None)
        missing = ("." for _ in ALLELE_FIELDS)
        values = [tuple(missing) if found is None else found.picked.values() for found in findings]
        own = "".join(
            f";{name}={','.join(column)}"
            for name, column in zip(self._allele_names, zip(*values, strict=True), strict=True)
        )
        return f";{self._csq_name}={entries}{own}".encode()

    def _add_regions(self, work: _Work) -> None:
        run, store, info = work.run, work.place.regions, work.additions.info
        fates = work.verdicts.fates
        offsets = np.flatnonzero((fates == ANNOTATED) | (fates == TRACKS_ONLY))
        ref_begins, ref_ends = work.checked.columns.span(REF)
        records = run.begin + offsets
        starts = work.checked.positions[records]
        ends = starts + (ref_ends - ref_begins)[records] - 1
        first, last = store.locate(starts=starts, ends=ends)
        rename = self._names.apply
        texts: Counter[bytes] = Counter()
        for record, begin, end in zip(records.tolist(), first, last, strict=True):
            if begin < end:
                text = store.text(begin, end)
                texts[text] += 1
                info[record] += b";" + rename(text)
        for text, count in texts.items():
            keys = {item.partition(b"=")[0] for item in text.split(b";")}
            for track in {self._track_of[key] for key in keys}:
                work.summary.track_hits[track] += count

    def _add_sites(self, work: _Work) -> None:
        snvs, others = work.verdicts.snvs, work.verdicts.others
        if not work.place.sites:
            return
        refs, alts = _CODES[snvs.refs], _CODES[snvs.alts]
        keys = snv_keys(snvs.positions, refs, alts)
        alleles = [(record, allele) for record in others for allele in record.alleles]
        normal = [_normal(record, allele, sequence=work.place.sequence) for record, allele in alleles]
        other_keys = np.array([site_key(*one) for one in normal], dtype=np.uint64)
        for track, store in work.place.sites:
            for at, row in store.candidates(keys).items():
                found = store.read(row, ref=bytes([refs[at]]), alt=bytes([alts[at]]))
                if found is not None:
                    self._add_hit(work, track, int(snvs.records[at]), [found])
            hits: dict[int, list[tuple[bytes, bytes] | None]] = {}
            for at, row in store.candidates(other_keys).items():
                record, allele = alleles[at]
                _, ref, alt = normal[at]
                found = store.read(row, ref=ref, alt=alt)
                if found is not None:
                    hits.setdefault(record.record, [None] * len(record.alts))[allele.index] = found
            for number, by_allele in hits.items():
                self._add_hit(work, track, number, by_allele)

    def _add_hit(self, work: _Work, track: str, record: int, by_allele: list[tuple[bytes, bytes] | None]) -> None:
        identifier = next((found[0] for found in by_allele if found and found[0]), b"")
        if identifier:
            work.additions.identify(record, identifier)
        texts = [found[1] if found else b"" for found in by_allele]
        for allele, text in enumerate(texts):
            if text:
                work.rows.add_site(record, allele, text=text)
        if any(texts):
            text = texts[0] if len(texts) == 1 else join_per_allele(texts)
            work.additions.info[record] += b";" + self._names.apply(text)
            work.summary.track_hits[track] += 1

    def _leave_out_clashes(self, checked: CheckedBlock, additions: Additions, ledger: Ledger) -> None:
        """Leave out what a record says already under one of our names, although the header does not declare it."""
        if not self._names.may_clash(checked.columns.text):
            return
        for record, addition in enumerate(additions.info):
            clashing = self._names.clashing_keys(checked.columns.field(record, INFO)) if addition else None
            if clashing:
                ledger.notes["FIELD_LEFT_OUT"] += 1
                rest = without_keys(addition[1:], keys=clashing)
                additions.info[record] = b";" + rest if rest else b""


def _account(work: _Work) -> None:
    """Enter the fates of a run's records into the ledger."""
    verdicts, ledger = work.verdicts, work.ledger
    is_annotated = verdicts.fates == ANNOTATED
    ledger.annotated += int(np.count_nonzero(is_annotated | (verdicts.fates == TRACKS_ONLY)))
    if work.place.sequence is not None:
        ledger.verified += int(np.count_nonzero(is_annotated))
    ledger.passed.update(verdicts.passed)
    ledger.notes.update(+verdicts.notes)
    for rejection in verdicts.rejections:
        ledger.reject(rejection)


def _list_alleles(work: _Work) -> None:
    """List alleles of which consequences are not known."""
    for record in work.verdicts.snvs.records.tolist():
        work.rows.add_snv(record, None)
    _list_others(work, work.verdicts.others)


def _list_others(work: _Work, records: list[OtherRecord]) -> None:
    for record in records:
        for allele in record.alleles:
            alt = record.alts[allele.index]
            work.rows.add(record.record, allele.index, alt=alt, variant=allele.variant, picked=None)


def _normal(record: OtherRecord, allele: OtherAllele, *, sequence: ContigBases | None) -> tuple[int, bytes, bytes]:
    """The allele as site stores know it."""
    ref, alt = record.ref.upper(), record.alts[allele.index].upper()
    return normal_form(record.position, ref, alt, sequence=sequence if record.verified else None)


def _table_rows(checked: CheckedBlock, additions: Additions, rows: Rows, summary: Summary) -> pa.RecordBatch:
    described = describe(checked.columns, positions=checked.positions)
    if len(checked.positions):
        summary.add_records(described.for_summary())
    if not len(rows):
        return batch_of({"chrom": [], "pos": np.zeros(0, np.int32), "ref": [], "alt": []}, rows=0)
    columns, frequencies = rows.columns(described, additions)
    summary.add_variants(columns, input_frequencies=frequencies)
    summary.identifiers_filled += len(additions.identifiers)
    return batch_of(columns, rows=len(rows))


def _indexed(checked: CheckedBlock, run: Run, offsets: NDArray[np.int64]) -> AnnotatedRun:
    ref_begins, ref_ends = checked.columns.span(REF)
    begins = checked.positions[run.begin : run.end] - 1
    ends = begins + (ref_ends - ref_begins)[run.begin : run.end]
    return AnnotatedRun(
        run=run,
        begins=begins,
        ends=reaches(checked.columns, run, begins=begins, ends=ends),
        offsets=offsets[run.begin : run.end + 1],
    )
