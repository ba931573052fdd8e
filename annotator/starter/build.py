"""Build the starter reference for GRCh38 from three unpacked packages: bioframe, ideogram and minimap2.

    python -m annotator.starter.build --bioframe DIR --ideogram DIR --minimap2 DIR --output DIR

The same packages give the same bytes. `docs/annotator.md` says which package holds what and under which licence.
"""

import argparse
import gzip
import hashlib
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from annotator.errors import AnnotatorError, InvalidReferenceError
from annotator.manifest import Contig, Manifest, Source, Track, checksums, sha256_of, write_manifest
from annotator.models.store import write_models
from annotator.regions import Region, write_regions
from annotator.site_writer import write_sites
from annotator.sites import Site
from annotator.starter.mitochondrion import (
    MITOCHONDRIAL_GENES,
    MITOCHONDRION,
    RCRS_LENGTH,
    RCRS_MD5,
    RCRS_PLACEHOLDER,
)
from annotator.starter.tracks import (
    CLINVAR_FIELDS,
    CYTOBAND_FIELDS,
    GENE_FIELDS,
    GeneLocus,
    gene_regions,
    read_clinvar,
    read_cytobands,
    read_genes,
)
from annotator.version import ANNOTATOR_VERSION

NAME = "GRCh38 starter"
VERSION = "2"

BANDS_FILE = "bioframe/io/data/hg38.cytoband.tsv"
CONTIGS_FILE = "bioframe/io/data/hg38.seqinfo.tsv"
GENES_FILE = "dist/data/cache/genes/homo-sapiens-genes.tsv.gz"
SYNONYMS_FILE = "dist/data/cache/synonyms/homo-sapiens-synonyms.tsv.gz"
VARIANTS_FILE = "dist/data/cache/variants/homo-sapiens-variants.tsv.gz"
VARIANT_KEYS_FILE = "dist/data/cache/variants/homo-sapiens-variants.tsv.li.gz"
RCRS_FILE = "usr/share/doc/minimap2/test/MT-human.fa.gz"

BIOFRAME_LICENCE = "bioframe-0.8.0.dist-info/licenses/LICENSE"
IDEOGRAM_LICENCE = "LICENSE"
MINIMAP2_LICENCE = "usr/share/doc/minimap2/copyright"


