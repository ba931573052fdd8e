"""Small VCF files for tests, and a way to run the engine on them."""

import gzip
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pysam

from annotator.chunk import Options
from annotator.csq import COLUMNS
from annotator.engine import Request, annotate
from annotator.limits import DEFAULT_LIMITS, Limits
from annotator.progress import Done, Event
from annotator.reference import STARTER_FOLDER

COLUMN_LINE = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
NO_CHOICE = Options()
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

    @cached_property
    def result(self) -> bytes:
        return gzip.decompress(Path(self.done.files["vcf"]).read_bytes())

    @property
    def header(self) -> list[str]:
        return [line for line in self.result.decode().splitlines() if line.startswith("#")]

    @cached_property
    def rows(self) -> list[list[str]]:
        return [line.split("\t") for line in self.result.decode().splitlines() if not line.startswith("#")]

    def info(self, row: int) -> dict[str, str]:
        return dict(item.partition("=")[::2] for item in self.rows[row][7].split(";"))

    def csq(self, row: int, *, key: str = "CSQ") -> list[dict[str, str]]:
        names = COLUMNS.split("|")
        return [dict(zip(names, entry.split("|"), strict=True)) for entry in self.info(row)[key].split(",")]

    def hits(self, row: int) -> list[dict[str, str]]:
        """The entries of transcripts that the variant lies in, not only near."""
        return [entry for entry in self.csq(row) if entry["Feature"] and not entry["DISTANCE"]]


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
        options: Options = NO_CHOICE,
        processes: int = 1,
    ) -> Outcome:
        if not isinstance(content, str | bytes):
            content = HEADER + "".join(content)
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.annotate(path, reference=reference, limits=limits, options=options, processes=processes)

    def annotate(
        self,
        path: Path,
        *,
        reference: Path = STARTER_FOLDER,
        limits: Limits = DEFAULT_LIMITS,
        options: Options = NO_CHOICE,
        processes: int = 1,
    ) -> Outcome:
        self.events = []
        request = Request(
            input=path,
            reference=reference,
            output=self.output,
            stem="result",
            limits=limits,
            options=options,
            processes=processes,
        )
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
