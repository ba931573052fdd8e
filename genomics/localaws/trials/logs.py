"""Where a trial's own process logs to."""

import logging
from pathlib import Path


def keep_in(file: Path) -> None:
    """This function will keep what this process logs out of the terminal: in a trial, faults are the purpose."""
    root = logging.getLogger()
    handler = logging.FileHandler(file)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.handlers[:] = [handler]
