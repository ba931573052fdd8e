"""The command line: annotate a VCF, look at one, look after references."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path

from annotator.engine import Request, annotate, stem_of
from annotator.errors import AnnotatorError, InvalidVcfError
from annotator.inspection import HEAD_BYTES, inspect_head
from annotator.limits import DEFAULT_LIMITS, Limits
from annotator.manifest import read_manifest
from annotator.progress import ENGINE_ERROR, Done, Event, Failed, Listener, Progress, Stage, to_line
from annotator.reference import STARTER_FOLDER, Reference
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

    reference = commands.add_parser("reference", help="look after references")
    actions = reference.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("show", _show_reference, "print what a reference holds, with sources and licences"),
        ("verify", _verify_reference, "compare every file with its checksum"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("folder", type=Path, nargs="?", default=STARTER_FOLDER)
        action.set_defaults(run=run)
    listing = actions.add_parser("list", help="list the references inside a folder, and the starter")
    listing.add_argument("folder", type=Path, nargs="?")
    listing.set_defaults(run=_list_references)
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


def _show_reference(options: argparse.Namespace) -> int:
    manifest = read_manifest(options.folder)
    print(f"{manifest.label}, build {manifest.build}, made by annotator {manifest.engine}")
    print(f"Contigs: {len(manifest.contigs)}; with transcript models: {', '.join(manifest.model_contigs)}")
    print("Tracks")
    for track in manifest.tracks:
        print(f"  {track.label}: {', '.join(field.id for field in track.fields)}")
    print("Sources")
    for source in manifest.sources:
        print(f"  {source.name}, version {source.version} ({source.licence})")
    return EXIT_FINE


def _verify_reference(options: argparse.Namespace) -> int:
    reference = Reference(options.folder)
    damaged = reference.verify()
    for name in damaged:
        print(f"damaged or missing: {name}")
    if not damaged:
        print(f"{reference.manifest.label}: {len(reference.manifest.files)} files are as they were built.")
    return EXIT_OURS if damaged else EXIT_FINE


def _list_references(options: argparse.Namespace) -> int:
    folders = [STARTER_FOLDER]
    if options.folder is not None:
        folders += sorted(path.parent for path in options.folder.glob("*/manifest.json"))
    for folder in folders:
        print(f"{read_manifest(folder).label}  {folder}")
    return EXIT_FINE
