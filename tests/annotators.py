"""The annotator of a running job, held in the middle of its work however fast it is."""

import os
import signal
import time
from pathlib import Path

from genomics.localaws.trials import processes
from genomics.localaws.trials.processes import Entry

_PATIENCE_SECONDS = 60


def freeze(leader: int) -> None:
    """This function will wait until an annotator below the process `leader` is at its result, and stop it there."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not (busy := [entry for entry in processes.look(leader).annotators() if _works(entry)]):
        assert time.monotonic() < end, "no annotator was seen at work"
        time.sleep(0.005)
    os.killpg(os.getpgid(busy[0].pid), signal.SIGSTOP)


def _works(annotator: Entry) -> bool:
    """This function will tell whether the folder is there in which the annotator makes its result ready."""
    output = Path(annotator.arguments[annotator.arguments.index("--output") + 1])
    return any(output.glob(".annotating-*"))
