"""References beside the starter for tests that choose one, and a publisher that keeps others from its work."""

import dataclasses
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from annotator.manifest import Contig, read_manifest, write_manifest
from annotator.reference import STARTER_FOLDER
from genomics import locks
from jobs import outbox

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


@pytest.fixture
def publisher_at_work() -> Iterator[None]:
    """This function will hold the publisher's lock in another database session, until the test is over."""
    holding, over = threading.Event(), threading.Event()

    def work() -> None:
        try:
            with locks.alone(outbox.LOCK) as alone:
                assert alone
                holding.set()
                over.wait()
        finally:
            connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert holding.wait(30)
    yield
    over.set()
    thread.join()
