"""The command line: annotate a VCF, look at one, look after references."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path

from annotator.commands import install, reference
from annotator.engine import Request, annotate, stem_of
from annotator.errors import AnnotatorError, InvalidVcfError
from annotator.inspection import HEAD_BYTES, inspect_head
from annotator.limits import DEFAULT_LIMITS, Limits
from annotator.manifest import read_manifest
from annotator.progress import ENGINE_ERROR, Done, Event, Failed, Listener, Progress, Stage, to_line
from annotator.reference import STARTER_FOLDER
from annotator.version import ANNOTATOR_VERSION

EXIT_FINE = 0
EXIT_OURS = 1
EXIT_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 fine, 2 the input is at fault, 1 we are."""
    options = _parser().parse_args(arguments)
    try:
        exit_code: int = options.run(options)
    except InvalidVcfError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_INPUT
    except (AnnotatorError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_OURS
    return exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m annotator", description="Annotate VCF files.")
    parser.add_argument("--version", action="version", version=ANNOTATOR_VERSION)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_annotate(commands.add_parser("annotate", help="annotate a VCF"))

    inspect = commands.add_parser("inspect", help="say what a file is and what its header tells")
    inspect.add_argument("file", type=_existing_file)
    inspect.add_argument("--reference", type=Path, default=STARTER_FOLDER, help="default: the starter")
    inspect.set_defaults(run=_inspect)

    install.add(reference.add(commands))
    return parser


def _existing_file(text: str) -> Path:
    path = Path(text)
    if not path.exists() or path.is_dir():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return path


def _add_annotate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", type=_existing_file, help="VCF: plain, gzip or bgzip")
    parser.add_argument("--reference", type=Path, default=STARTER_FOLDER, help="default: the starter")
    parser.add_argument("--output", type=Path, required=True, help="folder for the result")
    parser.add_argument("--name", help="first part of the result's file names; default: the input's")
    parser.add_argument("--progress", choices=("human", "json", "none"), default="human")
    for limit in fields(Limits):
        default = getattr(DEFAULT_LIMITS, limit.name)
        parser.add_argument(
            f"--{limit.name.replace('_', '-')}",
            type=type(default),
            default=default,
            metavar="N",
            help=f"default: {default:,}",
        )
    parser.set_defaults(run=_annotate)


def _annotate(options: argparse.Namespace) -> int:
    limits = replace(DEFAULT_LIMITS, **{limit.name: getattr(options, limit.name) for limit in fields(Limits)})
    request = Request(
        input=options.input,
        reference=options.reference,
        output=options.output,
        stem=options.name or stem_of(options.input.name),
        limits=limits,
    )
    listener = _LISTENERS[options.progress]
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


def _print_human(event: Event, /) -> None:
    match event:
        case Stage():
            print(event.label, flush=True)
        case Progress():
            print(f"  {event.records:>12,} records  {event.fraction:4.0%}", flush=True)
        case Done():
            print(
                f"Read {event.records_read:,}: annotated {event.annotated:,}, passed {event.passed:,}, "
                f"rejected {event.rejected:,}"
            )
            for path in event.files.values():
                print(f"  {path}")
        case Failed():
            pass  # main prints it


def _print_nothing(event: Event, /) -> None:
    del event


_LISTENERS: dict[str, Listener] = {"human": _print_human, "json": _print_json, "none": _print_nothing}


def _inspect(options: argparse.Namespace) -> int:
    manifest = read_manifest(options.reference)
    with options.file.open("rb") as stream:
        head = inspect_head(stream.read(HEAD_BYTES), file_name=options.file.name, reference=manifest)
    print(json.dumps(asdict(head), indent=2))
    return EXIT_FINE
