"""The contigs of a reference, under all their names."""

import re

from annotator.manifest import Contig, Manifest

_REFSEQ_MOLECULE = re.compile(r"NC_\d+\.\d+")


class ContigTable:
    """Which contig goes by which name on one genome build."""

    def __init__(self, manifest: Manifest) -> None:
        self.build = manifest.build
        self._by_name = {name: contig for contig in manifest.contigs for name in (contig.name, *contig.aliases)}

    def find(self, name: str) -> Contig | None:
        """The contig that goes by this name, under whichever of its names."""
        return self._by_name.get(name)


def accession_of(contig: Contig) -> str:
    """RefSeq's accession of a whole chromosome, which is one of its names; the contig's own name where it has none."""
    names = (contig.name, *contig.aliases)
    return next((name for name in names if _REFSEQ_MOLECULE.fullmatch(name)), contig.name)
