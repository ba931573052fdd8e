"""`reference build|list|show|verify|remove`: look after references."""

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from annotator.building.build import Plan, build_reference
from annotator.building.origin import UNKNOWN, Origin, origin_with
from annotator.builds import build_by_words
from annotator.commands.bars import Bars
from annotator.errors import InvalidReferenceError
from annotator.manifest import MANIFEST_NAME, Manifest, damaged_files, read_manifest
from annotator.reference import STARTER_FOLDER

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EXIT_FINE = 0
EXIT_OURS = 1
EXIT_INPUT = 2
EXIT_INTERRUPTED = 130

DEFAULT_FOLDER = Path("references")
FOLDER_VARIABLE = "REFERENCES_DIR"


def add(commands: "Commands") -> "Commands":
    """Add `reference` and its actions to the command line; give the actions, so that others can join them."""
    parser = commands.add_parser("reference", help="look after references")
    actions: Commands = parser.add_subparsers(required=True, metavar="ACTION")
    _add_build(actions.add_parser("build", help="build a reference from files"))
    for name, run, text in (
        ("show", _show, "print what a reference holds, with sources and licences"),
        ("verify", _verify, "compare every file with its checksum"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("folder", type=Path, nargs="?", default=STARTER_FOLDER, help=_FOLDER_HELP)
        action.set_defaults(run=run)
    listing = actions.add_parser("list", help="list the references inside a folder, and the starter")
    listing.add_argument("folder", type=Path, nargs="?", help=f"default: ${FOLDER_VARIABLE}, or {DEFAULT_FOLDER}")
    listing.set_defaults(run=_list)
    remove = actions.add_parser("remove", help="delete a reference")
    remove.add_argument("folder", type=Path, help="the reference, or its name inside the references' folder")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    remove.set_defaults(run=_remove)
    return actions


_FOLDER_HELP = "the reference, or its name inside the references' folder; default: the starter"


def references_folder() -> Path:
    """Where references lie when no command says otherwise."""
    return Path(os.environ.get(FOLDER_VARIABLE) or DEFAULT_FOLDER)


def _add_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="what people call it")
    parser.add_argument("--version", default="1", help="tells it from others of its name; default: 1")
    parser.add_argument("--build", required=True, type=_build_name, help="genome build: GRCh38, GRCh37, …")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder to write; must not exist")
    parser.add_argument("--fasta", type=Path, required=True, action="append", metavar="FILE", help="the sequence")
    parser.add_argument(
        "--gff3",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="gene models of Ensembl, GENCODE or RefSeq",
    )
    parser.add_argument("--mane", type=Path, metavar="FILE", help="MANE's summary: which transcripts are MANE ones")
    for option, text in (
        ("--vcf", "alleles: ClinVar, dbSNP, gnomAD, …, known by the name of the file; any other is a track of its own"),
        ("--bed", "regions: a track of their names"),
        ("--table", "a table of UCSC, HGNC or GenCC, known by the name of the file"),
    ):
        parser.add_argument(option, action="append", default=[], metavar="[TRACK=]FILE", help=text)
    parser.add_argument(
        "--about",
        action="append",
        nargs="+",
        default=[],
        metavar=("SOURCE", "KEY=VALUE"),
        help="what is known of a source (sequence, models, mane or a track): name, version, date, licence, url",
    )
    parser.set_defaults(run=_build)


def _build_name(text: str) -> str:
    return build_by_words(text) or text


def _build(options: argparse.Namespace) -> int:
    bars = Bars()
    try:
        plan = _plan(options)
        with termination_as_interrupt():
            built = build_reference(plan, listener=bars)
    except InvalidReferenceError as error:
        bars.close()
        print(f"error: {error}", file=sys.stderr)
        return EXIT_INPUT
    except KeyboardInterrupt:
        bars.close()
        print("error: interrupted; nothing was left behind", file=sys.stderr)
        return EXIT_INTERRUPTED
    bars.close()
    for remark in built.remarks:
        print(f"note: {remark}", file=sys.stderr)
    _print_manifest(built.manifest, folder=plan.output)
    return EXIT_FINE


def _plan(options: argparse.Namespace) -> Plan:
    return Plan(
        name=options.name,
        version=options.version,
        build=options.build,
        fasta=tuple(options.fasta),
        gff3=tuple(options.gff3),
        mane=options.mane,
        vcf=tuple(options.vcf),
        bed=tuple(options.bed),
        table=tuple(options.table),
        origins=_origins(options.about),
        output=options.output,
    )


def _origins(told: list[list[str]]) -> dict[str, Origin]:
    origins: dict[str, Origin] = {}
    for source, *items in told:
        pairs = (item.partition("=") for item in items)
        try:
            values = {key: value for key, _, value in pairs}
            origins[source] = origin_with(origins.get(source, UNKNOWN), told=values)
        except ValueError as error:
            raise InvalidReferenceError(f"--about {source}: {error}.") from None
    return origins


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """A polite kill tidies up as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before: Any = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _show(options: argparse.Namespace) -> int:
    folder = _place(options.folder)
    _print_manifest(read_manifest(folder), folder=folder)
    return EXIT_FINE


def _print_manifest(manifest: Manifest, *, folder: Path) -> None:
    size = sum((folder / name).stat().st_size for name in manifest.files if (folder / name).is_file())
    print(f"{manifest.label}, build {manifest.build}, made by annotator {manifest.engine}")
    print(f"  {folder}: {len(manifest.files):,} files, {_size(size)}")
    print(f"Contigs: {len(manifest.contigs)}; with transcript models: {_some(manifest.model_contigs)}")
    print("Tracks" if manifest.tracks else "Tracks: none")
    for track in manifest.tracks:
        print(f"  {track.label} ({track.id}): {', '.join(field.id for field in track.fields)}")
    print("Sources")
    for source in manifest.sources:
        print(f"  {source.name}, version {source.version or 'unknown'}")
        for label, value in (
            ("date", source.date),
            ("licence", source.licence or "unknown"),
            ("from", source.url),
            ("file", f"{source.file}, {_size(source.size_bytes)}" if source.file else ""),
            ("sha256", source.sha256),
        ):
            if value:
                print(f"    {label:<8}{value}")


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:30])
    return f"{shown}, and {len(names) - 30} more" if len(names) > 30 else shown or "none"


def _size(count: int) -> str:
    size = float(count)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} GB"


def _verify(options: argparse.Namespace) -> int:
    folder = _place(options.folder)
    manifest = read_manifest(folder)
    damaged = damaged_files(folder, manifest=manifest)
    for name in damaged:
        print(f"damaged or missing: {name}")
    if not damaged:
        print(f"{manifest.label}: {len(manifest.files)} files are as they were built.")
    return EXIT_OURS if damaged else EXIT_FINE


def _list(options: argparse.Namespace) -> int:
    folder = options.folder or references_folder()
    for place in (STARTER_FOLDER, *sorted(path.parent for path in folder.glob(f"*/{MANIFEST_NAME}"))):
        try:
            manifest = read_manifest(place)
        except InvalidReferenceError as error:
            print(f"cannot be used  {place}: {error}")
            continue
        print(f"{manifest.label}  {manifest.build}  {place}")
    return EXIT_FINE


def _remove(options: argparse.Namespace) -> int:
    folder = _place(options.folder).resolve()
    if folder == STARTER_FOLDER.resolve():
        raise InvalidReferenceError("The starter belongs to the product and stays.")
    if not (folder / MANIFEST_NAME).is_file():
        raise InvalidReferenceError(f"{folder} is not a reference: it has no {MANIFEST_NAME}.")
    if not options.yes and not _agreed(f"Delete {folder}? [y/N] "):
        print("Nothing was deleted.")
        return EXIT_FINE
    # Without its manifest it is no reference any more, should the rest be interrupted.
    (folder / MANIFEST_NAME).unlink()
    shutil.rmtree(folder)
    print(f"Deleted {folder}")
    return EXIT_FINE


def _agreed(question: str) -> bool:
    try:
        return input(question).strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _place(folder: Path) -> Path:
    """The folder itself, or the reference of that name inside the references' folder."""
    inside = references_folder() / folder
    return inside if not folder.exists() and inside.exists() else folder
