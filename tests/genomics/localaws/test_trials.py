"""`manage.py chaos` and `manage.py bench` as people run them, small."""

import subprocess
import sys

import pytest
from django.conf import settings


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.mark.stack
class TestChaos:
    def test_finds_nothing_lost_or_doubled_after_a_kill(self) -> None:
        chaos = ("chaos", "--only", "kills", "--victims", "annotator", "--rounds", "1", "--jobs", "3", "--seed", "1")
        done = _run(*chaos)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "killed annotator" in done.stdout
        assert "kills: right" in done.stdout


@pytest.mark.stack
class TestBench:
    def test_prints_what_it_measured(self) -> None:
        done = _run(*("bench", "--single", "3", "--many", "6", "--listed", "60"), *("--pages", "20", "--seconds", "3"))
        assert done.returncode == 0, done.stdout + done.stderr
        for figure in ("submit to RUNNING", "overhead", "small jobs with two workers", "list of 60", "20 open pages"):
            assert figure in done.stdout
