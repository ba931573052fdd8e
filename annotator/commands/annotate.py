"""`annotate`: annotate a VCF."""

import argparse
import gc
import os
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.chunk import Options
from annotator.commands.bars import Bars
from annotator.engine import Request, annotate
from annotator.errors import InvalidVcfError
from annotator.findings import Hgvs
from annotator.limits import DEFAULT_LIMITS, Limits
from annotator.memory import settle_memory
from annotator.progress import ENGINE_ERROR, Done, Event, Failed, Listener, Progress, Stage, to_line
from annotator.provenance import is_plain_name
from annotator.quoting import visible
from annotator.reference import STARTER_FOLDER
from annotator.result_files import stem_of

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EXIT_FINE = 0

_STOP, _LEDGER = "stop", "ledger"


def add(commands: "Commands") -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "annotate",
        help="annotate a VCF",
        description="Annotate a VCF. All files of the result appear in the output folder together, or log.txt alone.",
        epilog="Exit codes: 0 fine, 2 the input is at fault, 1 we are.",
    )
    parser.add_argument("input", type=existing_file, metavar="IN", help="VCF: plain, gzip or bgzip")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the result")
    parser.add_argument(
        "--reference", type=Path, default=STARTER_FOLDER, metavar="DIR", help="reference folder; default: the starter"
    )
    parser.add_argument(
        "--name", type=_plain_name, help="first part of the result's file names; default: the input's, without ending"
    )
    parser.add_argument(
        "--hgvs",
        type=Hgvs,
        choices=list(Hgvs),
        default=Hgvs.DEFAULT,
        metavar="{default,all,none}",
        help="which transcripts get HGVS names; default: the picked one, and all whose coding sequence or splice sites "
        "are hit; none also leaves out the names on the genome",
    )
    parser.add_argument("--parentheses", action="store_true", help="write protein changes as predicted ones: p.(…)")
    parser.add_argument(
        "--haplotypes",
        action="store_true",
        help="also judge together what lies on the same copy of a chromosome, by phased genotypes",
    )
    parser.add_argument(
        "--on-bad-record",
        choices=(_STOP, _LEDGER),
        default=_STOP,
        help="what to do with a line that is no record: refuse the file, or leave the line out and list it in the "
        "ledger (up to --max-bad-lines of them); default: stop",
    )
    add_processes(parser)
    parser.add_argument(
        "--progress",
        choices=("human", "json", "none"),
        default="human",
        help="how to tell what happens: bars for people, a JSON object per line, or not at all; default: human",
    )
    _add_limits(parser)
    parser.set_defaults(run=_annotate)


def add_processes(parser: argparse.ArgumentParser) -> None:
    """Add `--processes`, which is at least 1 once it is read."""
    parser.add_argument(
        "--processes",
        type=_processes,
        default=1,
        metavar="N",
        help="how many processes share the work; 0 or all: as many as this machine has processors for us; the result "
        "is the same; default: 1",
    )


def existing_file(text: str) -> Path:
    """The type of an argument that is a file."""
    path = Path(text)
    if not path.exists() or path.is_dir():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return path


def _plain_name(text: str) -> str:
    if not is_plain_name(text):
        raise argparse.ArgumentTypeError("a plain file name is needed, without folders")
    return text


def _processes(text: str) -> int:
    if text in ("0", "all"):
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number or all is needed, not {text}")
    return int(text)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("limits", "What a file may hold before it is refused.")
    for limit in fields(Limits):
        default = getattr(DEFAULT_LIMITS, limit.name)
        group.add_argument(
            f"--{limit.name.replace('_', '-')}",
            type=type(default),
            default=default,
            metavar="N",
            help=f"{_LIMIT_TEXTS[limit.name]}; default: {default:,}",
        )


_LIMIT_TEXTS = {
    "max_records": "records of the file",
    "max_line_bytes": "bytes of a line",
    "max_header_bytes": "bytes of the header",
    "max_header_lines": "lines of the header",
    "max_samples": "samples",
    "max_contigs": "contigs that records lie on",
    "max_contig_name_bytes": "bytes of a contig's name",
    "max_allele_bytes": "bytes of REF, once for each ALT allele of a record",
    "max_uncompressed_bytes": "bytes of the file, decompressed",
    "max_output_bytes": "bytes of the annotated VCF, compressed",
    "max_compression_ratio": "how many times larger than the file its text may be",
    "ratio_from_bytes": "decompressed bytes from which on the ratio counts",
    "max_blame_bytes": "bytes read behind a fault, to see whether the compression is damaged",
    "max_bad_lines": "lines set apart by --on-bad-record ledger",
    "max_rejected_share": "share of records whose REF may differ from the reference",
    "min_compared_records": "records that must have been compared before that share counts",
    "hopeless_share": "share of records whose REF differs that refuses the file before its end",
    "hopeless_from_records": "records that must have been compared before that share counts",
    "max_listed_rejections": "rejected records listed in the ledger; all are counted",
}


def _annotate(options: argparse.Namespace) -> int:
    limits = replace(DEFAULT_LIMITS, **{limit.name: getattr(options, limit.name) for limit in fields(Limits)})
    request = Request(
        input=options.input,
        reference=options.reference,
        output=options.output,
        stem=options.name or stem_of(options.input.name),
        limits=limits,
        options=Options(
            hgvs=options.hgvs,
            parentheses=options.parentheses,
            haplotypes=options.haplotypes,
            keeps_bad_lines=options.on_bad_record == _LEDGER,
        ),
        processes=options.processes,
    )
    listener = _LISTENERS[options.progress]()
    settle_memory()
    gc.freeze()  # what is loaded stays: the collector of cycles need not look at it again and again
    try:
        listener(annotate(request, listener=listener))
    except InvalidVcfError as error:
        listener(_failed(error))
        raise
    except Exception as error:
        listener(Failed(code=ENGINE_ERROR, message=str(error), advice="", line=None, column=None))
        raise
    return EXIT_FINE


def _failed(error: InvalidVcfError) -> Failed:
    return Failed(code=error.code, message=error.message, advice=error.advice, line=error.line, column=error.column)


def _print_json(event: Event, /) -> None:
    print(to_line(event), flush=True)


class _People:
    """Tells people: bars, and at the end what came out."""

    def __init__(self) -> None:
        self._bars = Bars()
        self._label = ""

    def __call__(self, event: Event, /) -> None:
        match event:
            case Stage():
                self._label = event.label
                self._bars(event.label, 0.0)
            case Progress():
                self._bars(self._label, event.fraction)
            case Done():
                self._bars.close()
                print(
                    f"Read {event.records_read:,}: annotated {event.annotated:,}, passed {event.passed:,}, "
                    f"rejected {event.rejected:,}"
                )
                for path in event.files.values():
                    print(f"  {visible(path)}")
            case Failed():
                self._bars.close()  # what failed is printed by whoever runs commands


def _print_nothing(event: Event, /) -> None:
    del event


_LISTENERS: dict[str, Callable[[], Listener]] = {
    "human": _People,
    "json": lambda: _print_json,
    "none": lambda: _print_nothing,
}
