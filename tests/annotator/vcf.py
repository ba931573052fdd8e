"""Small VCF files for tests, and a way to run the engine on them."""

import gzip
import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pysam

from annotator.engine import Request, annotate
from annotator.limits import DEFAULT_LIMITS, Limits
from annotator.manifest import Contig, Manifest, write_manifest
from annotator.progress import Done, Event
from annotator.reference import STARTER_FOLDER
from annotator.vep import COLUMNS

COLUMN_LINE = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
HEADER = f"##fileformat=VCFv4.2\n##reference=GRCh38\n{COLUMN_LINE}\n"


def record(contig: str, position: object, ref: str, alt: str, *, info: str = ".", identifier: str = ".") -> str:
    return f"{contig}\t{position}\t{identifier}\t{ref}\t{alt}\t.\tPASS\t{info}\n"


@dataclass
class Outcome:
    """What one run left behind."""

    done: Done
    events: list[Event]

    def text(self, kind: str) -> str:
        return Path(self.done.files[kind]).read_text(encoding="utf-8")

    def json(self, kind: str) -> Any:
        return json.loads(self.text(kind))

    @property
    def result(self) -> bytes:
        return gzip.decompress(Path(self.done.files["vcf"]).read_bytes())

    @property
    def header(self) -> list[str]:
        return [line for line in self.result.decode().splitlines() if line.startswith("#")]

    @property
    def rows(self) -> list[list[str]]:
        return [line.split("\t") for line in self.result.decode().splitlines() if not line.startswith("#")]

    def info(self, row: int) -> dict[str, str]:
        return dict(item.partition("=")[::2] for item in self.rows[row][7].split(";"))

    def csq(self, row: int, *, key: str = "CSQ") -> list[dict[str, str]]:
        names = COLUMNS.split("|")
        return [dict(zip(names, entry.split("|"), strict=True)) for entry in self.info(row)[key].split(",")]


@dataclass
class Runner:
    """Writes inputs into a folder and annotates them."""

    folder: Path
    events: list[Event] = field(default_factory=list)

    def __call__(
        self,
        content: str | bytes | Sequence[str],
        *,
        name: str = "input.vcf",
        reference: Path = STARTER_FOLDER,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Outcome:
        if not isinstance(content, str | bytes):
            content = HEADER + "".join(content)
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.annotate(path, reference=reference, limits=limits)

    def annotate(self, path: Path, *, reference: Path = STARTER_FOLDER, limits: Limits = DEFAULT_LIMITS) -> Outcome:
        self.events = []
        request = Request(input=path, reference=reference, output=self.output, stem="result", limits=limits)
        return Outcome(done=annotate(request, listener=self.events.append), events=self.events)

    @property
    def output(self) -> Path:
        return self.folder / "output"

    @property
    def log(self) -> str:
        return (self.output / "log.txt").read_text(encoding="utf-8")


def bgzip(data: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "compressed.gz")
        with pysam.BGZFile(str(path), "wb", None) as stream:
            stream.write(data)
        return path.read_bytes()


def rcrs(start: int, end: int) -> str:
    """Bases start..end (1-based, both included) of the starter's mitochondrial sequence."""
    lines = (STARTER_FOLDER / "sequence.fa").read_text().splitlines()[1:]
    return "".join(lines)[start - 1 : end]


def assemble_chr21(shared_data: Path, *, folder: Path) -> Path:
    """A reference folder with sequence and models of chromosome 21, made from the shared data."""
    folder.mkdir()
    for suffix in ("", ".fai", ".gzi"):
        name = f"chr21.GRCh38.real_segments.fa.gz{suffix}"
        (folder / f"sequence.fa.gz{suffix}").symlink_to(shared_data / name)
    models = gzip.decompress((shared_data / "ensembl84.chr21.gff3.gz").read_bytes()).decode()
    (folder / "models.gff3.gz").write_bytes(gzip.compress(_one_parent_each(models).encode(), mtime=0))
    manifest = Manifest(
        name="chr21",
        version="1",
        build="GRCh38",
        engine="0",
        contigs=(Contig(name="21", length=46_709_983, aliases=("chr21",)),),
        mitochondrion=None,
        sequence="sequence.fa.gz",
        models="models.gff3.gz",
        model_contigs=("21",),
        tracks=(),
        sources=(),
        files={},
    )
    write_manifest(folder, manifest=manifest)
    return folder


def _one_parent_each(gff: str) -> str:
    """Repeat a row that names several parents once for each, which is all that `bcftools csq` understands."""
    rows = []
    for row in gff.splitlines():
        found = re.search(r"Parent=([^;]*,[^;]*)", row)
        parents = found[1].split(",") if found else []
        rows += [row.replace(f"Parent={found[1]}", f"Parent={parent}") for parent in parents] if found else [row]
    return "\n".join(rows) + "\n"
