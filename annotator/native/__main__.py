"""Compile the innermost loops: `python -m annotator.native`. Without a compiler nothing happens, and nothing breaks."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from annotator.native import LIBRARY, SOURCES

_OPTIONS = ("-O2", "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")


def main(arguments: Sequence[str] | None = None) -> int:
    """Compile, unless there is no compiler; 0 in both cases, 1 when the compiler fails."""
    parser = argparse.ArgumentParser(prog="python -m annotator.native", description=__doc__)
    parser.parse_args(arguments)
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        print("No C compiler (cc) here: the annotator writes its texts in Python, with the same bytes, but slower.")
        return 0
    with tempfile.TemporaryDirectory(dir=LIBRARY.parent) as folder:
        made = Path(folder) / LIBRARY.name
        sources = [str(source) for source in SOURCES if source.suffix == ".c"]
        done = subprocess.run([compiler, *_OPTIONS, "-o", str(made), *sources], check=False)
        if done.returncode:
            return 1
        made.replace(LIBRARY)
    return 0


if __name__ == "__main__":
    sys.exit(main())
