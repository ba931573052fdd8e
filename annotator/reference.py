"""A reference folder, opened: contigs under all their names, sequence, models, tracks."""

from pathlib import Path

from annotator.contigs import ContigTable
from annotator.errors import InvalidReferenceError
from annotator.manifest import Contig, Manifest, Track, damaged_files, read_manifest
from annotator.regions import RegionStore
from annotator.sequence import Sequence
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
    def models_path(self) -> Path | None:
        return self.folder / self.manifest.models if self.manifest.models else None

    @property
    def sequence_path(self) -> Path | None:
        return self.folder / self.manifest.sequence if self.manifest.sequence else None

    @property
    def sequence_lengths(self) -> dict[str, int]:
        return self._sequence.lengths if self._sequence else {}

    def contig(self, name: str) -> Contig | None:
        """The contig that goes by this name, under whichever of its names."""
        return self.contigs.find(name)

    def sequence_of(self, contig: Contig) -> Sequence | None:
        """The sequence, when the reference has this contig's; None otherwise."""
        return self._sequence if self._sequence and contig.name in self._sequence.lengths else None

    def has_models(self, contig: Contig) -> bool:
        return contig.name in self.manifest.model_contigs

    def regions(self, contig: Contig) -> RegionStore:
        """The flattened region tracks of a contig."""
        paths = {track.path for track in self.region_tracks}
        if len(paths) > 1:
            raise InvalidReferenceError("Region tracks must share one flattened store.")
        return RegionStore.open(self.folder / paths.pop() / contig.name) if paths else RegionStore({})

    def sites(self, track: Track, *, contig: Contig) -> SiteStore:
        """The sites of one track on a contig."""
        return SiteStore.open(self.folder / track.path / contig.name)

    def verify(self) -> list[str]:
        """Names of the files that are missing or damaged."""
        return damaged_files(self.folder, manifest=self.manifest)
