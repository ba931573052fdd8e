"""Fixtures of the annotator's tests."""

import ctypes
import os
from pathlib import Path

import pytest

from annotator import native
from annotator.native import __main__ as compiling
from tests.annotator.invented import Invented, invent
from tests.annotator.vcf import Runner


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    default = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("GENOMICS_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip("needs the reference data folder named by GENOMICS_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Invented:
    return invent(tmp_path_factory.mktemp("invented"))


@pytest.fixture(scope="session")
def loops(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The innermost loops, compiled from the source as it is now."""
    if not compiling.compiler() and not os.environ.get("CI"):
        pytest.skip("needs a C compiler")
    library = tmp_path_factory.mktemp("native") / native.LIBRARY.name
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "LIBRARY", library)
        assert compiling.main([]) == 0
    return ctypes.CDLL(str(library))


@pytest.fixture(params=["compiled", "Python"])
def way(request: pytest.FixtureRequest) -> ctypes.CDLL | None:
    """The innermost loops, compiled and not: a test that asks for this runs twice."""
    found: ctypes.CDLL | None = request.getfixturevalue("loops") if request.param == "compiled" else None
    return found
