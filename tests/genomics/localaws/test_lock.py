import os
import subprocess
import sys
from pathlib import Path

import pytest

from genomics.localaws import lock

_HOLDER = """
import sys
from pathlib import Path
from genomics.localaws import lock
with lock.hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


class TestHold:
    def test_writes_who_holds_it(self, tmp_path: Path) -> None:
        with lock.hold(tmp_path / "var" / "up.lock"):
            assert (tmp_path / "var" / "up.lock").read_text() == f"{os.getpid()}\n"

    def test_may_be_taken_again_afterwards(self, tmp_path: Path) -> None:
        for _ in range(2):
            with lock.hold(tmp_path / "up.lock"):
                pass

    def test_names_the_other_holder_and_is_free_after_its_kill(self, tmp_path: Path) -> None:
        file = tmp_path / "up.lock"
        with subprocess.Popen(
            [sys.executable, "-c", _HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(lock.LockHeldError) as refusal, lock.hold(file):
                pass
            assert refusal.value.pid == holder.pid
            holder.kill()
        with lock.hold(file):
            pass
