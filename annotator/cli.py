"""The command line: each command stands in a module of `annotator.commands`."""

import argparse
import sys
from collections.abc import Sequence

from annotator.commands import annotate, inspect, install, provenance, reference
from annotator.errors import AnnotatorError, InvalidVcfError
from annotator.version import ANNOTATOR_VERSION

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
    parser = argparse.ArgumentParser(prog="python -m annotator", description="Annotate VCF files, and prove results.")
    parser.add_argument("--version", action="version", version=ANNOTATOR_VERSION)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    annotate.add(commands)
    inspect.add(commands)
    provenance.add(commands)
    install.add(reference.add(commands))
    return parser
