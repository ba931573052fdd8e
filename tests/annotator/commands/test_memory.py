"""Which memory goes back to the system."""

import platform
import subprocess
import sys

import pytest

_SCRIPT = """
import re
from pathlib import Path
import numpy as np
import pyarrow as pa
from annotator.commands.memory import settle_memory

def own_bytes():
    return 1024 * int(re.search(r"Anonymous: +([0-9]+)", Path("/proc/self/smaps_rollup").read_text())[1])

settle_memory()
np.ones(4_000_000)  # from here on glibc would keep such arrays in its heap
before = own_bytes()
arrays = [np.ones(300_000) for _ in range(50)]
kept = [arrays[number] for number in range(9, 50, 10)]
del arrays
assert own_bytes() - before < 2 * sum(array.nbytes for array in kept), own_bytes() - before
assert pa.default_memory_pool().backend_name == "system"
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="is a setting of glibc")
class TestSettleMemory:
    def test_leaves_no_holes_between_arrays(self) -> None:
        done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
