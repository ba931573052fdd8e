"""A world for the life of a result after its completion."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.archive.world import Clock, World, memory_vault


@pytest.fixture
def world(aws: object, db: None, now: datetime) -> Iterator[World]:
    """This function will give a world whose vault is in memory, with hot copies in the local AWS."""
    clock = Clock(now)
    with memory_vault(clock) as vault:
        yield World(clock=clock, vault=vault)
