"""The env example: `python -m genomics.settings.example` writes .env.example, `--check` compares it.

Each variable is declared once, where a setting reads it; this lists what was declared.
"""

import argparse
import sys
import textwrap

from genomics.settings import env

FILE = env.BASE_DIR / ".env.example"

_HEADING = """\
# Every environment variable that Genomics Cloud reads, with its default.
# Copy to .env and uncomment what differs; written by `python -m genomics.settings.example`.
"""


def render() -> str:
    """This function will give the text of the env example: meaning, name, default; required names stand open."""
    blocks = [_HEADING]
    for variable in sorted(env.VARIABLES.values(), key=lambda variable: variable.name):
        meaning = textwrap.fill(variable.meaning, width=100, initial_indent="# ", subsequent_indent="# ")
        if variable.needed_in_production:
            meaning += "\n# Must be set in production."
        blocks.append(f"{meaning}\n# {variable.name}={variable.default}\n")
    return "\n".join(blocks)


def main() -> int:
    parser = argparse.ArgumentParser(description="Write or check .env.example.")
    parser.add_argument("--check", action="store_true", help="fail when the file is not as it would be written")
    if not parser.parse_args().check:
        FILE.write_text(render())
        return 0
    if FILE.exists() and FILE.read_text() == render():
        return 0
    sys.stderr.write(".env.example is out of step: run `python -m genomics.settings.example`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
