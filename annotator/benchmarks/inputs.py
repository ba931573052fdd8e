"""What speed is measured on: a sample, a genome with gene models, and every track of the table of tracks.

One contig's calls, gene models and known variants are written under ten names, so that a file is long enough to
measure. With the shared data they are NA12878's calls on chromosome 21, Ensembl's models, dbSNP's and ClinVar's
alleles; without them all is invented. Bases are random where none are known, and agree with every REF.
"""

import gzip
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from annotator.benchmarks.invention import Bases, Call, invented_calls, invented_models, random_bases
from annotator.benchmarks.track_files import CONTIGS, LENGTH, write_track_files
from annotator.bgzf import BgzfFile, compress_chunk
from annotator.building.build import Plan, build_reference
from annotator.building.fasta import LINE_BASES
from annotator.tracks import TRACKS
from annotator.version import ANNOTATOR_VERSION

SAMPLE = "PG_NA12878_hg38-chr21.vcf.gz"
SEQUENCE = "chr21.GRCh38.real_segments.fa.gz"
MODELS = "ensembl84.chr21.gff3.gz"
DBSNP = "dbsnp149.chr21.snv.vcf.gz"
CLINVAR = "clinvar20241215.PLP.GRCh38.vcf.gz"
SHARED = (SAMPLE, SEQUENCE, MODELS, DBSNP, CLINVAR)

COHORT_SAMPLES = 500
COHORT_RECORDS = 20_000

