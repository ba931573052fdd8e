"""Compile the innermost loops, or say why not."""

import ctypes
import shutil
from pathlib import Path

import pytest

from annotator.native import SOURCES
from annotator.native import __main__ as compiling

FILES = sorted(["loops.so", *(source.name for source in SOURCES)])

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This function will let the library be made elsewhere, from copies of the sources."""
    library = tmp_path / "loops.so"
    sources = tuple(Path(shutil.copy(source, tmp_path)) for source in SOURCES)
    monkeypatch.setattr(compiling, "SOURCES", sources)
    monkeypatch.setattr(compiling, "LIBRARY", library)
    monkeypatch.delenv("CC", raising=False)
    return library


class TestMain:
    @needs_compiler
    def test_compiles_and_leaves_nothing_else_behind(self, library: Path) -> None:
        assert compiling.main([]) == 0
        assert ctypes.CDLL(str(library)) is not None
        assert sorted(path.name for path in library.parent.iterdir()) == FILES

    def test_says_what_happens_without_a_compiler(
        self, library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("CC", "no-such-compiler")
        assert compiling.main([]) == 0
        assert "No C compiler" in capsys.readouterr().out
        assert not library.exists()

    @needs_compiler
    @pytest.mark.parametrize("broken", ["int", "static int unused(void) { return 1; }"])
    def test_keeps_the_old_library_when_the_source_is_broken(self, library: Path, broken: str) -> None:
        library.write_bytes(b"old")
        library.with_name("text.c").write_text(broken)
        assert compiling.main([]) == 1
        assert library.read_bytes() == b"old"
        assert sorted(path.name for path in library.parent.iterdir()) == FILES
