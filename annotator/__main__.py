"""`python -m annotator`."""

import signal
import sys

from annotator.cli import main


def _end(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)  # so that staged files are removed on the way out
    sys.exit(main())
