"""Build a reference from files: a new folder appears complete, or not at all."""

import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from annotator.building.assembly import assemble
from annotator.building.contigs import mitochondrion_of, name_contigs
from annotator.building.fasta import copy_sequences, sequence_lengths
from annotator.building.genes import Gene, genes_of
from annotator.building.gff3 import RowsByContig
from annotator.building.mane import NO_MANE, Mane, read_mane
from annotator.building.origin import UNKNOWN, Origin, source_of
from annotator.building.selenoproteins import with_selenocysteines
from annotator.building.tracks import MODELS_SOURCE, build_track, planned_tracks, write_region_stores
from annotator.definitions import TrackDefinition
from annotator.effects.effect import ContigSequence
from annotator.errors import InvalidReferenceError
from annotator.manifest import Contig, Manifest, Source, Track, checksums, write_manifest
from annotator.models.completeness import incomplete_ends
from annotator.models.store import write_models
from annotator.models.transcript import Transcript
from annotator.sequence import Sequence as MappedSequence
from annotator.version import ANNOTATOR_VERSION

SEQUENCE_FILE = "sequence.fa"
MODELS_FOLDER = "models"
SEQUENCE_SOURCE = "sequence"
MANE_SOURCE = "mane"

_NUMBER = re.compile(r"-\d+$")  # of the second and further files of one source

