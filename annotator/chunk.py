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
from annotator.findings import ContigFindings, Finding, Hgvs, Located, OtherTemplate
from annotator.info import join_per_allele
from annotator.ledger import Ledger, Rejection
from annotator.limits import Limits
from annotator.manifest import Contig
from annotator.normal_form import normal_form
from annotator.plain_zones import CHANGES, fill_other
from annotator.reaches import reaches
from annotator.reading import TextBlock
from annotator.record_columns import describe
from annotator.reference import Reference
from annotator.regions import RegionStore
from annotator.rows import PlainSnvs, Rows
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
        records, positions = snvs.records[known], snvs.positions[known]
        changes = snvs.refs[known].astype(np.int64) << 2 | snvs.alts[known]
        located = findings.locate(positions, positions)
        plain = np.flatnonzero(located.all_plain)
        plain_snvs = _templates(located, findings, plain, records=records, positions=positions, changes=changes)
        texts = _texts(plain_snvs)
        for record, text in zip(plain_snvs.records.tolist(), texts, strict=True):
            work.additions.consequences[record] = text
        work.rows.add_plain_snvs(plain_snvs)
        for allele in np.flatnonzero(~located.all_plain).tolist():
            record, change = int(records[allele]), int(changes[allele])
            variant = Variant(position=int(positions[allele]), ref=_ACGT[change >> 2], alt=_ACGT[change & 3])
            found = findings.work_out(located, allele, variant=variant, text=variant.alt)
            work.additions.consequences[record] = self._consequence_text([found])
            work.rows.add_snv(record, found.picked, found.hgvsc, found.hgvsp)
        for record in snvs.records[~snvs.verified].tolist():
            work.rows.add_snv(record, None)

    def _find_others(self, work: _Work, findings: ContigFindings) -> None:
        verified = [record for record in work.verdicts.others if record.verified]
        variants = [allele.variant for record in verified for allele in record.alleles]
        first = np.array([variant.position for variant in variants], dtype=np.int64)
        last = np.array([variant.end for variant in variants], dtype=np.int64)
        located = findings.locate(first, last)
        all_plain = located.all_plain.tolist()
        number = 0
        for record in verified:
            texts = vep_alleles(record.ref, record.alts)
            template = None
            if len(record.alts) == 1 and all_plain[number]:
                template = findings.other_template(located.key(number))
            if template is not None:
                self._fill_other(work, findings, template, record=record, text=texts[0])
            else:
                self._work_out(work, findings, located, number, record=record, texts=texts)
            number += len(record.alleles)
        _list_others(work, [record for record in work.verdicts.others if not record.verified])

    def _fill_other(
        self, work: _Work, findings: ContigFindings, template: OtherTemplate, *, record: OtherRecord, text: bytes
    ) -> None:
        (allele,) = record.alleles
        variant = allele.variant
        name = findings.name_of(template.named, variant) if template.named >= 0 else ""
        work.additions.consequences[record.record] = fill_other(
            template.text, template.lines, variant=variant, allele=text, name=name.encode()
        )
        work.rows.add(record.record, 0, alt=record.alts[0], kind=allele.kind, picked=template.picked, hgvsc=name)

    def _work_out(
        self,
        work: _Work,
        findings: ContigFindings,
        located: Located,
        number: int,
        *,
        record: OtherRecord,
        texts: list[bytes],
    ) -> None:
        """Work out the alleles of a record one by one; the first has this number among those that are located."""
        found: list[Finding | None] = [None] * len(record.alts)
        for at, allele in enumerate(record.alleles, start=number):
            text = texts[allele.index].decode()
            one = found[allele.index] = findings.work_out(located, at, variant=allele.variant, text=text)
            work.rows.add(
                record.record,
                allele.index,
                alt=record.alts[allele.index],
                kind=allele.kind,
                picked=one.picked,
                hgvsc=one.hgvsc,
                hgvsp=one.hgvsp,
            )
        work.additions.consequences[record.record] = self._consequence_text(found)

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
        run, store = work.run, work.place.regions
        fates = work.verdicts.fates
        offsets = np.flatnonzero((fates == ANNOTATED) | (fates == TRACKS_ONLY))
        ref_begins, ref_ends = work.checked.columns.span(REF)
        records = run.begin + offsets
        starts = work.checked.positions[records]
        ends = starts + (ref_ends - ref_begins)[records] - 1
        first, last = store.locate(starts=starts, ends=ends)
        tracks = work.additions.tracks
        texts: Counter[bytes] = Counter()
        renamed: dict[bytes, bytes] = {}
        for record, begin, end in zip(records.tolist(), first, last, strict=True):
            if begin < end:
                text = store.text(begin, end)
                texts[text] += 1
                if text not in renamed:
                    renamed[text] = b";" + self._names.apply(text)
                tracks[record] = renamed[text]
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
            work.additions.tracks[record] += b";" + self._names.apply(text)
            work.summary.track_hits[track] += 1

    def _leave_out_clashes(self, checked: CheckedBlock, additions: Additions, ledger: Ledger) -> None:
        """Leave out what a record says already under one of our names, although the header does not declare it."""
        for record in self._names.suspects(checked.columns):
            clashing = self._names.clashing_keys(checked.columns.field(record, INFO))
            rests = [additions.consequences[record], additions.tracks[record]]
            kept = [_without(text, keys=clashing) for text in rests]
            ledger.notes["FIELD_LEFT_OUT"] += kept != rests
            additions.consequences[record], additions.tracks[record] = kept


def _templates(
    located: Located,
    findings: ContigFindings,
    alleles: NDArray[np.int64],
    *,
    records: NDArray[np.int64],
    positions: NDArray[np.int64],
    changes: NDArray[np.int64],
) -> PlainSnvs:
    """The plain ones among the located single-base changes, in runs that share a template."""
    begins = located.begins_run[alleles]
    begins[1:] |= np.diff(alleles) > 1
    starts = np.flatnonzero(begins)
    return PlainSnvs(
        records=records[alleles],
        positions=positions[alleles],
        changes=changes[alleles],
        templates=[findings.template(located.key(allele)) for allele in alleles[starts].tolist()],
        counts=np.diff(np.append(starts, len(alleles))).tolist(),
    )


def _texts(snvs: PlainSnvs) -> list[bytes]:
    """The INFO texts of plain single-base changes."""
    texts: list[bytes] = []
    positions = snvs.positions.tolist()
    tables = [CHANGES[change] for change in snvs.changes.tolist()]
    begin = 0
    for template, count in zip(snvs.templates, snvs.counts, strict=True):
        end = begin + count
        text, lines = template.text, template.lines
        if not lines:
            plain = text % ()
            texts += [plain.translate(table) for table in tables[begin:end]]
        elif len(lines) == 1:
            ((sign, base),) = lines
            rows = zip(positions[begin:end], tables[begin:end], strict=True)
            texts += [(text % (sign * position + base)).translate(table) for position, table in rows]
        else:
            for position, table in zip(positions[begin:end], tables[begin:end], strict=True):
                numbers = tuple([sign * position + base for sign, base in lines])
                texts.append((text % numbers).translate(table))
        begin = end
    return texts


def _without(text: bytes, *, keys: set[bytes]) -> bytes:
    rest = without_keys(text[1:], keys=keys)
    return b";" + rest if rest else b""


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
            work.rows.add(record.record, allele.index, alt=alt, kind=allele.kind, picked=None)


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
