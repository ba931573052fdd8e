"""Annotate one VCF: read and check, work out consequences, write, index; publish only when all of it went well."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pysam

from annotator.bgzf import BgzfWriter
from annotator.build_check import check_build
from annotator.consequences import ConsequenceStage
from annotator.errors import EngineError, InvalidVcfError
from annotator.feeder import Feeder
from annotator.fields import FieldNames
from annotator.header import VcfHeader
from annotator.journal import Journal
from annotator.ledger import Ledger
from annotator.limits import DEFAULT_LIMITS, Limits
from annotator.merger import Merger
from annotator.progress import Done, Listener, StageClock
from annotator.reading import VcfReader
from annotator.reference import Reference
from annotator.summary import Summary
from annotator.vep import CONSEQUENCE_FIELDS
from annotator.version import ANNOTATOR_VERSION
from annotator.wording import counted

LOG_NAME = "log.txt"
SUMMARY_NAME = "summary.json"
LEDGER_NAME = "ledger.json"

_INPUT_ENDINGS = (".vcf.gz", ".vcf.bgz", ".vcf", ".gz", ".bgz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to annotate, with what, and where the result goes; `stem` names the result's files."""

    input: Path
    reference: Path
    output: Path
    stem: str
    limits: Limits = field(default=DEFAULT_LIMITS)


def stem_of(file_name: str) -> str:
    """The name of an input without the ending that says it is a VCF, in whatever case."""
    for ending in _INPUT_ENDINGS:
        if file_name.lower().endswith(ending) and len(file_name) > len(ending):
            return file_name[: -len(ending)]
    return file_name


