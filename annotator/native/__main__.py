"""Compile the innermost loops: `python -m annotator.native`. Without a compiler nothing happens, and nothing breaks."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from annotator.native import LIBRARY, SOURCES

_OPTIONS = ("-O2", "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")
_WITHOUT = "the annotator writes its texts in Python, with the same bytes, but slower"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compile, unless there is no compiler; 0 in both cases, 1 when that fails."""
    parser = argparse.ArgumentParser(prog="python -m annotator.native", description=__doc__)
    parser.parse_args(arguments)
    command = compiler()
    if not command:
        print(f"No C compiler ({_named()}) here: {_WITHOUT}.")
        return 0
    try:
        return _compile(command)
    except OSError as error:
        print(f"{LIBRARY} cannot be written ({error.strerror}): {_WITHOUT}.", file=sys.stderr)
        return 1


def compiler() -> list[str]:
    """The compiler that CC names, with the options that stand there, or `cc`; nothing where it is not to be found."""
    try:
        name, *options = shlex.split(_named())
    except ValueError:  # a quotation mark that is not closed
        return []
    found = shutil.which(name)
    return [found, *options] if found else []


def _named() -> str:
    return os.environ.get("CC", "").strip() or "cc"


def _compile(command: list[str]) -> int:
    with tempfile.TemporaryDirectory(dir=LIBRARY.parent) as folder:
        made = Path(folder) / LIBRARY.name
        sources = [str(source) for source in SOURCES if source.suffix == ".c"]
        done = subprocess.run([*command, *_OPTIONS, "-o", str(made), *sources], check=False)
        if done.returncode:
            return 1
        made.replace(LIBRARY)
    return 0


if __name__ == "__main__":
    sys.exit(main())
