"""Build tracks from a few lines of text, and look at what a record would be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.arrays import stem_of
from annotator.building.genes import Gene
from annotator.building.tracks import BuiltTrack, TrackPlan, build_track, write_region_stores
from annotator.definitions import TrackDefinition
from annotator.manifest import Contig
from annotator.regions import RegionStore
from annotator.sites import SiteStore

CONTIGS = (
    Contig(name="1", length=100_000, aliases=("chr1", "NC_000001.11")),
    Contig(name="2", length=50_000, aliases=("chr2",)),
)


@dataclass(frozen=True)
class Bases:
    text: bytes

    @property
    def length(self) -> int:
        return len(self.text)

    def bases(self, *, start: int, end: int) -> bytes:
        return self.text[max(start, 0) : end]


def gene(symbol: str, start: int, end: int, **values: object) -> Gene:
    known: dict[str, object] = {
        "id": f"ENSG_{symbol}",
        "symbol": symbol,
        "biotype": "protein_coding",
        "contig": "1",
        "start": start,
        "end": end,
        "strand": 1,
        "exons": ((start, end),),
        "first_bases": (start,),
    }
    return Gene(**{**known, **values})  # type: ignore[arg-type]


class Made:
    """One or more built tracks."""

    def __init__(self, folder: Path, built: Sequence[BuiltTrack]) -> None:
        self._folder = folder
        self.built = built[0]
        self._sites: dict[str, dict[tuple[int, bytes, bytes], tuple[str, str]]] = {}

    def region(self, start: int, end: int | None = None, *, contig: str = "1") -> str:
        store = RegionStore.open(stem_of(self._folder / "regions", contig=contig))
        return store.text_on(start, end or start).decode()

    def site(self, position: int, ref: str, alt: str, *, contig: str = "1") -> tuple[str, str] | None:
        if contig not in self._sites:
            found = self._sites[contig] = {}
            for one in self.store(contig):  # the first counts where an allele stands twice
                found.setdefault((one.position, one.ref, one.alt), (one.identifier.decode(), one.text.decode()))
        return self._sites[contig].get((position, ref.encode(), alt.encode()))

    def store(self, contig: str = "1") -> SiteStore:
        return SiteStore.open(stem_of(self._folder / self.built.track.path, contig=contig))


def make(
    folder: Path,
    *plans: tuple[TrackDefinition, Sequence[Path]],
    genes: Sequence[Gene] = (),
    bases: Mapping[str, bytes] | None = None,
    contigs: Sequence[Contig] = CONTIGS,
) -> Made:
    sequences = {name: Bases(text) for name, text in (bases or {}).items()}
    output = folder / "reference"
    built = [
        build_track(
            TrackPlan(definition=definition, paths=tuple(paths)),
            contigs=contigs,
            genes=genes,
            sequence=lambda contig: sequences.get(contig.name),
            output=output,
        )
        for definition, paths in plans
    ]
    write_region_stores(built, output=output)
    return Made(output, built)


def table(path: Path, *rows: Sequence[object]) -> Path:
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return path


def vcf(path: Path, *rows: str, header: Sequence[str] = ()) -> Path:
    lines = ["##fileformat=VCFv4.2", *header, "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    path.write_text("\n".join([*lines, *("\t".join(row.split()) for row in rows)]) + "\n")
    return path
