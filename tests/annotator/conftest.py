"""Fixtures of the annotator's tests."""

import os
from pathlib import Path

import pytest

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
