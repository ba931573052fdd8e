import os
import sys

import pytest

from annotator.benchmarks.running import CommandFailedError, measure
from annotator.benchmarks.tables import markdown_table

CORES = sorted(os.sched_getaffinity(0))[:1]


class TestMeasure:
    def test_tells_seconds_and_memory_of_all_processes(self) -> None:
        child = "import time; kept = bytearray(80_000_000); kept[::4096] = b'x' * len(kept[::4096]); time.sleep(1)"
        script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
        run = measure([sys.executable, "-c", script], processors=CORES, samples_memory=True)
        assert run.seconds > 1
        assert 80_000_000 < run.own_bytes <= run.peak_bytes

    def test_runs_on_the_given_processors_alone(self) -> None:
        script = f"import os; assert os.sched_getaffinity(0) == {set(CORES)}"
        assert measure([sys.executable, "-c", script], processors=CORES).own_bytes == 0

    def test_repeats_what_a_failed_command_said(self) -> None:
        with pytest.raises(CommandFailedError, match="ended with 3: no luck"):
            measure(
                [sys.executable, "-c", "import sys; print('no luck', file=sys.stderr); sys.exit(3)"], processors=CORES
            )


class TestMarkdownTable:
    def test_aligns_numbers_to_the_right(self) -> None:
        assert markdown_table([("what", "count"), ("a", "5"), ("b", "1,000")]) == (
            "| what | count |\n|------|-------|\n| a    |     5 |\n| b    | 1,000 |"
        )
