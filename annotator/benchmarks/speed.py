"""`python -m annotator.benchmarks.speed`: the annotator against the cost of only copying the file.

All runs are pinned to one core (two for the runs with two processes) and take turns, so that a slow moment of the
machine falls on all of them alike; medians are told. The copy is `bcftools view -Oz` of pysam's wheel, which reads,
parses and compresses the same file; ours writes the table and the index besides. Prints tables in Markdown for
`docs/performance.md`.
"""

import argparse
import os
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from annotator.benchmarks.inputs import COHORT_SAMPLES, Inputs, prepare
from annotator.benchmarks.others import snpeff, vcfanno
from annotator.benchmarks.running import CommandFailedError, measure
from annotator.benchmarks.tables import machine, markdown_table
from annotator.benchmarks.track_files import CONTIGS

EXIT_FINE = 0
EXIT_NOT_MEASURED = 2

COPY = "copy: bcftools view -Oz"
DEFAULT, ALL, NONE = "ours, default names", "ours, --hgvs all", "ours, --hgvs none"
TWO = "ours, default names, two cores"

_COPY_SCRIPT = "import sys; from pysam import bcftools; bcftools.view(*sys.argv[1:], catch_stdout=False)"
_ONE_CORE, _TWO_CORES = (0,), (0, 1)
_MOST_RUNS_ASIDE = 3  # of what is measured beside the goal for speed; some take minutes

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A command that reads one of the files."""

    name: str
    command: tuple[str, ...]
    cores: tuple[int, ...] = _ONE_CORE


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print what came out."""
    options = _parser().parse_args(arguments)
    if find_spec("pysam") is None or shutil.which("taskset") is None:
        print(
            "The comparison needs pysam (make test installs it) and taskset (apt install util-linux).", file=sys.stderr
        )
        return EXIT_NOT_MEASURED
    about = machine()
    say = _silent if options.quiet else _to_stderr
    say("Preparing the files (two minutes the first time)")
    inputs = prepare(options.work, data=options.data)
    output = options.work / "output"
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    try:
        sections = [
            _speed(inputs, output, runs=options.runs, say=say),
            _memory(inputs, output, say=say),
            _cohort(inputs, output, runs=options.runs, say=say),
            *([] if options.no_others else [_others(inputs, output, runs=options.runs, say=say)]),
        ]
    except CommandFailedError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_NOT_MEASURED
    finally:
        shutil.rmtree(output, ignore_errors=True)
    print(f"{about}; {inputs.records:,} records: {inputs.source}, on ten contigs; {options.runs} runs each, medians\n")
    print("\n\n".join(sections))
    return EXIT_FINE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m annotator.benchmarks.speed", description=(__doc__ or "").split("\n\n")[1]
    )
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="of each; default: 5")
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), metavar="DIR", help="real data; default: %(default)s"
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=Path("var/bench-annotator"),
        metavar="DIR",
        help="for files that are made once, 600 MB; default: %(default)s",
    )
    parser.add_argument("--no-others", action="store_true", help="leave vcfanno and snpEff out")
    parser.add_argument("--quiet", action="store_true", help="do not tell what is being measured")
    return parser


def _silent(_text: str) -> None:
    return


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _copy(path: Path, output: Path, *, name: str = COPY) -> Contestant:
    command = (sys.executable, "-c", _COPY_SCRIPT, "-Oz", "-o", str(output / "copy.vcf.gz"), str(path))
    return Contestant(name=name, command=command)


def _ours(
    path: Path, inputs: Inputs, output: Path, *options: str, name: str = DEFAULT, processes: int = 1
) -> Contestant:
    command = (
        *(sys.executable, "-m", "annotator", "annotate", str(path), "--reference", str(inputs.reference)),
        *("--output", str(output / "ours"), "--progress", "none", "--processes", str(processes), *options),
    )
    return Contestant(name=name, command=command, cores=_ONE_CORE if processes == 1 else _TWO_CORES)


def _take_turns(contestants: Sequence[Contestant], *, runs: int, say: Say) -> dict[str, list[float]]:
    """Run each so often, one after the other in turn; the first two run once before, and that does not count."""
    seconds: dict[str, list[float]] = {one.name: [] for one in contestants}
    for run in range(runs + 1):
        for one in contestants if run else contestants[:2]:
            took = measure(one.command, processors=one.cores).seconds
            say(f"  {one.name}: {took:.2f} s" + ("" if run else " (does not count)"))
            if run:
                seconds[one.name].append(took)
    return seconds


