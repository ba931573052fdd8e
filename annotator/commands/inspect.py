"""`inspect`: say what a file is and what its header tells."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.commands.annotate import existing_file
from annotator.inspection import HEAD_BYTES, inspect_head
from annotator.manifest import read_manifest
from annotator.reference import STARTER_FOLDER

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EXIT_FINE = 0


def add(commands: "Commands") -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "inspect",
        help="say what a file is and what its header tells",
        description="Look at the beginning of a file, as a web server does with an upload, and print what it is.",
    )
    parser.add_argument("file", type=existing_file)
    parser.add_argument(
        "--reference",
        type=Path,
        default=STARTER_FOLDER,
        metavar="DIR",
        help="compare its contigs; default: the starter",
    )
    parser.set_defaults(run=_inspect)


def _inspect(options: argparse.Namespace) -> int:
    manifest = read_manifest(options.reference)
    with options.file.open("rb") as stream:
        head = inspect_head(stream.read(HEAD_BYTES), file_name=options.file.name, reference=manifest)
    print(json.dumps(asdict(head), indent=2))
    return EXIT_FINE
