import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

_GENEROUS = ("8000000000", "60", "1000000000")


def _run(*command: str, limits: tuple[str, str, str] = _GENEROUS) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jobs.limiter", str(os.getpid()), *limits, "--", *command],
        capture_output=True,
        text=True,
        check=False,
    )


class TestMain:
    def test_runs_the_command_and_gives_its_exit_code(self) -> None:
        done = _run(sys.executable, "-c", "print('hello'); raise SystemExit(7)")
        assert (done.stdout, done.returncode) == ("hello\n", 7)

    def test_holds_the_memory(self) -> None:
        done = _run(sys.executable, "-c", "bytearray(10**9)", limits=("500000000", "60", "1000"))
        assert "MemoryError" in done.stderr

    def test_does_not_count_large_files_that_are_only_read(self, tmp_path: Path) -> None:
        large = tmp_path / "reference"
        with large.open("wb") as file:
            file.truncate(10**10)
        opened = f"os.open({str(large)!r}, os.O_RDONLY)"
        script = f"import mmap, os; print(len(mmap.mmap({opened}, 0, access=mmap.ACCESS_READ)))"
        done = _run(sys.executable, "-c", script, limits=("500000000", "60", "1000"))
        assert done.stdout == "10000000000\n", done.stderr

    def test_holds_the_processor_time(self) -> None:
        done = _run(sys.executable, "-c", "while True: pass", limits=("8000000000", "1", "1000"))
        assert done.returncode == -signal.SIGXCPU

    def test_refuses_to_run_for_somebody_else(self) -> None:
        command = [sys.executable, "-m", "jobs.limiter", "1", *_GENEROUS, "--", "true"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, "is gone" in done.stderr) == (1, True)

    def test_holds_the_size_of_files(self, tmp_path: Path) -> None:
        script = f"import pathlib; pathlib.Path({str(tmp_path / 'big')!r}).write_bytes(bytes(5000))"
        done = _run(sys.executable, "-c", script, limits=("8000000000", "60", "1000"))
        assert "File too large" in done.stderr
        assert (tmp_path / "big").stat().st_size <= 1000

    def test_says_how_it_is_used(self) -> None:
        assert "usage" in _run().stderr

    def test_dies_with_its_parent(self) -> None:
        limited = [*_GENEROUS, "--", "sleep", "60"]
        script = (
            "import os, subprocess, sys; "
            f"command = [sys.executable, '-m', 'jobs.limiter', str(os.getpid()), *{limited!r}]; "
            "print(subprocess.Popen(command).pid, flush=True); input()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as parent:
            assert parent.stdout is not None
            child = int(parent.stdout.readline())
            _wait_until(lambda: Path(f"/proc/{child}/comm").read_text() == "sleep\n")
            parent.kill()
        _wait_until(lambda: not _alive(child))


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain (as {os.getpid()})"
        time.sleep(0.02)
