"""Build a reference from files: a new folder appears complete, or not at all."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from annotator.building.assembly import assemble
from annotator.building.contigs import mitochondrion_of, name_contigs
from annotator.building.fasta import copy_sequences, sequence_lengths
from annotator.building.gff3 import RowsByContig
from annotator.building.mane import NO_MANE, Mane, read_mane
from annotator.building.origin import UNKNOWN, Origin, source_of
from annotator.errors import InvalidReferenceError
from annotator.manifest import Contig, Manifest, Source, checksums, write_manifest
from annotator.models.store import write_models
from annotator.models.transcript import Transcript
from annotator.version import ANNOTATOR_VERSION

SEQUENCE_FILE = "sequence.fa"
MODELS_FOLDER = "models"

Listener = Callable[[str, float], None]  # hears what is being done, and which fraction of that is


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """One file to build from, and what is known of it."""

    path: Path
    origin: Origin = UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to build, and where; `output` must not exist yet."""

    name: str
    version: str
    build: str
    fasta: tuple[InputFile, ...]
    gff3: tuple[InputFile, ...] = ()
    mane: InputFile | None = None  # None: nothing tells MANE transcripts but the tags of the models
    output: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A reference that stands in its place; `remarks` are sentences on what could not be used."""

    manifest: Manifest
    remarks: tuple[str, ...]


def build_reference(plan: Plan, *, listener: Listener = lambda _label, _part: None) -> Built:
    """Build a reference; raises InvalidReferenceError for files that cannot be used, and then leaves nothing behind."""
    with _staged(plan.output) as folder:
        work = _Work(plan, folder=folder, listener=listener)
        work.read_sequence()
        work.read_models()
        manifest = work.manifest()
        write_manifest(folder, manifest=manifest)
    return Built(manifest=manifest, remarks=tuple(work.remarks))


@contextmanager
def _staged(output: Path) -> Iterator[Path]:
    """A folder that takes the place of `output` when all went well, and is gone when not."""
    if output.exists():
        raise InvalidReferenceError(f"{output} exists already; remove it first, or name another folder.")
    missing = [parent for parent in output.parents if not parent.exists()]
    output.parent.mkdir(parents=True, exist_ok=True)
    staged = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        staged.mkdir()
        yield staged
        if output.exists():
            raise InvalidReferenceError(f"{output} has appeared meanwhile; nothing was changed.")
        staged.rename(output)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        for parent in missing:
            parent.rmdir()
        raise


class _Work:
    """What is known of the reference so far."""

    def __init__(self, plan: Plan, *, folder: Path, listener: Listener) -> None:
        self._plan = plan
        self._folder = folder
        self._listener = listener
        self._contigs: dict[str, Contig] = {}  # by the name in the FASTA file, in its order
        self._mitochondrion: Contig | None = None  # None: no contig needs its code
        self._model_contigs: list[str] = []
        self._sources: list[Source] = []
        self.remarks: list[str] = []

    def read_sequence(self) -> None:
        """Copy the sequence, and learn from it which contigs there are."""
        plan = self._plan
        lengths: dict[str, int] = {}
        for number, file in enumerate(plan.fasta):
            found = sequence_lengths(file.path, progress=self._stage(f"Checking {file.path.name}"))
            if twice := lengths.keys() & found.keys():
                raise InvalidReferenceError(f"{file.path}: {min(twice)} is in another FASTA file, too.")
            lengths |= found
            self._add_source("sequence", number, file, default=Origin(name=f"Sequence of {plan.build}"))
        self._contigs = name_contigs(lengths, build=plan.build, path=plan.fasta[0].path)
        self._mitochondrion = mitochondrion_of(self._contigs)
        copy_sequences(
            [file.path for file in plan.fasta],
            names={name: contig.name for name, contig in self._contigs.items()},
            output=self._folder / SEQUENCE_FILE,
            progress=self._stage("Copying the sequence"),
        )

    def read_models(self) -> None:
        """Write the transcripts, one contig at a time."""
        plan = self._plan
        mane = NO_MANE
        if plan.mane is not None:
            mane = read_mane(plan.mane.path)
            self._add_source("mane", 0, plan.mane, default=Origin(name="MANE"))
        by_name = {name: one for one in self._contigs.values() for name in (one.name, *one.aliases)}
        aside = self._folder / "rows"
        aside.mkdir()
        rows = RowsByContig(aside, find=by_name.get)
        for number, file in enumerate(plan.gff3):
            rows.add(file.path, progress=self._stage(f"Reading {file.path.name}"))
            self._add_source("models", number, file, default=Origin(name="Gene models"))
        if plan.gff3:
            self._write_models(rows, mane=mane)
        shutil.rmtree(aside)

    def manifest(self) -> Manifest:
        """Everything that is known, with the checksums of the files as they stand in the folder."""
        self._stage("Working out checksums")(0)
        return Manifest(
            name=self._plan.name,
            version=self._plan.version,
            build=self._plan.build,
            engine=ANNOTATOR_VERSION,
            contigs=tuple(self._contigs.values()),
            mitochondrion=self._mitochondrion.name if self._mitochondrion else None,
            sequence=SEQUENCE_FILE,
            models=MODELS_FOLDER if self._model_contigs else None,
            model_contigs=tuple(self._model_contigs),
            tracks=(),
            sources=tuple(self._sources),
            files=checksums(self._folder),
        )

    def _write_models(self, rows: RowsByContig, *, mane: Mane) -> None:
        if not rows.contigs:
            names = ", ".join(list(rows.without_sequence)[:3])
            raise InvalidReferenceError(f"None of the contigs of the gene models ({names}, …) is in the sequence.")
        left_out: Counter[str] = Counter()
        progress = self._stage("Writing transcripts")
        for number, contig in enumerate(self._contigs.values()):
            progress(number / len(self._contigs))
            if contig.name in rows.contigs and (transcripts := self._assemble(rows, contig, mane, left_out)):
                write_models(self._folder / MODELS_FOLDER, contig=contig.name, transcripts=transcripts)
                self._model_contigs.append(contig.name)
        if not self._model_contigs:
            raise InvalidReferenceError("The gene models hold no transcripts; rows with exons or CDS are needed.")
        self._remark(
            "rows of gene models were left out, because the sequence has no such contig", rows.without_sequence
        )
        self._remark("transcripts were left out", left_out)

    def _assemble(self, rows: RowsByContig, contig: Contig, mane: Mane, left_out: Counter[str]) -> list[Transcript]:
        return assemble(
            rows.rows(contig),
            contig=contig,
            mitochondrial=contig == self._mitochondrion,
            mane=mane,
            left_out=left_out,
        )

    def _add_source(self, kind: str, number: int, file: InputFile, *, default: Origin) -> None:
        identifier = f"{kind}-{number + 1}" if number else kind
        self._sources.append(source_of(file.path, identifier=identifier, origin=file.origin, default=default))

    def _stage(self, label: str) -> Callable[[float], None]:
        return lambda part: self._listener(label, part)

    def _remark(self, text: str, counts: Mapping[str, int]) -> None:
        if counts:
            details = ", ".join(f"{name}: {count:,}" for name, count in sorted(counts.items())[:5])
            more = ", …" if len(counts) > 5 else ""
            self.remarks.append(f"{sum(counts.values()):,} {text} ({details}{more}).")