def annotate(request: Request, *, listener: Listener) -> Done:
    """Annotate a file; the result's files appear in the output folder together, at the end, or not at all.

    `log.txt` is written in either case. Raises InvalidVcfError when the input cannot be annotated,
    InvalidReferenceError or EngineError when we cannot.
    """
    request.output.mkdir(parents=True, exist_ok=True)
    journal = Journal(request.output / LOG_NAME, input_name=request.input.name)
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
        self._folder = folder
        self._clock = clock
        self._journal = journal
        self._result = folder / f"{request.stem}.annot.vcf.gz"
        self._index = folder / f"{self._result.name}.tbi"
        self._fates = folder / "fates"
        self._warnings: list[str] = []
        self.ledger = Ledger(max_listed=request.limits.max_listed_rejections)
        self.summary = Summary()

    def execute(self) -> None:
        """Run all stages, in order."""
        self._clock.begin("read")
        reference = Reference(self._request.reference)
        self._journal.reference(reference.manifest)
        scratch = self._folder / "consequences"
        scratch.mkdir()
        with ConsequenceStage(reference=reference, folder=scratch) as stage:
            header = self._feed(reference, stage)
            self._clock.begin("consequences")
            stage.finish()
            self._clock.begin("merge")
            names = self._names(reference, header)
            self._merge(reference, stage, names)
        self._clock.begin("index")
        _index(self._result)
        self._write_reports(reference, header, names)
        self._journal.outcome(
            ledger=self.ledger,
            summary=self.summary,
            manifest=reference.manifest,
            warnings=self._warnings,
        )

    def publish(self) -> dict[str, str]:
        """Give the staged files their final names, the index last; give the paths by kind."""
        staged = {
            "vcf": self._result,
            "summary": self._folder / SUMMARY_NAME,
            "ledger": self._folder / LEDGER_NAME,
            "index": self._index,
        }
        files = {}
        for kind, path in staged.items():
            files[kind] = str(path.replace(self._request.output / path.name))
        return files

    def _feed(self, reference: Reference, stage: ConsequenceStage) -> VcfHeader:
        request = self._request
        with VcfReader(request.input, limits=request.limits) as reader, self._fates.open("wb") as fates:
            header = reader.header
            self._journal.header(
                version=header.version,
                compression=reader.compression,
                samples=header.sample_count,
                build=header.build,
            )
            check_build(header, contigs=reference.contigs)
            feeder = Feeder(reference=reference, header=header, limits=request.limits, ledger=self.ledger, sink=stage)
            try:
                feeder.run(reader, fates=fates, progress=self._clock.progress)
            except InvalidVcfError as fault:
                raise reader.blame(fault) from None
            self._remark(reader, feeder)
        return header

    def _remark(self, reader: VcfReader, feeder: Feeder) -> None:
        """Note what is unusual, but no fault."""
        build = feeder.build
        if reader.has_byte_order_mark:
            self._warnings.append("The file begins with a byte order mark; the result is written without it.")
        if reader.header.build is None:
            self._warnings.append(f"The header does not name the genome build; {build} was assumed.")
        if not self.ledger.records_read:
            self._warnings.append("The file has a header, but no records.")
        blocks = self.ledger.passed["REFERENCE_BLOCK"]
        if blocks:
            were = "was" if blocks == 1 else "were"
            self._warnings.append(
                f"This is a gVCF: {counted(blocks, 'block')} of reference calls {were} passed through unchanged."
            )
        self._warnings += feeder.warnings

    def _names(self, reference: Reference, header: VcfHeader) -> FieldNames:
        tracks = (field for track in reference.manifest.tracks for field in track.fields)
        consequences = CONSEQUENCE_FIELDS if reference.models_path else ()
        names = FieldNames((*consequences, *tracks), taken=header.info_ids)
        for own, name in names.renamed.items():
            self._warnings.append(f"The input has an INFO field {own} of its own; ours is called {name}.")
        return names

    def _merge(self, reference: Reference, stage: ConsequenceStage, names: FieldNames) -> None:
        limits = self._request.limits
        total = max(self.ledger.records_read, 1)
        merger = Merger(reference=reference, stage=stage, names=names, summary=self.summary, ledger=self.ledger)
        with (
            VcfReader(self._request.input, limits=limits) as reader,
            self._fates.open("rb") as fates,
            BgzfWriter(self._result, max_bytes=limits.max_output_bytes) as writer,
        ):
            writer.write(_result_header(reader.header, reference=reference, names=names))
            merger.run(
                reader,
                fates=fates,
                writer=writer,
                progress=lambda records: self._clock.progress(records, records / total),
            )
        left_out = self.ledger.notes["FIELD_LEFT_OUT"]
        if left_out:
            hold = "holds" if left_out == 1 else "hold"
            self._warnings.append(
                f"{counted(left_out, 'record')} {hold} an undeclared INFO key of ours; it was left out there."
            )

    def _write_reports(self, reference: Reference, header: VcfHeader, names: FieldNames) -> None:
        manifest = reference.manifest
        ledger = self.ledger.to_json()
        summary = {
            "annotator": ANNOTATOR_VERSION,
            "reference": {"name": manifest.name, "version": manifest.version, "build": manifest.build},
            "build_in_header": header.build,
            "samples": header.sample_count,
            "gvcf": self.ledger.passed["REFERENCE_BLOCK"] > 0,
            "fields": names.name_of,
            "warnings": self._warnings,
            **{key: ledger[key] for key in ("records_read", "annotated", "passed", "rejected")},
            "clinvar_hits": self.summary.track_hits["clinvar"],
            **self.summary.to_json(),
        }
        _write_json(self._folder / SUMMARY_NAME, summary)
        _write_json(self._folder / LEDGER_NAME, ledger)


def _result_header(header: VcfHeader, *, reference: Reference, names: FieldNames) -> bytes:
    manifest = reference.manifest
    provenance = (
        f'##GenomicsCloudAnnotator=<Version="{ANNOTATOR_VERSION}",Reference="{manifest.label}",'
        f'Build="{manifest.build}">'
    )
    own = [line.encode() for line in (*names.header_lines(), provenance)]
    return header.meta + b"".join(line + header.newline for line in (*own, header.columns))


def _index(path: Path) -> None:
    try:
        pysam.tabix_index(str(path), preset="vcf", force=True)
    except (OSError, ValueError) as error:
        raise EngineError(f"The result could not be indexed: {error}.") from error


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
