"""Other annotators on the same file, where they are installed: what they can do of what we do."""

import gzip
import shutil
import subprocess
from pathlib import Path

import pysam

from annotator.benchmarks.inputs import Inputs

_SITES = ("dbsnp", "clinvar", "gnomad")
_FIRST = "c1"  # the contig that the short file lies on
_SNPEFF_GENOME = "bench"
_MEMORY = "-Xmx3g"


def vcfanno(inputs: Inputs, folder: Path) -> tuple[str, ...] | None:
    """The command that adds the sites of three tracks, without consequences; None when it is not installed."""
    program = shutil.which("vcfanno")
    if program is None:
        return None
    folder = _emptied(folder / "vcfanno")
    parts = []
    for track in _SITES:
        source, packed = inputs.track_files / f"{track}.txt", folder / f"{track}.vcf.gz"
        if source.is_file():
            pysam.tabix_compress(str(source), str(packed))
            pysam.tabix_index(str(packed), preset="vcf")
            parts.append(f'[[annotation]]\nfile="{packed}"\nfields=["ID"]\nops=["self"]\nnames=["{track}"]\n')
    config = folder / "config.toml"
    config.write_text("\n".join(parts), encoding="utf-8")
    return program, "-p", "1", str(config), str(inputs.short_vcf)


def snpeff(inputs: Inputs, folder: Path) -> tuple[str, ...] | None:
    """The command that adds consequences and names, without tracks; None when it is not installed."""
    program = shutil.which("snpEff")
    if program is None:
        return None
    folder = _emptied(folder / "snpeff")
    data = folder / "data" / _SNPEFF_GENOME
    data.mkdir(parents=True)
    _write_first_contig(inputs, data)
    config = folder / "snpEff.config"
    config.write_text(f"data.dir = {folder / 'data'}\n{_SNPEFF_GENOME}.genome : Benchmark\n", encoding="utf-8")
    start = (program, _MEMORY)
    build = (*start, "build", "-gff3", "-noCheckCds", "-noCheckProtein", "-c", str(config), _SNPEFF_GENOME)
    subprocess.run(build, check=True, capture_output=True)
    return *start, "ann", "-noStats", "-c", str(config), _SNPEFF_GENOME, str(inputs.short_vcf)


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder.resolve()


def _write_first_contig(inputs: Inputs, folder: Path) -> None:
    with (
        gzip.open(inputs.gff3, "rt", encoding="utf-8") as rows,
        (folder / "genes.gff").open("w", encoding="utf-8") as out,
    ):
        out.writelines(row for row in rows if row.startswith(("#", f"{_FIRST}\t")))
    with inputs.fasta.open("rb") as lines, (folder / "sequences.fa").open("wb") as out_bases:
        out_bases.write(next(lines))
        for line in lines:
            if line.startswith(b">"):
                break
            out_bases.write(line)