def build_starter(*, bioframe: Path, ideogram: Path, minimap2: Path, output: Path) -> Manifest:
    """Write the starter reference into `output`, which must not exist yet, and give its manifest."""
    output.mkdir(parents=True)
    contigs = _read_contigs(bioframe / CONTIGS_FILE)
    genes = read_genes(ideogram / GENES_FILE)
    _compare_with_loci(genes)

    _write_sequence(output / "sequence.fa", rcrs=_read_rcrs(minimap2 / RCRS_FILE))
    write_models(
        output / "models",
        contig=MITOCHONDRION,
        transcripts=[gene.transcript for gene in MITOCHONDRIAL_GENES],
        compressed=True,
    )
    _write_region_stores(
        output / "regions",
        contigs=contigs,
        tracks=[
            read_cytobands(bioframe / BANDS_FILE),
            gene_regions(genes, synonyms_path=ideogram / SYNONYMS_FILE),
        ],
    )
    _write_site_stores(
        output / "sites" / "clinvar",
        sites=read_clinvar(ideogram / VARIANTS_FILE, keys_path=ideogram / VARIANT_KEYS_FILE),
    )
    licences = output / "licences"
    licences.mkdir()
    shutil.copyfile(bioframe / BIOFRAME_LICENCE, licences / "bioframe.txt")
    shutil.copyfile(ideogram / IDEOGRAM_LICENCE, licences / "ideogram.txt")
    shutil.copyfile(minimap2 / MINIMAP2_LICENCE, licences / "minimap2.txt")

    manifest = Manifest(
        name=NAME,
        version=VERSION,
        build="GRCh38",
        engine=ANNOTATOR_VERSION,
        contigs=contigs,
        mitochondrion=MITOCHONDRION,
        sequence="sequence.fa",
        models="models",
        model_contigs=(MITOCHONDRION,),
        tracks=_tracks(),
        sources=_sources(bioframe=bioframe, ideogram=ideogram, minimap2=minimap2),
        files=checksums(output),
    )
    write_manifest(output, manifest=manifest)
    return manifest


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the starter reference from the command line."""
    parser = argparse.ArgumentParser(prog="python -m annotator.starter.build", description=__doc__)
    parser.add_argument("--bioframe", type=Path, required=True, help="unpacked wheel of bioframe 0.8.0")
    parser.add_argument("--ideogram", type=Path, required=True, help="unpacked npm package ideogram 1.53.0")
    parser.add_argument("--minimap2", type=Path, required=True, help="unpacked Debian package minimap2 2.24")
    parser.add_argument("--output", type=Path, required=True, help="folder to write; must not exist")
    options = parser.parse_args(arguments)
    try:
        manifest = build_starter(
            bioframe=options.bioframe,
            ideogram=options.ideogram,
            minimap2=options.minimap2,
            output=options.output,
        )
    except (AnnotatorError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{manifest.label}: {len(manifest.files)} files in {options.output}")
    return 0


def _read_contigs(path: Path) -> tuple[Contig, ...]:
    contigs = []
    for row in path.read_text(encoding="utf-8").splitlines()[1:]:
        name, length, role, _molecule, unit, aliases = row.split("\t")
        if role != "assembled" or unit == "decoy":
            continue
        short, *accessions = aliases.split(",")
        others = [name, *accessions]
        if short == MITOCHONDRION:
            others += ["M", "chrMT"]
        contigs.append(Contig(name=short, length=int(length), aliases=tuple(others)))
    return tuple(contigs)


def _read_rcrs(path: Path) -> str:
    with gzip.open(path, "rt", encoding="ascii") as stream:
        bases = "".join(line.strip() for line in stream if not line.startswith(">")).upper()
    bases = f"{bases[: RCRS_PLACEHOLDER - 1]}N{bases[RCRS_PLACEHOLDER:]}"
    digest = hashlib.md5(bases.encode(), usedforsecurity=False).hexdigest()
    if len(bases) != RCRS_LENGTH or digest != RCRS_MD5:
        raise InvalidReferenceError(f"{path} is not the revised Cambridge Reference Sequence.")
    return bases


def _write_sequence(path: Path, *, rcrs: str) -> None:
    width = 60
    lines = [rcrs[start : start + width] for start in range(0, len(rcrs), width)]
    path.write_text(f">{MITOCHONDRION}\n" + "\n".join(lines) + "\n", encoding="ascii")
    index = f"{MITOCHONDRION}\t{len(rcrs)}\t4\t{width}\t{width + 1}\n"
    path.with_name(f"{path.name}.fai").write_text(index, encoding="ascii")


def _compare_with_loci(genes: list[GeneLocus]) -> None:
    loci = {(gene.symbol, gene.start, gene.end, gene.gene_id) for gene in genes if gene.contig == MITOCHONDRION}
    facts = {(gene.symbol, gene.start, gene.end, gene.gene_id) for gene in MITOCHONDRIAL_GENES}
    if loci != facts:
        raise InvalidReferenceError(f"Mitochondrial genes differ from the gene loci: {sorted(loci ^ facts)}")


def _write_region_stores(folder: Path, *, contigs: tuple[Contig, ...], tracks: list[dict[str, list[Region]]]) -> None:
    for contig in contigs:
        regions = [region for track in tracks for region in track.get(contig.name, [])]
        write_regions(folder / f"{contig.name}.npz", regions=regions)


def _write_site_stores(folder: Path, *, sites: dict[str, list[Site]]) -> None:
    for contig, of_contig in sorted(sites.items()):
        write_sites(folder / f"{contig}.npz", sites=of_contig)


def _tracks() -> tuple[Track, ...]:
    return (
        Track(
            id="cytobands",
            kind="region",
            path="regions",
            label="Cytogenetic bands",
            source="cytobands",
            fields=CYTOBAND_FIELDS,
        ),
        Track(id="genes", kind="region", path="regions", label="Genes", source="genes", fields=GENE_FIELDS),
        Track(
            id="clinvar",
            kind="site",
            path="sites/clinvar",
            label="ClinVar pathogenic and likely pathogenic variants",
            source="clinvar",
            fields=CLINVAR_FIELDS,
        ),
    )


def _sources(*, bioframe: Path, ideogram: Path, minimap2: Path) -> tuple[Source, ...]:
    bands, genes = "PyPI bioframe 0.8.0", "npm ideogram 1.53.0"
    return (
        _source("contigs", f"Contig lengths and names ({bands})", "hg38", bioframe, CONTIGS_FILE),
        _source("cytobands", f"UCSC cytobands ({bands})", "hg38", bioframe, BANDS_FILE),
        _source("genes", f"Ensembl gene loci ({genes})", "110", ideogram, GENES_FILE),
        _source("synonyms", f"Gene synonyms ({genes})", "1.53.0", ideogram, SYNONYMS_FILE),
        _source("clinvar", f"ClinVar ({genes})", "2024-12-15", ideogram, VARIANTS_FILE, date="2024-12-15"),
        _source("rcrs", "Mitochondrial genome (Debian minimap2 2.24)", "NC_012920.1", minimap2, RCRS_FILE),
        Source(
            id="mitochondrial-genes",
            name="37 mitochondrial genes, entered as facts after Ensembl and HGNC",
            version="110",
            date="",
            licence="facts, no licence needed",
            licence_file="",
            url="",
            file="",
            size_bytes=0,
            sha256="",
        ),
    )


def _source(identifier: str, name: str, version: str, package: Path, file: str, *, date: str = "") -> Source:
    licence, licence_file, url = {
        "bioframe": ("MIT", "licences/bioframe.txt", "https://pypi.org/project/bioframe/0.8.0/"),
        "dist": ("CC0-1.0", "licences/ideogram.txt", "https://www.npmjs.com/package/ideogram/v/1.53.0"),
        "usr": ("MIT", "licences/minimap2.txt", "https://packages.debian.org/bookworm/minimap2"),
    }[file.split("/", maxsplit=1)[0]]
    return Source(
        id=identifier,
        name=name,
        version=version,
        date=date,
        licence=licence,
        licence_file=licence_file,
        url=url,
        file=file,
        size_bytes=(package / file).stat().st_size,
        sha256=sha256_of(package / file),
    )


if __name__ == "__main__":
    sys.exit(main())
