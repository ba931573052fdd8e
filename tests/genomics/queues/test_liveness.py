import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from genomics.queues import heartbeat, liveness


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.HEARTBEATS_DIR = tmp_path / "heartbeats"
    settings.HEARTBEATS_DIR.mkdir()
    settings.WORKER_SILENCE = timedelta(seconds=10)
    found: Path = settings.HEARTBEATS_DIR
    return found


def _silent_for(folder: Path, seconds: float) -> None:
    (folder / "mail-1").write_text(str(time.monotonic() - seconds))


class TestMain:
    def test_has_nothing_to_say_about_a_worker_that_polls(self, folder: Path) -> None:
        _silent_for(folder, 1)
        assert liveness.main(["mail-1"]) is None

    def test_names_one_that_has_stopped(self, folder: Path) -> None:
        _silent_for(folder, 11)
        assert liveness.main(["mail-1"]) == "mail-1 has been silent for 11 s."
        assert liveness.main(["mail-1", "--max-age", "60"]) is None

    def test_names_one_that_never_began(self) -> None:
        assert liveness.main(["mail-1"]) == "mail-1 has no heartbeat: it has not started, or it is stopping."

    def test_ends_with_a_code_for_a_health_check(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "genomics.queues.liveness", "mail-1"]
        environment = {**os.environ, "VAR_DIR": str(tmp_path)}
        assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 1
        heartbeat.reset("mail-1")
        assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0


class TestIsSilent:
    def test_tells_who_has_lost_its_loop(self, folder: Path) -> None:
        _silent_for(folder, 11)
        assert liveness.is_silent("mail-1")
        _silent_for(folder, 9)
        assert not liveness.is_silent("mail-1")

    def test_lets_those_be_who_stop_on_purpose(self) -> None:
        assert not liveness.is_silent("mail-1")
