"""`python -m annotator.benchmarks.accuracy`: our annotation against Ensembl VEP's, column by column.

A reference is built from gene models and sequence, the variants of VEP's answers are annotated with every transcript
named, and each entry is compared. Prints tables in Markdown; ends with 0 when all goals are reached and every
difference is one that `docs/accuracy.md` explains, with 2 when the data are not there.
"""

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.benchmarks.answers import bare_lines, read_answers
from annotator.benchmarks.comparison import COLUMNS, Difference, Score, compare
from annotator.benchmarks.differences import MIRRORED_TAIL, NOT_KNOWN, MirroredTail, explain
from annotator.benchmarks.tables import machine, markdown_table
from annotator.building.build import Plan, build_reference
from annotator.chunk import Options
from annotator.engine import Request, annotate
from annotator.findings import Hgvs
from annotator.reference import Reference

SEQUENCE = "chr21.GRCh38.real_segments.fa.gz"
MODELS = "ensembl84.chr21.gff3.gz"
ANSWERS = "vep115.dev.vcf.gz"
CONTIG = "21"

GOALS = {
    "class SNV": 99.9,
    "class indel": 97.0,
    "HGVSc SNV": 100.0,
    "HGVSc indel": 100.0,
    "HGVSp SNV": 99.9,
    "HGVSp indel": 97.0,
}

EXIT_FINE = 0
EXIT_SHORT = 1
EXIT_NO_DATA = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A difference with the name of its kind."""

    difference: Difference
    kind: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and print what was found."""
    options = _parser().parse_args(arguments)
    missing = [name for name in (SEQUENCE, MODELS, ANSWERS) if not (options.data / name).is_file()]
    if missing:
        print(f"There is no {missing[0]} in {options.data}: name the folder with --data.", file=sys.stderr)
        return EXIT_NO_DATA
    about = machine()
    options.work.mkdir(parents=True, exist_ok=True)
    reference = _reference(options.data, options.work)
    ours = _annotated(options.data / ANSWERS, reference, options.work)
    score = compare(read_answers(options.data / ANSWERS), read_answers(ours))
    kinds = explain(score.differences, tail=_tail(reference))
    named = [Named(difference=one, kind=kind) for one, kind in zip(score.differences, kinds, strict=True)]
    print(f"{about}; {ANSWERS}, --hgvs all\n")
    print(markdown_table(_figures(score, named)), end="\n\n")
    print(markdown_table(_columns(score)), end="\n\n")
    print(markdown_table(_kinds(named, count=options.examples)), end="\n\n")
    return _verdict(score, named)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m annotator.benchmarks.accuracy", description=(__doc__ or "").split("\n\n")[1]
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), metavar="DIR", help="default: %(default)s")
    parser.add_argument(
        "--work",
        type=Path,
        default=Path("var/accuracy"),
        metavar="DIR",
        help="for reference and result; default: %(default)s",
    )
    parser.add_argument("--examples", type=int, default=1, metavar="N", help="of each kind of difference; default: 1")
    return parser


def _reference(data: Path, work: Path) -> Path:
    folder = work / "reference"
    shutil.rmtree(folder, ignore_errors=True)
    plan = Plan(
        name="chr21",
        version="1",
        build="GRCh38",
        fasta=(data / SEQUENCE,),
        gff3=(data / MODELS,),
        output=folder,
    )
    build_reference(plan)
    return folder


def _annotated(answers: Path, reference: Path, work: Path) -> Path:
    path = work / "variants.vcf"
    path.write_text("".join(bare_lines(answers)), encoding="utf-8")
    request = Request(
        input=path,
        reference=reference,
        output=work / "result",
        stem="variants",
        options=Options(hgvs=Hgvs.ALL),
    )
    return Path(annotate(request, listener=lambda _: None).files["vcf"])


def _tail(reference: Path) -> MirroredTail:
    opened = Reference(reference)
    contig = opened.contig(CONTIG)
    sequence = opened.sequence_of(contig) if contig is not None else None
    assert contig is not None
    assert sequence is not None
    return MirroredTail(opened.models(contig), sequence)


def _figures(score: Score, named: Sequence[Named]) -> list[tuple[str, ...]]:
    set_aside = _set_aside(named)
    rows: list[tuple[str, ...]] = [("figure", "equal", "of", "%", "goal", "% without VEP's misread bases")]
    for figure, goal in GOALS.items():
        equal, total = score.equal[figure], score.total[figure]
        aside = f"{_share(score, figure, set_aside):.3f}" if set_aside[figure] else ""
        rows.append((figure, f"{equal:,}", f"{total:,}", f"{score.share(figure):.3f}", f"{goal}", aside))
    return rows


def _columns(score: Score) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("column, all biotypes", "equal", "of", "%")]
    rows += [
        (column, f"{score.equal[column]:,}", f"{score.total[column]:,}", f"{score.share(column):.3f}")
        for column in COLUMNS
    ]
    return rows


def _kinds(named: Sequence[Named], *, count: int) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("column", "count", "kind", "example: VEP", "ours", "at")]
    counts = Counter((one.difference.column, one.kind) for one in named)
    for (column, kind), total in sorted(counts.items(), key=lambda item: (item[0][0], -item[1])):
        fitting = [one.difference for one in named if one.difference.column == column and one.kind == kind]
        for number, one in enumerate(fitting[:count]):
            place = f"{one.position} {one.ref}>{one.alt} {one.transcript}"
            shown = f"{total:,}" if not number else ""
            rows.append((column, shown, kind, one.theirs or "-", one.ours or "-", place))
    return rows


def _verdict(score: Score, named: Sequence[Named]) -> int:
    """Say in the last lines whether all goals are reached; names that VEP misread are set aside."""
    set_aside = _set_aside(named)
    short = [name for name, goal in GOALS.items() if _share(score, name, set_aside) < goal]
    unknown = sum(one.kind == NOT_KNOWN for one in named)
    print(
        f"Records missing: {score.missing_records}; entries missing: {score.missing_entries}; "
        f"entries of ours only: {score.further_entries}; differences that are not known: {unknown}"
    )
    if short or unknown or score.missing_records or score.missing_entries:
        print("Goals not reached: " + (", ".join(short) or "none; but see the line above"))
        return EXIT_SHORT
    by_rules = [name for name, goal in GOALS.items() if score.share(name) < goal]
    print("All goals are reached" + (f", {', '.join(by_rules)} without VEP's misread bases." if by_rules else "."))
    return EXIT_FINE


def _set_aside(named: Sequence[Named]) -> Counter[str]:
    return Counter(one.difference.column for one in named if one.kind == MIRRORED_TAIL)


def _share(score: Score, figure: str, set_aside: Counter[str]) -> float:
    total = score.total[figure] - set_aside[figure]
    return 100 * score.equal[figure] / total if total else 100.0


if __name__ == "__main__":
    sys.exit(main())
