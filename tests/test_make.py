import os
import shutil
import subprocess
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def _make(*arguments: str, folder: Path = _ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def _copy(folder: Path) -> Path:
    """This function will give a folder with a Makefile and requirements, and no environment."""
    (folder / "docker").mkdir()
    shutil.copy(_ROOT / "Makefile", folder)
    shutil.copytree(_ROOT / "docker" / "requirements", folder / "docker" / "requirements")
    return folder


class TestHelp:
    def test_is_the_default_and_lists_each_command(self) -> None:
        shown = _make().stdout
        assert shown == _make("help").stdout
        for target in (
            "demo",
            "up",
            "test",
            "check",
            "bench",
            "bench-annotator",
            "bench-archive",
            "accuracy",
            "lambda",
            "fmt",
            "clean",
        ):
            assert f"make {target} " in shown


class TestEnvironment:
    def test_says_what_to_install_without_the_right_python(self, tmp_path: Path) -> None:
        made = _make("up", "PYTHON=python3.11-that-is-missing", folder=_copy(tmp_path))
        assert made.returncode != 0
        assert "Python 3.11 is missing: sudo apt install python3.11" in made.stderr

    def test_is_installed_from_pinned_files_with_their_digests(self, tmp_path: Path) -> None:
        planned = _make("--dry-run", "up", folder=_copy(tmp_path)).stdout
        assert "install --require-hashes -r docker/requirements/local.txt" in planned
        assert "dev.txt" not in planned

    def test_is_made_anew_only_when_the_pins_change(self, tmp_path: Path) -> None:
        folder = _copy(tmp_path)
        (folder / ".venv" / "bin").mkdir(parents=True)
        for name in ("bin/python", "local.stamp", "dev.stamp"):
            (folder / ".venv" / name).touch()
        assert "pip" not in _make("--dry-run", "check", folder=folder).stdout
        later = (folder / ".venv" / "dev.stamp").stat().st_mtime_ns + 1_000_000_000
        pins = folder / "docker" / "requirements" / "local.txt"
        os.utime(pins, ns=(later, later))
        assert "-r docker/requirements/local.txt" in _make("--dry-run", "up", folder=folder).stdout


class TestDemo:
    def test_stops_after_the_outcome_when_asked(self) -> None:
        assert "--once" in _make("--dry-run", "demo", "ONCE=1").stdout
        assert "--once" not in _make("--dry-run", "demo").stdout
        assert "--once" not in _make("--dry-run", "demo", "ONCE=0").stdout

    def test_goes_into_the_vault_and_back_when_asked(self) -> None:
        planned = _make("--dry-run", "demo", "JOURNEY=1").stdout
        assert "--journey" in planned
        assert "FREE_KEPT_HOT_SECONDS=10" in planned
        assert "--journey" not in _make("--dry-run", "demo").stdout
