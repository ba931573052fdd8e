"""A reference folder, opened: contigs under all their names, sequence, models, tracks."""

from pathlib import Path

from annotator.arrays import stem_of
from annotator.contigs import ContigTable, accession_of
from annotator.csq import encode
from annotator.errors import InvalidReferenceError
from annotator.manifest import Contig, Manifest, Track, damaged_files, read_manifest
from annotator.models.store import ModelStore
from annotator.regions import RegionStore
from annotator.sequence import ContigBases, Sequence
from annotator.sites import SiteStore

STARTER_FOLDER = Path(__file__).parent / "starter" / "GRCh38"


class Reference:
    """One reference, ready to be asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: Manifest = read_manifest(folder)
        self.contigs = ContigTable(self.manifest)
        self._sequence = Sequence(folder / self.manifest.sequence) if self.manifest.sequence else None

    @property
    def region_tracks(self) -> tuple[Track, ...]:
        return tuple(track for track in self.manifest.tracks if track.kind == "region")

    @property
    def site_tracks(self) -> tuple[Track, ...]:
        return tuple(track for track in self.manifest.tracks if track.kind == "site")

    @property
    def sequence_lengths(self) -> dict[str, int]:
        return self._sequence.lengths if self._sequence else {}

    def contig(self, name: str) -> Contig | None:
        """The contig that goes by this name, under whichever of its names."""
        return self.contigs.find(name)

    def sequence_of(self, contig: Contig) -> ContigBases | None:
        """The bases of a contig, when the reference has them; None otherwise."""
        if self._sequence is None or contig.name not in self._sequence.lengths:
            return None
        return self._sequence.contig(contig.name)

    def name_head(self, contig: Contig) -> str:
        """What HGVS names on a contig begin with, `NC_000021.9:g.`; `m.` on the mitochondrion."""
        return f"{encode(accession_of(contig))}:{'m' if contig.name == self.manifest.mitochondrion else 'g'}."

    def has_models(self, contig: Contig) -> bool:
        return contig.name in self.manifest.model_contigs

    def models(self, contig: Contig) -> ModelStore:
        """The transcripts of a contig."""
        stem = self.models_stem(contig)
        return ModelStore({}) if stem is None else ModelStore.open(stem)

    def models_stem(self, contig: Contig) -> Path | None:
        """Where the stores made from a contig's transcripts stand; None: the reference has no models of it."""
        if self.manifest.models is None or not self.has_models(contig):
            return None
        return stem_of(self.folder / self.manifest.models, contig=contig.name)

    def regions(self, contig: Contig) -> RegionStore:
        """The flattened region tracks of a contig."""
        paths = {track.path for track in self.region_tracks}
        if len(paths) > 1:
            raise InvalidReferenceError("Region tracks must share one flattened store.")
        return RegionStore.open(stem_of(self.folder / paths.pop(), contig=contig.name)) if paths else RegionStore({})

    def sites(self, track: Track, *, contig: Contig) -> SiteStore:
        """The sites of one track on a contig."""
        return SiteStore.open(stem_of(self.folder / track.path, contig=contig.name))

    def verify(self) -> list[str]:
        """Names of the files that are missing or damaged."""
        return damaged_files(self.folder, manifest=self.manifest)
