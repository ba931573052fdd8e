"""The consequence stage: verified alleles through `bcftools norm | bcftools csq`, answers into a file.

The genetic code is an option of a whole run, so the mitochondrion has a run of its own.
"""

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from annotator.bcftools import command_line
from annotator.errors import EngineError
from annotator.manifest import Contig
from annotator.reference import Reference

MITOCHONDRIAL_CODE = "2"  # NCBI translation table 2, vertebrate mitochondrial

_SORT_WINDOW = "20000"  # how far left-alignment may move a record without leaving the order
_FLUSH_LINES = 4_096
_MESSAGE_BYTES = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One allele as norm left it, and what csq says; `position` is 1-based, `bcsq` may be empty."""

    position: int
    ref: bytes
    alt: bytes
    bcsq: str


class ConsequenceStage:
    """Both runs; each starts with its first allele. Use as a context: leaving it ends all processes."""

    def __init__(self, *, reference: Reference, folder: Path) -> None:
        self._reference = reference
        self._folder = folder
        self._runs: dict[bool, _Run] = {}

    def __enter__(self) -> "ConsequenceStage":
        return self

    def __exit__(self, *_: object) -> None:
        for run in self._runs.values():
            run.kill()

    def put(self, contig: Contig, position: int, identifier: str, ref: bytes, alt: bytes) -> None:
        """Hand one allele over; `position` is 1-based."""
        if self._reference.models_path is None:
            return
        mitochondrial = contig.name == self._reference.manifest.mitochondrion
        run = self._runs.get(mitochondrial)
        if run is None:
            name = "mitochondrial" if mitochondrial else "nuclear"
            run = self._runs[mitochondrial] = _Run(
                reference=self._reference, stem=self._folder / name, mitochondrial=mitochondrial
            )
        run.put(f"{contig.name}\t{position}\t{identifier}\t".encode() + ref + b"\t" + alt + b"\t.\t.\t.\n")

    def finish(self) -> None:
        """Close the input and wait; raise EngineError unless every process ended well."""
        for run in self._runs.values():
            run.finish()

    def answers(self, contig: Contig) -> "Answers":
        """The answers for the contigs that share this one's run; read each contig's in input order."""
        run = self._runs.get(contig.name == self._reference.manifest.mitochondrion)
        return run.answers() if run else Answers(None)


class Answers:
    """Answers of one run, asked for in input order; the few that norm moved ahead wait in memory."""

    def __init__(self, path: Path | None) -> None:
        self._rows = _read_rows(path) if path else iter(())
        self._waiting: dict[str, Answer] = {}

    def take(self, identifier: str) -> Answer:
        """Give the answer for one allele; raise EngineError when there is none."""
        answer = self._waiting.pop(identifier, None)
        while answer is None:
            row = next(self._rows, None)
            if row is None:
                raise EngineError(f"The consequence stage lost allele {identifier}.")
            if row[0] == identifier:
                answer = row[1]
            else:
                self._waiting[row[0]] = row[1]
        return answer


class _Run:
    """One `norm | csq` pipeline that writes to `<stem>.vcf`."""

    def __init__(self, *, reference: Reference, stem: Path, mitochondrial: bool) -> None:
        sequence, models = str(reference.sequence_path), str(reference.models_path)
        code = ["-C", MITOCHONDRIAL_CODE] if mitochondrial else []
        self._path = stem.with_suffix(".vcf")
        self._messages = {name: stem.with_suffix(f".{name}.txt") for name in ("norm", "csq")}
        self._lines: list[bytes] = []
        self._answers: Answers | None = None
        with self._messages["norm"].open("wb") as norm_log, self._messages["csq"].open("wb") as csq_log:
            self._norm = subprocess.Popen(
                command_line("norm", "-f", sequence, "-c", "w", "-w", _SORT_WINDOW, "-Ou", "-"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=norm_log,
            )
            with self._path.open("wb") as output:
                self._csq = subprocess.Popen(
                    command_line("csq", "-l", "-G", "1", "-v", "0", *code, "-f", sequence, "-g", models, "-Ov", "-"),
                    stdin=self._norm.stdout,
                    stdout=output,
                    stderr=csq_log,
                )
        assert self._norm.stdout is not None
        self._norm.stdout.close()
        self._write(_sites_header(reference))

    def put(self, line: bytes) -> None:
        self._lines.append(line)
        if len(self._lines) >= _FLUSH_LINES:
            self._flush()

    def finish(self) -> None:
        self._flush()
        assert self._norm.stdin is not None
        try:
            self._norm.stdin.close()
        except BrokenPipeError:
            self._fail()
        if self._norm.wait() or self._csq.wait():
            self._fail()

    def kill(self) -> None:
        for process in (self._norm, self._csq):
            if process.poll() is None:
                process.kill()
            process.wait()
        if self._norm.stdin is not None and not self._norm.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self._norm.stdin.close()

    def answers(self) -> Answers:
        if self._answers is None:
            self._answers = Answers(self._path)
        return self._answers

    def _flush(self) -> None:
        self._write(b"".join(self._lines))
        self._lines.clear()

    def _write(self, data: bytes) -> None:
        assert self._norm.stdin is not None
        try:
            self._norm.stdin.write(data)
        except BrokenPipeError:
            self._fail()

    def _fail(self) -> None:
        codes = f"norm ended with {self._norm.wait()}, csq with {self._csq.wait()}"
        texts = [
            text
            for path in self._messages.values()
            if (text := path.read_bytes()[-_MESSAGE_BYTES:].decode("utf-8", "replace").strip())
        ]
        raise EngineError(f"The consequence stage failed ({codes}). {' '.join(texts)}".strip())


def _sites_header(reference: Reference) -> bytes:
    lengths = reference.sequence_lengths
    contigs = "".join(f"##contig=<ID={name},length={length}>\n" for name, length in lengths.items())
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    return f"##fileformat=VCFv4.2\n{contigs}{columns}".encode()


def _read_rows(path: Path) -> Iterator[tuple[str, Answer]]:
    with path.open("rb") as stream:
        for line in stream:
            if line.startswith(b"#"):
                continue
            _, position, identifier, ref, alt, _, _, info = line.rstrip(b"\n").split(b"\t", 7)
            bcsq = info.removeprefix(b"BCSQ=").decode() if info.startswith(b"BCSQ=") else ""
            yield (
                identifier.decode(),
                Answer(position=int(position), ref=ref.upper(), alt=alt.upper(), bcsq=bcsq),
            )
