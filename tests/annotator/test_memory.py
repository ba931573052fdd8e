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
from annotator.memory import settle_memory

def own_bytes():
    return 1024 * int(re.search(r"Anonymous: +([0-9]+)", Path("/proc/self/smaps_rollup").read_text())[1])

settle_memory()
np.ones(4_000_000)  # from here on glibc would keep such arrays in its heap
before = own_bytes()
arrays = [np.ones(600_000) for _ in range(50)]
kept = [arrays[number] for number in range(9, 50, 10)]
del arrays
assert own_bytes() - before < 2 * sum(array.nbytes for array in kept), own_bytes() - before
assert pa.default_memory_pool().backend_name == "system"
"""

_REPEATED = """
import resource
import numpy as np
from annotator.memory import settle_memory

def work():
    arrays = [np.ones(50_000) for _ in range(20)]

settle_memory()
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    work()
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
assert faults < 2_000, faults  # that is how many pages they take once
"""

_HOLES = """
import re
from pathlib import Path
import numpy as np
from annotator.memory import give_back_memory, settle_memory

def own_bytes():
    return 1024 * int(re.search(r"Anonymous: +([0-9]+)", Path("/proc/self/smaps_rollup").read_text())[1])

settle_memory()
before = own_bytes()
arrays = [np.ones(100_000) for _ in range(100)]
kept = [arrays[number] for number in range(9, 100, 10)]
del arrays
needed = sum(array.nbytes for array in kept)
assert own_bytes() - before > 5 * needed
give_back_memory()
assert own_bytes() - before < 2 * needed, own_bytes() - before
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="is a setting of glibc")
class TestSettleMemory:
    def test_leaves_no_holes_between_arrays(self) -> None:
        done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def test_gives_holes_back_when_it_is_asked(self) -> None:
        done = subprocess.run([sys.executable, "-c", _HOLES], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def test_keeps_what_the_next_block_needs_again(self) -> None:
        done = subprocess.run([sys.executable, "-c", _REPEATED], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