def _table(seconds: dict[str, list[float]], *, records: int, copy: str) -> str:
    return markdown_table(
        [("what", "seconds", "records/s", "times the copy"), *_rows(seconds, records=records, base=copy)]
    )


def _rows(seconds: dict[str, list[float]], *, records: int, base: str) -> list[tuple[str, ...]]:
    """A row a contestant; the ratio to the base is the median of the ratios within each turn."""
    rows: list[tuple[str, ...]] = []
    for name, own in seconds.items():
        median = statistics.median(own)
        ratio = statistics.median(one / base for one, base in zip(own, seconds[base], strict=True))
        rows.append((name, f"{median:.2f}", f"{records / median:,.0f}", f"{ratio:.2f}"))
    return rows


def _speed(inputs: Inputs, output: Path, *, runs: int, say: Say) -> str:
    say("Speed")
    path = inputs.long_vcf
    contestants = [
        _copy(path, output),
        _ours(path, inputs, output),
        _ours(path, inputs, output, "--hgvs", "all", name=ALL),
        _ours(path, inputs, output, "--hgvs", "none", name=NONE),
    ]
    if len(os.sched_getaffinity(0)) > 1:
        contestants.append(_ours(path, inputs, output, name=TWO, processes=2))
    seconds = _take_turns(contestants, runs=runs, say=say)
    text = _table(seconds, records=inputs.records, copy=COPY)
    if TWO in seconds:
        gain = statistics.median(one / two for one, two in zip(seconds[DEFAULT], seconds[TWO], strict=True))
        text += f"\n\nA second core makes it {gain:.2f} times as fast."
    return text


def _memory(inputs: Inputs, output: Path, *, say: Say) -> str:
    """The memory of files of different length: each is looked at once, apart from the clock."""
    say("Memory")
    rows: list[tuple[str, ...]] = [("file", "own memory, MB", "with pages of mapped files, MB")]
    files = [("a tenth of the records", inputs.short_vcf, 1), ("all records", inputs.long_vcf, 1)]
    if len(os.sched_getaffinity(0)) > 1:
        files.append(("all records, two processes", inputs.long_vcf, 2))
    for name, path, processes in files:
        one = _ours(path, inputs, output, processes=processes)
        found = measure(one.command, processors=one.cores, samples_memory=True)
        rows.append((name, f"{found.own_bytes / 1e6:,.0f}", f"{found.peak_bytes / 1e6:,.0f}"))
    return markdown_table(rows)


def _cohort(inputs: Inputs, output: Path, *, runs: int, say: Say) -> str:
    say(f"A file with {COHORT_SAMPLES} samples")
    copy, ours = f"{COPY}, {COHORT_SAMPLES} samples", f"{DEFAULT}, {COHORT_SAMPLES} samples"
    contestants = [
        _copy(inputs.cohort_vcf, output, name=copy),
        _ours(inputs.cohort_vcf, inputs, output, name=ours),
    ]
    seconds = _take_turns(contestants, runs=min(runs, _MOST_RUNS_ASIDE), say=say)
    return _table(seconds, records=inputs.cohort_records, copy=copy)


def _others(inputs: Inputs, output: Path, *, runs: int, say: Say) -> str:
    """Other programs on the short file."""
    say("Other programs")
    candidates = (
        (DEFAULT, _ours(inputs.short_vcf, inputs, output).command, "everything"),
        ("vcfanno", vcfanno(inputs, output), "three tracks of alleles, no consequences"),
        ("snpEff", snpeff(inputs, output), "consequences and names, no tracks"),
    )
    here = [Contestant(name=name, command=command) for name, command, _ in candidates if command is not None]
    seconds = _take_turns(here, runs=min(runs, _MOST_RUNS_ASIDE), say=say)
    told = {row[0]: row[1:] for row in _rows(seconds, records=inputs.records // len(CONTIGS), base=DEFAULT)}
    rows: list[tuple[str, ...]] = [
        ("program, a tenth of the records", "seconds", "records/s", "times ours", "what it does")
    ]
    for name, command, does in candidates:
        if command is None:
            say(f"  {name} is not installed (apt install {name.lower()})")
        rows.append((name, *told.get(name, ("", "", "")), does if command else "not installed"))
    return markdown_table(rows)


if __name__ == "__main__":
    sys.exit(main())
