"""Annotate one block of lines: check, judge, find, write. Everything that depends on a single block happens here.

The work of blocks is independent of each other, so several processes can share it, and gives the same bytes however it
is shared.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.additions import Additions
from annotator.alleles import vep_alleles
from annotator.bgzf import CompressedChunk, compress_chunk
from annotator.checking import BadLine, BlockChecker, CheckedBlock, Run
from annotator.columns import ALT, INFO, REF
from annotator.csq import ALLELE_FIELDS, CSQ_FIELD
from annotator.effects.effect import Variant
from annotator.effects.structural import StructuralVariant, structural_variant
from annotator.fields import FieldNames, without_keys
from annotator.findings import ContigFindings, Findings, Hgvs, Queries
from annotator.info import join_per_allele
from annotator.ledger import Ledger, Rejection
from annotator.limits import Limits
from annotator.manifest import Contig
from annotator.normal_form import normal_form
from annotator.reaches import reaches, span_of
from annotator.reading import TextBlock
from annotator.record_columns import describe
from annotator.reference import Reference
from annotator.regions import RegionStore
from annotator.rows import Rows
from annotator.sequence import ContigBases
from annotator.sites import SiteStore, site_key, snv_keys
from annotator.summary import Summary
from annotator.table import TableBatch, batch_of
from annotator.verdicts import ANNOTATED, TRACKS_ONLY, Alleles, Judge, StructuralAllele, Verdicts, pass_all

_TEXTS_HELD = 20_000
_UPPER = np.frombuffer(bytes(range(256)).upper(), dtype=np.uint8)


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
    rows: TableBatch
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

    def bases(self, alleles: Alleles, number: int) -> tuple[bytes, bytes]:
        """REF and ALT of an allele, upper case, without what they share."""
        text = self.checked.columns.text
        ref, alt = int(alleles.ref_begins[number]), int(alleles.alt_begins[number])
        ref_end, alt_end = ref + int(alleles.ref_lengths[number]), alt + int(alleles.alt_lengths[number])
        return text[ref:ref_end].upper(), text[alt:alt_end].upper()

    def alt_count(self, record: int) -> int:
        return self.checked.columns.field(record, ALT).count(b",") + 1


class _SharedRecords:
    """Records of which several alleles, or none alone, were found: their texts are put together here."""

    def __init__(self, work: _Work) -> None:
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
        for row, record, index in zip(rows.tolist(), records.tolist(), indexes.tolist(), strict=True):
            transcript, terms, rank = (int(column[row]) for column in (found.transcripts, found.terms, found.ranks))
            values = findings.values(transcript=transcript, terms=terms, rank=rank)
            self._found.setdefault(record, {})[index] = bytes(text[offsets[row] : offsets[row + 1]]), values

    def write(self, *, csq_name: str, names: list[str]) -> None:
        """Write the INFO text of each record; an allele that was not found has dots."""
        nothing = ("",) * len(names)
        for record, alleles in self._found.items():
            entries = b",".join(alleles[index][0] for index in sorted(alleles))
            rows = [alleles[index][1] if index in alleles else nothing for index in range(self._work.alt_count(record))]
            columns = zip(names, zip(*rows, strict=True), strict=True)
            own = "".join(f";{name}={','.join(value or '.' for value in values)}" for name, values in columns)
            self._work.additions.shared.put_one(record, f";{csq_name}=".encode() + entries + own.encode())


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
        self._tracks: dict[bytes, set[str]] = {}
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
            mismatches += verdicts.rejections
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
            first_mismatch=min(mismatches, key=lambda one: one.line, default=None),
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
        alleles = work.verdicts.alleles
        if work.place.findings is None:
            count = int(np.count_nonzero(work.verdicts.fates == ANNOTATED))
            if count:
                work.ledger.notes["NO_MODELS"] += count
            work.rows.add(alleles)
        else:
            self._find(work, alleles, work.place.findings)
        self._add_regions(work)
        self._add_sites(work, alleles)

    def _find(self, work: _Work, alleles: Alleles, findings: ContigFindings) -> None:
        """Add what the alleles do, as far as REF is known to be right."""
        asked = np.flatnonzero(alleles.verified)
        queries = _queries(work, alleles, asked)
        found = findings.find(queries)
        work.rows.add_found(alleles, asked=asked, found=found, findings=findings)
        offsets = found.rendered.offsets
        alone, others = np.flatnonzero(queries.whole), np.flatnonzero(~queries.whole)
        work.additions.consequences.put(
            alleles.records[asked[alone]], text=found.rendered.text, begins=offsets[alone], ends=offsets[alone + 1]
        )
        shared = _SharedRecords(work)
        shared.add(
            found, findings, others, records=alleles.records[asked[others]], indexes=alleles.indexes[asked[others]]
        )
        structural = _structural_variants(work)
        if structural:
            found = findings.find(_structural_queries(structural))
            records = np.array([one.record for one, _ in structural], dtype=np.int64)
            indexes = np.array([one.index for one, _ in structural], dtype=np.int64)
            shared.add(found, findings, np.arange(len(structural)), records=records, indexes=indexes)
            work.ledger.notes["STRUCTURAL"] += len(np.unique(records))
        shared.write(csq_name=self._csq_name, names=self._allele_names)

    def _add_regions(self, work: _Work) -> None:
        run, store = work.run, work.place.regions
        fates = work.verdicts.fates
        offsets = np.flatnonzero((fates == ANNOTATED) | (fates == TRACKS_ONLY))
        ref_begins, ref_ends = work.checked.columns.span(REF)
        records = run.begin + offsets
        starts = work.checked.positions[records]
        ends = starts + (ref_ends - ref_begins)[records] - 1
        first, last = store.locate(starts=starts, ends=ends)
        touching = np.flatnonzero(last > first)
        spans, which, counts = np.unique(
            first[touching] << 32 | last[touching], return_inverse=True, return_counts=True
        )
        texts = [store.text(span >> 32, span & 0xFFFFFFFF) for span in spans.tolist()]
        renamed = [b";" + self._names.apply(text) for text in texts]
        offsets = np.cumsum([0, *map(len, renamed)])
        work.additions.regions.put(
            records[touching], text=b"".join(renamed), begins=offsets[which], ends=offsets[1:][which]
        )
        for text, count in zip(texts, counts.tolist(), strict=True):
            for track in self._tracks_of(text):
                work.summary.track_hits[track] += count

    def _tracks_of(self, text: bytes) -> set[str]:
        """The tracks that a text comes from."""
        found = self._tracks.get(text)
        if found is None:
            if len(self._tracks) >= _TEXTS_HELD:
                self._tracks.clear()
            keys = (item.partition(b"=")[0] for item in text.split(b";"))
            found = self._tracks[text] = {self._track_of[key] for key in keys}
        return found

    def _add_sites(self, work: _Work, alleles: Alleles) -> None:
        if not work.place.sites or not len(alleles):
            return
        codes = work.checked.columns.codes
        snvs = np.flatnonzero(alleles.are_snvs)
        keys = np.zeros(len(alleles), dtype=np.uint64)
        refs, alts = (_UPPER[codes[begins[snvs]]] for begins in (alleles.ref_begins, alleles.alt_begins))
        keys[snvs] = snv_keys(alleles.positions[snvs], refs, alts)
        normal: dict[int, tuple[bytes, bytes]] = {}
        for number, (position, ref, alt) in _normal_forms(work, alleles, np.flatnonzero(~alleles.are_snvs)):
            keys[number] = site_key(position, ref, alt)
            normal[number] = ref, alt
        for track, store in work.place.sites:
            hits: dict[int, dict[int, tuple[bytes, bytes]]] = {}
            for number, row in store.candidates(keys).items():
                ref, alt = normal.get(number) or work.bases(alleles, number)
                found = store.read(row, ref=ref, alt=alt)
                if found is not None:
                    hits.setdefault(int(alleles.records[number]), {})[int(alleles.indexes[number])] = found
            for record, by_allele in hits.items():
                self._add_hit(work, track, record, by_allele)

    def _add_hit(self, work: _Work, track: str, record: int, by_allele: dict[int, tuple[bytes, bytes]]) -> None:
        for allele, (identifier, text) in sorted(by_allele.items()):
            if identifier:
                work.additions.identify(record, identifier)
            if text:
                work.rows.add_site(record, allele, text=text)
        texts = [by_allele.get(allele, (b"", b""))[1] for allele in range(work.alt_count(record))]
        if any(texts):
            text = texts[0] if len(texts) == 1 else join_per_allele(texts)
            sites = work.additions.sites
            sites[record] = sites.get(record, b"") + b";" + self._names.apply(text)
            work.summary.track_hits[track] += 1

    def _leave_out_clashes(self, checked: CheckedBlock, additions: Additions, ledger: Ledger) -> None:
        """Leave out what a record says already under one of our names, although the header does not declare it."""
        for record in self._names.suspects(checked.columns):
            clashing = self._names.clashing_keys(checked.columns.field(record, INFO))
            pieces = (additions.consequences, additions.shared, additions.regions)
            rests = [*(piece.of(record) for piece in pieces), additions.sites.get(record, b"")]
            kept = [_without(text, keys=clashing) for text in rests]
            if kept != rests:
                ledger.notes["FIELD_LEFT_OUT"] += 1
                for piece, text in zip(pieces, kept, strict=False):
                    piece.put_one(record, text)
                additions.sites[record] = kept[-1]


def _queries(work: _Work, alleles: Alleles, asked: NDArray[np.int64]) -> Queries:
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

    text = columns.text
    positions, *spans = (
        column[asked].tolist()
        for column in (
            alleles.positions,
            alleles.ref_begins,
            alleles.ref_begins + alleles.ref_lengths,
            alleles.alt_begins,
            alleles.alt_begins + alleles.alt_lengths,
        )
    )

    def variant(number: int) -> Variant:
        ref_begin, ref_end, alt_begin, alt_end = (span[number] for span in spans)
        ref, alt = text[ref_begin:ref_end].upper(), text[alt_begin:alt_end].upper()
        return Variant(position=positions[number], ref=ref.decode(), alt=alt.decode())

    return Queries(
        first=alleles.positions[asked],
        last=alleles.ends[asked],
        refs=np.where(are_snvs, _UPPER[columns.codes[alleles.ref_begins[asked]]], 0).astype(np.uint8),
        alts=np.where(are_snvs, _UPPER[columns.codes[alleles.alt_begins[asked]]], 0).astype(np.uint8),
        texts=columns.text + b"-",
        text_begins=np.where(lengths > 0, begins, len(columns.text)),
        text_lengths=np.maximum(lengths, 1),
        structural=np.zeros(len(asked), dtype=np.bool_),
        whole=whole,
        variant=variant,
    )


def _vep_texts(work: _Work, record: int) -> list[tuple[int, int]]:
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


def _normal_forms(
    work: _Work, alleles: Alleles, numbers: NDArray[np.int64]
) -> Iterator[tuple[int, tuple[int, bytes, bytes]]]:
    """These alleles as site stores know them."""
    columns = work.checked.columns
    record, position, ref, alts = -1, 0, b"", [b""]
    for number in numbers.tolist():
        if alleles.records[number] != record:  # a record may have very many alleles
            record = int(alleles.records[number])
            position, ref = int(work.checked.positions[record]), columns.field(record, REF).upper()
            alts = columns.field(record, ALT).upper().split(b",")
        sequence = work.place.sequence if alleles.verified[number] else None
        yield number, normal_form(position, ref, alts[int(alleles.indexes[number])], sequence=sequence)


def _structural_variants(work: _Work) -> list[tuple[StructuralAllele, StructuralVariant]]:
    """Symbolic alleles and breakends of which something can be said."""
    known = []
    for one in work.verdicts.structural:
        end, length = span_of(work.checked.columns.field(one.record, INFO), one.index)
        alt = one.alt.decode("utf-8", "replace")
        variant = structural_variant(position=one.position, alt=alt, end=end, length=length)
        if variant is not None:
            known.append((one, variant))
    return known


def _structural_queries(known: list[tuple[StructuralAllele, StructuralVariant]]) -> Queries:
    count = len(known)
    texts = [one.alt for one, _ in known]
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    return Queries(
        first=np.array([variant.start for _, variant in known], dtype=np.int64),
        last=np.array([variant.end for _, variant in known], dtype=np.int64),
        refs=np.zeros(count, dtype=np.uint8),
        alts=np.zeros(count, dtype=np.uint8),
        texts=b"".join(texts),
        text_begins=np.cumsum(lengths) - lengths,
        text_lengths=lengths,
        structural=np.ones(count, dtype=np.bool_),
        whole=np.zeros(count, dtype=np.bool_),
        variant=lambda number: known[number][1],
    )


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


def _table_rows(checked: CheckedBlock, additions: Additions, rows: Rows, summary: Summary) -> TableBatch:
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
