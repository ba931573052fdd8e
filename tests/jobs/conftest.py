"""References beside the starter, for tests that choose one."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annotator.manifest import Contig, read_manifest, write_manifest
from annotator.reference import STARTER_FOLDER

Install = Callable[..., Path]

CHROMOSOME_1_OF_GRCH37 = Contig(name="1", length=249_250_621, aliases=("chr1",))


@pytest.fixture
def install(tmp_path: Path, settings: Any) -> Install:
    """This function will give a function that writes the manifest of a further reference: all that the web reads."""
    settings.REFERENCES_DIR = tmp_path
    starter = read_manifest(STARTER_FOLDER)

    def install(folder: str, *, build: str = "GRCh38", version: str = "1", **fields: Any) -> Path:
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        manifest = dataclasses.replace(starter, name=folder, build=build, version=version, **fields)
        write_manifest(path, manifest=manifest)
        return path

    return install
