"""Annotate one VCF: read, annotate block by block, write, index; publish only when all of it went well."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotator.bgzf import BgzfFile, compress_chunk
from annotator.build_check import BuildWatch, check_build
from annotator.chunk import AnnotatedBlock, BlockAnnotator, Options
from annotator.csq import CONSEQUENCE_FIELDS, GENOMIC_NAME_FIELD
from annotator.errors import InvalidVcfError
from annotator.fields import FieldNames
from annotator.findings import Hgvs
from annotator.header import VcfHeader
from annotator.journal import Journal
from annotator.ledger import Ledger
from annotator.limits import DEFAULT_LIMITS, Limits
from annotator.order import BlockOrder
from annotator.pipeline import Step, annotate_blocks
from annotator.preview import Preview
from annotator.progress import Done, Listener, StageClock
from annotator.provenance import Output, Proof, options_of, proof_of, result_manifest, to_json
from annotator.reading import TextBlock, VcfReader
from annotator.reference import Reference
from annotator.regrouping import MOST_BYTES, WholeTranscripts
from annotator.remarks import remarks
from annotator.result_files import LOG_NAME, names_of
from annotator.run_haplotypes import HAPLOTYPE_FIELD
from annotator.summary import Summary
from annotator.tabix import TabixWriter
from annotator.table import VariantTable
from annotator.version import ANNOTATOR_VERSION
from annotator.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to annotate, with what, and where the result goes; `stem` names the result's files."""

    input: Path
    reference: Path
    output: Path
    stem: str
    limits: Limits = field(default=DEFAULT_LIMITS)
    options: Options = field(default=Options())
    processes: int = 1  # the bytes of the result do not depend on them


def annotate(request: Request, *, listener: Listener) -> Done:
    """Annotate a file; the result's files appear in the output folder together, at the end, or not at all.

    `log.txt` is written in either case. Raises InvalidVcfError when the input cannot be annotated,
    InvalidReferenceError or EngineError when we cannot.
    """
    request.output.mkdir(parents=True, exist_ok=True)
    journal = Journal(request.output / LOG_NAME, input_name=request.input.name)
    journal.options(request.options, limits=request.limits)
    clock = StageClock(listener)
    try:
        with tempfile.TemporaryDirectory(prefix=".annotating-", dir=request.output) as folder:
            run = _Run(request=request, folder=Path(folder), clock=clock, journal=journal)
            run.execute()
            files = run.publish()
    except InvalidVcfError as error:
        journal.refused(error)
        raise
    except BaseException:
        journal.failed()
        raise
    finally:
        clock.end()
        journal.write(stage_seconds=clock.stage_seconds)
    ledger = run.ledger
    return Done(
        records_read=ledger.records_read,
        annotated=ledger.annotated,
        passed=ledger.passed.total(),
        rejected=ledger.rejected.total(),
        consequences=run.summary.consequence_counts(),
        files={**files, "log": str(request.output / LOG_NAME)},
        stage_seconds=clock.stage_seconds,
    )


