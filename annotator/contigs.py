"""The contigs of a reference, under all their names."""

from annotator.manifest import Contig, Manifest


class ContigTable:
    """Which contig goes by which name on one genome build."""

    def __init__(self, manifest: Manifest) -> None:
        self.build = manifest.build
        self._by_name = {name: contig for contig in manifest.contigs for name in (contig.name, *contig.aliases)}

    def find(self, name: str) -> Contig | None:
        """The contig that goes by this name, under whichever of its names."""
        return self._by_name.get(name)
