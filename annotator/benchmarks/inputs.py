"""What the speed is measured on: a sample, a genome with gene models, and every track of the table of tracks.

One contig of a sample, of gene models and of known variants is written under ten names, so that a file is long enough
to measure. With the shared data these are NA12878's calls on chromosome 21, Ensembl's models and dbSNP's and ClinVar's
alleles; without them all is invented. Bases are random where none are known, and agree with every REF. Regions are
invented: as many for each track as its source has on a chromosome, or thereabouts.
"""

import gzip
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotator.benchmarks.invention import invented_calls, invented_models
from annotator.bgzf import BgzfFile, compress_chunk
from annotator.building.build import Plan, build_reference
from annotator.definitions import GeneRows, TableRows, TrackDefinition, VcfAlleles, VcfSpans
from annotator.tracks import TRACKS
from annotator.version import ANNOTATOR_VERSION

CONTIGS = tuple(f"c{number}" for number in range(1, 11))
LENGTH = 46_709_983
SEED = 1

SAMPLE = "PG_NA12878_hg38-chr21.vcf.gz"
SEQUENCE = "chr21.GRCh38.real_segments.fa.gz"
MODELS = "ensembl84.chr21.gff3.gz"
SITES = {"dbsnp": "dbsnp149.chr21.snv.vcf.gz", "clinvar": "clinvar20241215.PLP.GRCh38.vcf.gz"}

_REGIONS = {"tfbs": 100_000, "cytobands": 20}  # on one contig; of any other track:
_OTHER_REGIONS = 2_000
_KNOWN_SHARE = 0.8  # of the sample's variants that gnomAD has
_COHORT_SAMPLES = 500
_COHORT_RECORDS = 20_000
_VERSION = "1"  # of what is written here


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The files that are measured with; `source` says where the sample is from."""

    source: str
    records: int
    long_vcf: Path  # on all contigs
    short_vcf: Path  # on the first one
    cohort_vcf: Path  # few records with many samples
    fasta: Path
    gff3: Path
    regions: Path  # BED, for other programs
    reference: Path


Record = tuple[int, bytes, bytes, bytes]  # position, REF, the columns before POS's end and behind REF, as text


def prepare(work: Path, *, data: Path) -> Inputs:
    """Write all files into a folder of their own inside `work`, unless they are there from an earlier run."""
    is_shared = all((data / name).is_file() for name in (SAMPLE, SEQUENCE, MODELS, *SITES.values()))
    folder = work / _fingerprint(data if is_shared else None)
    done = folder / "done.json"
    if not done.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        about = _write(folder, data=data if is_shared else None)
        done.write_text(json.dumps(about), encoding="utf-8")
    about = json.loads(done.read_text(encoding="utf-8"))
    return Inputs(
        source=about["source"],
        records=about["records"],
        long_vcf=folder / "long.vcf.gz",
        short_vcf=folder / "short.vcf.gz",
        cohort_vcf=folder / "cohort.vcf.gz",
        fasta=folder / "genome.fa",
        gff3=folder / "models.gff3.gz",
        regions=folder / "regions.bed",
        reference=folder / "reference",
    )


def _fingerprint(data: Path | None) -> str:
    """What the folder is called: other inputs, another engine or other tracks need files of their own."""
    digest = hashlib.sha256(f"{_VERSION} {ANNOTATOR_VERSION} {[track.id for track in TRACKS]}".encode())
    for name in (SAMPLE, SEQUENCE, MODELS, *SITES.values()) if data is not None else ():
        digest.update((data / name).read_bytes())
    return digest.hexdigest()[:16]


def _write(folder: Path, *, data: Path | None) -> dict[str, object]:
    chance = np.random.default_rng(SEED)
    if data is None:
        bases = _random_bases(chance)
        models, symbols = invented_models(LENGTH, chance)
        header, records = invented_calls(LENGTH, bases, chance)
    else:
        bases = _overlaid(_random_bases(chance), _sequence(data / SEQUENCE))
        models, symbols = _rows(data / MODELS)
        header, records = _calls(data / SAMPLE)
    for record in records:
        position, ref = int(record[1]), record[3]
        bases[position - 1 : position - 1 + len(ref)] = np.frombuffer(ref.upper(), dtype=np.uint8)
    _write_fasta(folder / "genome.fa", bases.tobytes())
    _write_models(folder / "models.gff3.gz", models)
    _write_calls(folder / "long.vcf.gz", header, records, contigs=CONTIGS)
    _write_calls(folder / "short.vcf.gz", header, records, contigs=CONTIGS[:1])
    _write_cohort(folder / "cohort.vcf.gz", header, records)
    plan = Plan(
        name="Benchmark",
        version="1",
        build="GRCh38",
        fasta=(folder / "genome.fa",),
        gff3=(folder / "models.gff3.gz",),
        **_tracks(folder, data, symbols=symbols, records=records, chance=chance),
        output=folder / "reference",
    )
    build_reference(plan)
    source = "invented calls" if data is None else "NA12878, chromosome 21"
    return {"source": source, "records": len(records) * len(CONTIGS)}


def _random_bases(chance: np.random.Generator) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    return np.frombuffer(b"ACGT", dtype=np.uint8)[chance.integers(0, 4, LENGTH)]