class _Run:
    """One annotation, staged in a folder of its own."""

    def __init__(self, *, request: Request, folder: Path, clock: StageClock, journal: Journal) -> None:
        self._request = request
        self._clock = clock
        self._journal = journal
        self._staged = {kind: folder / name for kind, name in names_of(request.stem).items()}
        self._manifest = self._staged.pop("manifest")
        self._proofs: dict[str, Proof] = {}  # by kind, where they are known without reading the file again
        self.ledger = Ledger(max_listed=request.limits.max_listed_rejections)
        self.summary = Summary()

    def execute(self) -> None:
        """Run all stages, in order."""
        request = self._request
        self._clock.begin("read")
        reference = Reference(request.reference)
        self._journal.reference(reference.manifest)
        with VcfReader(request.input, limits=request.limits) as reader:
            header = reader.header
            self._journal.header(
                version=header.version,
                compression=reader.compression,
                samples=header.sample_count,
                build=header.build,
            )
            check_build(header, contigs=reference.contigs)
            names = _names(reference, header, options=request.options)
            self._clock.begin("annotate")
            warning = self._annotate(reader, reference, names)
            self._clock.begin("finish")
            build = reference.manifest.build
            warnings = [*remarks(reader, names=names, ledger=self.ledger, build=build), *filter(None, [warning])]
        self._write_reports(reference, header, names, warnings)
        self._write_manifest()
        self._journal.outcome(
            ledger=self.ledger,
            summary=self.summary,
            manifest=reference.manifest,
            warnings=warnings,
        )

    def publish(self) -> dict[str, str]:
        """Give the staged files their final names, the manifest last; give the paths by kind."""
        staged = {**self._staged, "manifest": self._manifest}
        return {kind: str(path.replace(self._request.output / path.name)) for kind, path in staged.items()}

    def _annotate(self, reader: VcfReader, reference: Reference, names: FieldNames) -> str:
        """Write result, table, index and preview; give a warning, if the records are a reason for one."""
        request, limits = self._request, self._request.limits

        def make() -> BlockAnnotator:
            return BlockAnnotator(
                reference=reference, header=reader.header, names=names, limits=limits, options=request.options
            )

        order = BlockOrder(
            column_count=reader.header.column_count,
            contigs=reference.contigs,
            limits=limits,
            keeps_bad_lines=request.options.keeps_bad_lines,
        )
        watch = BuildWatch(reference=reference, limits=limits)
        longest = max((contig.length for contig in reference.manifest.contigs), default=0)
        preview, index = Preview(), TabixWriter(longest_contig=longest)
        regrouping = WholeTranscripts(reference, most_bytes=MOST_BYTES)
        texts = regrouping.blocks(reader.blocks()) if request.options.haplotypes else reader.blocks()
        blocks = annotate_blocks(texts, make=make, processes=request.processes)
        with ExitStack() as opened:
            opened.callback(blocks.close)
            result = opened.enter_context(BgzfFile(self._staged["vcf"], max_bytes=limits.max_output_bytes))
            table = opened.enter_context(VariantTable(self._staged["table"]))
            result.append(compress_chunk(_result_header(reader.header, reference=reference, names=names)))
            try:
                for block in self._sound(blocks, order, watch):
                    _write(block, result=result, index=index)
                    table.write(block.rows)
                    preview.add(block.rows)
                    self._clock.progress(self.ledger.records_read, reader.fraction)
            except InvalidVcfError as fault:
                raise reader.blame(fault) from None
        if regrouping.forced_cuts:
            self.ledger.notes["HAPLOTYPES_CUT"] += regrouping.forced_cuts
        warning = watch.finish(self.ledger)
        self._proofs["vcf"] = Proof(size_bytes=result.size_bytes, sha256=result.sha256)
        self._staged["index"] = index.write(self._staged["vcf"])
        self._staged["preview"].write_text(preview.to_json(), encoding="utf-8")
        return warning

    def _sound(self, steps: Iterator[Step], order: BlockOrder, watch: BuildWatch) -> Iterator[AnnotatedBlock]:
        """Give the blocks as long as nothing is wrong with the file; count them."""
        limits = self._request.limits
        for text, block in steps:
            if isinstance(block, InvalidVcfError):
                raise watch.explained(order.first_fault(text, block), text=text.text)
            order.take(tuple(one.run for one in block.runs))
            self._set_apart(block)
            self.ledger.merge(block.ledger)
            self.summary.merge(block.summary)
            if self.ledger.records_read > limits.max_records:
                raise _too_many_records(limits.max_records, text, read=self.ledger.records_read)
            watch.take(text.text, first=block.first_mismatch, ledger=self.ledger)
            yield block

    def _set_apart(self, block: AnnotatedBlock) -> None:
        """Enter the lines that are no records into the ledger; refuse the file for the one that is too many."""
        for bad in block.bad_lines:
            if self.ledger.bad_lines >= self._request.limits.max_bad_lines:
                raise bad.fault
            self.ledger.reject_line(bad.text, fault=bad.fault)

    def _write_reports(self, reference: Reference, header: VcfHeader, names: FieldNames, warnings: list[str]) -> None:
        manifest = reference.manifest
        ledger = self.ledger.to_json()
        summary = {
            "annotator": ANNOTATOR_VERSION,
            "reference": {"name": manifest.name, "version": manifest.version, "build": manifest.build},
            "sources": [
                {"name": source.name, "version": source.version, "date": source.date, "licence": source.licence}
                for source in manifest.sources
            ],
            "build_in_header": header.build,
            "samples": header.sample_count,
            "gvcf": self.ledger.passed["REFERENCE_BLOCK"] > 0,
            "fields": names.name_of,
            "warnings": warnings,
            **{key: ledger[key] for key in ("records_read", "annotated", "passed", "rejected")},
            "clinvar_hits": self.summary.track_hits["clinvar"],
            **self.summary.to_json(),
        }
        _write_json(self._staged["summary"], summary)
        _write_json(self._staged["ledger"], ledger)

    def _write_manifest(self) -> None:
        """Write what the other files were made of and by, which they have to be finished for."""
        request = self._request
        manifest = result_manifest(
            input_proof=proof_of(request.input),
            options=options_of(request),
            reference=request.reference,
            outputs=[
                Output(kind=kind, name=path.name, proof=self._proofs.get(kind) or proof_of(path))
                for kind, path in self._staged.items()
            ],
        )
        self._manifest.write_text(to_json(manifest), encoding="utf-8")


def _names(reference: Reference, header: VcfHeader, *, options: Options) -> FieldNames:
    tracks = (field for track in reference.manifest.tracks for field in track.fields)
    consequences = CONSEQUENCE_FIELDS if reference.manifest.models else ()
    haplotypes = (HAPLOTYPE_FIELD,) if reference.manifest.models and options.haplotypes else ()
    genomic_name = (GENOMIC_NAME_FIELD,) if reference.manifest.sequence and options.hgvs != Hgvs.NONE else ()
    return FieldNames((*consequences, *haplotypes, *genomic_name, *tracks), taken=header.info_ids)


def _write(block: AnnotatedBlock, *, result: BgzfFile, index: TabixWriter) -> None:
    at = result.append(block.compressed)
    for one in block.runs:
        offsets = block.compressed.virtual_offsets(one.offsets, at=at)
        index.add(one.run.text, begins=one.begins, ends=one.ends, offsets=offsets)


def _too_many_records(limit: int, block: TextBlock, *, read: int) -> InvalidVcfError:
    """`read` records were read with the whole block."""
    lines = block.text.count(b"\n") + (not block.text.endswith(b"\n"))
    return InvalidVcfError(
        "TOO_MANY_RECORDS",
        message=f"The file holds more than {counted(limit, 'record')}.",
        advice="Split the file by chromosome and send the parts.",
        line=block.first_line + lines - (read - limit),
    )


def _result_header(header: VcfHeader, *, reference: Reference, names: FieldNames) -> bytes:
    manifest = reference.manifest
    provenance = (
        f'##GenomicsCloudAnnotator=<Version="{ANNOTATOR_VERSION}",Reference="{manifest.label}",'
        f'Build="{manifest.build}">'
    )
    own = [line.encode() for line in (*names.header_lines(), provenance)]
    return header.meta + b"".join(line + header.newline for line in (*own, header.columns))


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