_VERSION = 3  # of what is written here
_SEED = 1
_CHUNK_LINES = 10_000
_NAMED = ("gene:", "transcript:", "CDS:")  # identifiers in models, which must not come twice
_HEADER = (
    "##fileformat=VCFv4.2\n"
    + "".join(
        f'##INFO=<ID={name},Number=.,Type=String,Description="">\n'
        for name in ["metal", "isaac2", "bwa_freebayes", "bwa_platypus", "bwa_gatk3", "dist2closest", "DP", "MQ", "QD"]
    )
    + "".join(f'##FILTER=<ID={name},Description="">\n' for name in ("PASS", "Silver", "OverlapConflict"))
    + "".join(f'##FORMAT=<ID={name},Number=.,Type=String,Description="">\n' for name in ("GT", "AD", "DP", "GQ"))
)
_COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The files to measure with."""

    source: str  # what the sample is
    folder: Path
    records: int  # of the long file

    @property
    def long_vcf(self) -> Path:
        """The calls on all contigs."""
        return self.folder / "long.vcf.gz"

    @property
    def short_vcf(self) -> Path:
        """The calls on the first contig."""
        return self.folder / "short.vcf.gz"

    @property
    def cohort_vcf(self) -> Path:
        """Fewer calls of many samples."""
        return self.folder / "cohort.vcf.gz"

    @property
    def cohort_records(self) -> int:
        return min(COHORT_RECORDS, self.records // len(CONTIGS))

    @property
    def reference(self) -> Path:
        return self.folder / "reference"

    @property
    def fasta(self) -> Path:
        return self.folder / "genome.fa"

    @property
    def gff3(self) -> Path:
        return self.folder / "models.gff3.gz"

    @property
    def track_files(self) -> Path:
        return self.folder / "tracks"


def prepare(work: Path, *, data: Path) -> Inputs:
    """Write all files into a folder inside `work`, unless they are there from an earlier run."""
    shared = data if all((data / name).is_file() for name in SHARED) else None
    folder = work / _fingerprint(shared)
    done = folder / "done.json"
    if not done.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        records = _write(folder, shared)
        done.write_text(json.dumps({"records": records}), encoding="utf-8")
    records = json.loads(done.read_text(encoding="utf-8"))["records"]
    source = "NA12878's calls on chromosome 21" if shared else "invented calls"
    return Inputs(source=source, folder=folder, records=records)


def _fingerprint(shared: Path | None) -> str:
    """What the folder is called: other inputs, another engine or other tracks need files of their own."""
    digest = hashlib.sha256(f"{_VERSION} {ANNOTATOR_VERSION} {[track.id for track in TRACKS]}".encode())
    for name in SHARED if shared is not None else ():
        digest.update((shared / name).read_bytes() if shared else b"")
    return digest.hexdigest()[:16]


def _write(folder: Path, shared: Path | None) -> int:
    """Write the files and build the reference; give the number of records of the long file."""
    chance = np.random.default_rng(_SEED)
    bases = random_bases(LENGTH, chance)
    if shared is None:
        calls, models = invented_calls(bases, chance), invented_models(LENGTH, chance)
        known: dict[str, list[str]] = {}
    else:
        calls, models = list(_calls(shared / SAMPLE)), list(_lines(shared / MODELS))
        known = {"dbsnp": list(_lines(shared / DBSNP)), "clinvar": _on_21(_lines(shared / CLINVAR))}
        for line in (*known["dbsnp"], *known["clinvar"]):
            _, position, _, ref, _ = line.split("\t", 4)
            _put(bases, int(position), ref)
        _overlay(bases, shared / SEQUENCE)
    for call in calls:
        _put(bases, call.position, call.ref)
    _write_fasta(folder / "genome.fa", bases)
    _write_models(folder / "models.gff3.gz", models)
    _write_vcf(folder / "long.vcf.gz", calls, contigs=CONTIGS)
    _write_vcf(folder / "short.vcf.gz", calls, contigs=CONTIGS[:1])
    cohort = _with_samples(calls[:COHORT_RECORDS], chance)
    _write_vcf(folder / "cohort.vcf.gz", cohort, contigs=CONTIGS[:1], samples=COHORT_SAMPLES)
    files = write_track_files(folder / "tracks", calls=calls, models=models, known=known, chance=chance)
    plan = Plan(
        name="Benchmark",
        version="1",
        build="GRCh38",
        fasta=(folder / "genome.fa",),
        gff3=(folder / "models.gff3.gz",),
        vcf=files.vcf,
        table=files.table,
        output=folder / "reference",
    )
    build_reference(plan)
    return len(calls) * len(CONTIGS)


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        yield from (line for line in stream if not line.startswith("#"))


def _on_21(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line.startswith("21\t")]


def _calls(path: Path) -> Iterator[Call]:
    for line in _lines(path):
        _, position, _, ref, alt, quality, filters, info, keys, sample = line.rstrip("\n").split("\t")
        about = f"{quality}\t{filters}\t{info}\t{keys}"
        yield Call(position=int(position), ref=ref.upper(), alt=alt, about=about, sample=sample)


def _put(bases: Bases, position: int, ref: str) -> None:
    bases[position - 1 : position - 1 + len(ref)] = np.frombuffer(ref.encode(), dtype=np.uint8)


def _overlay(bases: Bases, path: Path) -> None:
    """Put the known bases in."""
    with gzip.open(path, "rb") as stream:
        text = stream.read().partition(b"\n")[2].replace(b"\n", b"").upper()
    known = np.frombuffer(text, dtype=np.uint8)
    is_known = known != ord("N")
    bases[: len(known)][is_known] = known[is_known]


def _write_fasta(path: Path, bases: Bases) -> None:
    full = len(bases) // LINE_BASES * LINE_BASES
    lines = np.full((full // LINE_BASES, LINE_BASES + 1), ord("\n"), dtype=np.uint8)
    lines[:, :LINE_BASES] = bases[:full].reshape(-1, LINE_BASES)
    text = lines.tobytes() + bases[full:].tobytes() + b"\n"
    with path.open("wb") as stream:
        for contig in CONTIGS:
            stream.write(f">{contig}\n".encode() + text)


def _write_models(path: Path, rows: Sequence[str]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as stream:
        stream.write("##gff-version 3\n")
        for contig in CONTIGS:
            for row in rows:
                rest = row.split("\t", 1)[1]
                for word in _NAMED:
                    rest = rest.replace(word, f"{word}{contig}_")
                stream.write(f"{contig}\t{rest}")


def _with_samples(calls: Sequence[Call], chance: np.random.Generator) -> list[Call]:
    """The calls with the genotypes of many samples, of whom most have none of the alleles."""
    genotypes = np.array(["0/0:30,0:30:60", "0/0:28,0:28:45", "0/1:14,13:27:99", "1/1:0,31:31:80", "./.:.:.:."])
    lines = ["\t".join(chance.choice(genotypes, COHORT_SAMPLES, p=(0.5, 0.3, 0.12, 0.05, 0.03))) for _ in range(200)]
    return [
        replace(call, about=call.about.rpartition("\t")[0] + "\tGT:AD:DP:GQ", sample=lines[number * 7 % len(lines)])
        for number, call in enumerate(calls)
    ]


def _write_vcf(path: Path, calls: Sequence[Call], *, contigs: Sequence[str], samples: int = 1) -> None:
    names = "".join(f"\ts{number}" for number in range(samples))
    header = "".join(f"##contig=<ID={contig},length={LENGTH}>\n" for contig in contigs)
    step = _CHUNK_LINES // samples + 1
    with BgzfFile(path, max_bytes=10**10) as file:
        file.append(compress_chunk(f"{_HEADER}{header}{_COLUMNS}{names}\n".encode()))
        for contig in contigs:
            for begin in range(0, len(calls), step):
                lines = [
                    f"{contig}\t{call.position}\t.\t{call.ref}\t{call.alt}\t{call.about}\t{call.sample}\n"
                    for call in calls[begin : begin + step]
                ]
                file.append(compress_chunk("".join(lines).encode()))
