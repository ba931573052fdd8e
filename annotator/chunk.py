"""Annotate one block of lines: check, judge, find, write. Everything that depends on a single block happens here.

The work of blocks is independent of each other, so several processes can share it, and gives the same bytes however it
is shared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.additions import Additions
from annotator.bgzf import CompressedChunk, compress_chunk
from annotator.checking import BadLine, BlockChecker, CheckedBlock, Run
from annotator.columns import INFO, REF
from annotator.csq import ALLELE_FIELDS, CSQ_FIELD, GENOMIC_NAME_FIELD
from annotator.effects.genomic_names import Genome
from annotator.effects.naming import Naming
from annotator.fields import FieldNames, without_keys
from annotator.findings import ContigFindings, Hgvs
from annotator.header import VcfHeader
from annotator.ledger import Ledger, Rejection
from annotator.limits import Limits
from annotator.manifest import Contig
from annotator.memory import give_back_memory
from annotator.reaches import reaches
from annotator.reading import TextBlock
from annotator.record_columns import describe
from annotator.reference import Reference
from annotator.regions import RegionStore
from annotator.room import Room
from annotator.rows import Rows
from annotator.run_consequences import add_consequences
from annotator.run_haplotypes import HAPLOTYPE_FIELD, ContigHaplotypes, add_haplotypes
from annotator.run_names import add_genomic_names
from annotator.run_tracks import TrackTexts
from annotator.run_work import Place, RunWork
from annotator.summary import Summary
from annotator.table import TableBatch, batch_of
from annotator.verdicts import ANNOTATED, TRACKS_ONLY, Judge, pass_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person may choose about an annotation."""

    hgvs: Hgvs = Hgvs.DEFAULT
    parentheses: bool = False  # predicted protein changes as p.(…)
    keeps_bad_lines: bool = False  # bad lines go to the ledger instead of refusing the file
    haplotypes: bool = False  # variants on the same copy of a chromosome are also judged together


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


class BlockAnnotator:
    """Annotates blocks of one file, in any order."""

    def __init__(
        self, *, reference: Reference, header: VcfHeader, names: FieldNames, limits: Limits, options: Options
    ) -> None:
        self._reference = reference
        self._names = names
        self._options = options
        self._samples = header.samples
        self._checker = BlockChecker(
            column_count=header.column_count,
            contigs=reference.contigs,
            limits=limits,
            keeps_bad_lines=options.keeps_bad_lines,
        )
        self._max_listed = limits.max_listed_rejections
        self._track_texts = TrackTexts(names, region_tracks=reference.region_tracks)
        self._judge = Judge()
        self._room = Room()
        self._text = b""
        self._place = Place(regions=RegionStore({}))
        self._haplotypes: ContigHaplotypes | None = None  # of the contig; None: they are not asked for, or not known
        self._csq_name = names.name_of.get(CSQ_FIELD.id, "")
        self._haplotype_name = names.name_of.get(HAPLOTYPE_FIELD.id, "")
        self._genomic_name = names.name_of.get(GENOMIC_NAME_FIELD.id, "")
        self._allele_names = [names.name_of.get(field.id, "") for field in ALLELE_FIELDS]

    def annotate(self, block: TextBlock) -> AnnotatedBlock:
        """Annotate one block; raises InvalidVcfError when a line is at fault."""
        self._room.clear()
        contig_before = self._text
        checked = self._checker.check(block)
        additions = Additions(checked.columns, site_tracks=len(self._reference.site_tracks))
        rows = Rows()
        ledger, summary = Ledger(max_listed=self._max_listed), Summary()
        mismatches: list[Rejection] = []
        for run in checked.runs:
            # In a call of its own: what it holds of one contig goes before the next one is opened.
            mismatches += self._annotate_run(
                run, checked=checked, additions=additions, ledger=ledger, summary=summary, rows=rows
            )
        if self._text != contig_before:
            give_back_memory()  # the contig before has left holes
        self._leave_out_clashes(checked, additions, ledger)
        text, offsets = additions.assemble(self._room)
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

    def _enter(self, run: Run) -> Place:
        if run.text != self._text:
            self._text = run.text
            self._haplotypes = None
            self._place = Place(regions=RegionStore({}))  # what is open goes before the next one comes
            if run.contig is not None:
                self._place = self._open(run.contig)
        return self._place

    def _open(self, contig: Contig) -> Place:
        reference = self._reference
        sequence = reference.sequence_of(contig)
        findings = genome = None
        if sequence is not None and self._genomic_name:
            genome = Genome(sequence, head=reference.name_head(contig))
        if sequence is not None and reference.has_models(contig):
            findings = ContigFindings(
                store=reference.models(contig),
                sequence=sequence,
                names=self._names,
                hgvs=self._options.hgvs,
                parentheses=self._options.parentheses,
            )
            if self._haplotype_name:
                naming = Naming(hgvs=self._options.hgvs != Hgvs.NONE, parentheses=self._options.parentheses)
                self._haplotypes = ContigHaplotypes(
                    store=reference.models(contig), sequence=sequence, naming=naming, samples=self._samples
                )
        return Place(
            sequence=sequence,
            findings=findings,
            genome=genome,
            regions=reference.regions(contig),
            sites=tuple((track, reference.sites(track, contig=contig)) for track in reference.site_tracks),
        )

    def _annotate_run(
        self,
        run: Run,
        *,
        checked: CheckedBlock,
        additions: Additions,
        ledger: Ledger,
        summary: Summary,
        rows: Rows,
    ) -> Sequence[Rejection]:
        """Annotate one run and give the records that are rejected."""
        place = self._enter(run)
        verdicts = pass_all(run) if run.contig is None else self._judge.judge(checked, run, sequence=place.sequence)
        work = RunWork(
            checked=checked,
            run=run,
            verdicts=verdicts,
            place=place,
            additions=additions,
            ledger=ledger,
            summary=summary,
            rows=rows,
            room=self._room,
        )
        _account(work)
        self._add_findings(work)
        return verdicts.rejections

    def _add_findings(self, work: RunWork) -> None:
        alleles = work.verdicts.alleles
        if work.place.findings is None:
            count = int(np.count_nonzero(work.verdicts.fates == ANNOTATED))
            if count:
                work.ledger.notes["NO_MODELS"] += count
            work.rows.add(alleles)
        else:
            add_consequences(work, alleles, work.place.findings, csq_name=self._csq_name, names=self._allele_names)
        if self._haplotypes is not None:
            add_haplotypes(work, alleles, self._haplotypes, field=self._haplotype_name)
        add_genomic_names(work, alleles, field=self._genomic_name)
        self._track_texts.add_regions(work)
        self._track_texts.add_sites(work, alleles)

    def _leave_out_clashes(self, checked: CheckedBlock, additions: Additions, ledger: Ledger) -> None:
        """Leave out what a record says already under one of our names, although the header does not declare it."""
        for record in self._names.suspects(checked.columns):
            clashing = self._names.clashing_keys(checked.columns.field(record, INFO))
            clashes = [
                piece for piece in additions.texts if without_keys(piece.of(record), keys=clashing) != piece.of(record)
            ]
            for piece in clashes:
                piece.put_one(record, without_keys(piece.of(record), keys=clashing))
            ledger.notes["FIELD_LEFT_OUT"] += len(clashes) > 0


def _account(work: RunWork) -> None:
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
    summary.identifiers_filled += int(np.count_nonzero(additions.identifiers.lengths))
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
