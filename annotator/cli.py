"""The command line: each command stands in a module of `annotator.commands`."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from annotator.errors import AnnotatorError, InvalidVcfError
from annotator.version import ANNOTATOR_VERSION

EXIT_OURS = 1
EXIT_INPUT = 2

# Commands, and the modules that add them, each to what the one before it gives. Only the modules of the command that is
# asked for are loaded: all of them take half a second.
_MODULES = (
    (("annotate",), ("annotate",)),
    (("inspect",), ("inspect",)),
    (("verify", "replay"), ("provenance",)),
    (("reference",), ("reference", "install")),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 fine, 2 the input is at fault, 1 we are."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser(given[:1]).parse_args(given)
    try:
        exit_code: int = options.run(options)
    except InvalidVcfError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_INPUT
    except (AnnotatorError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_OURS
    return exit_code


def _parser(command: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of one command, if it is one of ours, else of all."""
    parser = argparse.ArgumentParser(prog="python -m annotator", description="Annotate VCF files, and prove results.")
    parser.add_argument("--version", action="version", version=ANNOTATOR_VERSION)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for _, modules in [one for one in _MODULES if set(command) & set(one[0])] or _MODULES:
        place = commands
        for module in modules:
            place = import_module(f"annotator.commands.{module}").add(place)
    return parser
