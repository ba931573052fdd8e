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

    @pytest.mark.parametrize("name", ["no-such-compiler", "no-such-compiler -O2", "cc '-g"])
    def test_says_what_happens_without_a_compiler(
        self, name: str, library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("CC", name)
        assert compiling.main([]) == 0
        assert f"No C compiler ({name}) here" in capsys.readouterr().out
        assert not library.exists()

    @needs_compiler
    @pytest.mark.parametrize("compiler", ["cc -m64", "cc  -g -DUNUSED_NAME='a b'", ""])
    def test_takes_a_compiler_with_options(self, library: Path, monkeypatch: pytest.MonkeyPatch, compiler: str) -> None:
        monkeypatch.setenv("CC", compiler)
        assert compiling.main([]) == 0
        assert library.exists()

    @needs_compiler
    def test_says_where_it_cannot_write(
        self, library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = library.with_name("text.c")  # a file: nobody can write into it
        monkeypatch.setattr(compiling, "LIBRARY", folder / "text.so")
        assert compiling.main([]) == 1
        assert capsys.readouterr().err.startswith(f"{folder}/text.so cannot be written (Not a directory): ")

    @needs_compiler
    @pytest.mark.parametrize("broken", ["int", "static int unused(void) { return 1; }"])
    def test_keeps_the_old_library_when_the_source_is_broken(self, library: Path, broken: str) -> None:
        library.write_bytes(b"old")
        library.with_name("text.c").write_text(broken)
        assert compiling.main([]) == 1
        assert library.read_bytes() == b"old"
        assert sorted(path.name for path in library.parent.iterdir()) == FILES