Listener = Callable[[str, float], None]  # hears what is being done, and which fraction of that is


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to build, and where; `output` must not exist yet.

    `vcf`, `bed` and `table` are files of tracks, each as PATH or as TRACK=PATH. `origins` tell what is known of the
    sources `sequence`, `models`, `mane` and of the tracks, by their ids.
    """

    name: str
    version: str
    build: str
    fasta: tuple[Path, ...]
    gff3: tuple[Path, ...] = ()
    mane: Path | None = None  # None: nothing tells MANE transcripts but the tags of the models
    vcf: tuple[str, ...] = ()
    bed: tuple[str, ...] = ()
    table: tuple[str, ...] = ()
    origins: Mapping[str, Origin] = field(default_factory=dict)
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
        work.read_tracks()
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
            with suppress(OSError):  # somebody else put something there
                parent.rmdir()
        raise


class _Work:
    """What is known of the reference so far."""

    def __init__(self, plan: Plan, *, folder: Path, listener: Listener) -> None:
        self._plan = plan
        self._folder = folder
        self._listener = listener
        self._tracks_planned = planned_tracks(vcf=plan.vcf, bed=plan.bed, table=plan.table)
        self._refuse_unused_origins()
        self._contigs: dict[str, Contig] = {}  # by the name in the FASTA file, in its order
        self._mitochondrion: Contig | None = None  # None: no contig needs its code
        self._model_contigs: list[str] = []
        self._genes: list[Gene] = []
        self._tracks: list[Track] = []
        self._sources: list[Source] = []
        self.remarks: list[str] = []

    def read_sequence(self) -> None:
        """Copy the sequence, and learn from it which contigs there are."""
        plan = self._plan
        lengths: dict[str, int] = {}
        for path in plan.fasta:
            found = sequence_lengths(path, progress=self._stage(f"Checking {path.name}"))
            if twice := lengths.keys() & found.keys():
                raise InvalidReferenceError(f"{path}: {min(twice)} is in another FASTA file, too.")
            lengths |= found
        self._add_sources(SEQUENCE_SOURCE, plan.fasta, default=Origin(name=f"Sequence of {plan.build}"))
        self._contigs = name_contigs(lengths, build=plan.build, path=plan.fasta[0])
        self._mitochondrion = mitochondrion_of(self._contigs)
        copy_sequences(
            plan.fasta,
            names={name: contig.name for name, contig in self._contigs.items()},
            output=self._folder / SEQUENCE_FILE,
            progress=self._stage("Copying the sequence"),
        )

    def read_models(self) -> None:
        """Write the transcripts, one contig at a time."""
        plan = self._plan
        mane = NO_MANE
        if plan.mane is not None:
            mane = read_mane(plan.mane)
            self._add_sources(MANE_SOURCE, [plan.mane], default=Origin(name="MANE"))
        if not plan.gff3:
            return
        aside = self._folder / "rows"
        aside.mkdir()
        by_name = {name: one for one in self._contigs.values() for name in (one.name, *one.aliases)}
        rows = RowsByContig(aside, find=by_name.get)
        for path in plan.gff3:
            rows.add(path, progress=self._stage(f"Reading {path.name}"))
        self._add_sources(MODELS_SOURCE, plan.gff3, default=Origin(name="Gene models"))
        self._write_models(rows, mane=mane)
        shutil.rmtree(aside)

    def read_tracks(self) -> None:
        """Write the tracks, those that gene models make among them."""
        sequence = MappedSequence(self._folder / SEQUENCE_FILE)
        built = []
        for plan in self._tracks_planned:
            if not plan.paths and not self._genes:
                continue
            definition = plan.definition
            track = build_track(
                plan,
                contigs=tuple(self._contigs.values()),
                genes=self._genes,
                sequence=lambda contig: sequence.contig(contig.name),
                output=self._folder,
                progress=self._stage(definition.label),
            )
            built.append(track)
            self._tracks.append(track.track)
            default = Origin(name=_source_name(definition), licence=definition.licence)
            self._add_sources(definition.id, plan.paths, default=default)
            self._remark(f"entries of the track {definition.id} were left out", track.left_out)
        self._stage("Joining the tracks of regions")(0)
        write_region_stores(built, output=self._folder)

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
            tracks=tuple(self._tracks),
            sources=tuple(self._sources),
            files=checksums(self._folder),
        )

    def _refuse_unused_origins(self) -> None:
        plan = self._plan
        kinds = {SEQUENCE_SOURCE, *([MODELS_SOURCE] if plan.gff3 else []), *([MANE_SOURCE] if plan.mane else [])}
        kinds |= {one.definition.id for one in self._tracks_planned if one.paths}
        unused = [name for name in plan.origins if name not in kinds and _NUMBER.sub("", name) not in kinds]
        if unused:
            raise InvalidReferenceError(f"There is no source {unused[0]}; there are {', '.join(sorted(kinds))}.")

    def _write_models(self, rows: RowsByContig, *, mane: Mane) -> None:
        if not rows.contigs:
            names = ", ".join(list(rows.without_sequence)[:3])
            raise InvalidReferenceError(f"None of the contigs of the gene models ({names}, …) is in the sequence.")
        left_out: Counter[str] = Counter()
        sequence = MappedSequence(self._folder / SEQUENCE_FILE)
        progress = self._stage("Writing transcripts")
        for number, contig in enumerate(self._contigs.values()):
            progress(number / len(self._contigs))
            if contig.name not in rows.contigs:
                continue
            transcripts = assemble(
                rows.rows(contig),
                contig=contig,
                mitochondrial=contig == self._mitochondrion,
                mane=mane,
                left_out=left_out,
            )
            bases = sequence.contig(contig.name)
            transcripts = [_completed(one, sequence=bases) for one in transcripts]
            if transcripts:
                write_models(self._folder / MODELS_FOLDER, contig=contig.name, transcripts=transcripts)
                self._model_contigs.append(contig.name)
                self._genes += genes_of(transcripts)
        if not self._model_contigs:
            raise InvalidReferenceError("The gene models hold no transcripts; rows with exons or CDS are needed.")
        self._remark(
            "rows of gene models were left out, because the sequence has no such contig", rows.without_sequence
        )
        self._remark("transcripts were left out", left_out)

    def _add_sources(self, kind: str, paths: Sequence[Path], *, default: Origin) -> None:
        for number, path in enumerate(paths, start=1):
            identifier = kind if number == 1 else f"{kind}-{number}"
            origin = self._plan.origins.get(identifier) or self._plan.origins.get(kind) or UNKNOWN
            self._sources.append(source_of(path, identifier=identifier, origin=origin, default=default))

    def _stage(self, label: str) -> Callable[[float], None]:
        return lambda part: self._listener(label, part)

    def _remark(self, text: str, counts: Mapping[str, int]) -> None:
        if counts:
            details = ", ".join(f"{name}: {count:,}" for name, count in sorted(counts.items())[:5])
            more = ", …" if len(counts) > 5 else ""
            self.remarks.append(f"{sum(counts.values()):,} {text} ({details}{more}).")


def _completed(transcript: Transcript, *, sequence: ContigSequence) -> Transcript:
    """The transcript with what its source does not tell and the sequence does."""
    start, end = incomplete_ends(transcript, sequence)
    return with_selenocysteines(replace(transcript, start_incomplete=start, end_incomplete=end), sequence=sequence)


def _source_name(definition: TrackDefinition) -> str:
    if definition.publisher in definition.label:
        return definition.label
    return f"{definition.label} ({definition.publisher})"
