"""A few hundred random inputs; `python -m tests.annotator.fuzz --seconds 600` tries as many as there is time for."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.annotator.fuzzing import Case, cases, examine
from tests.annotator.invented import Invented

EXAMPLES = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


class TestAnnotate:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def test_refuses_or_accounts_for_every_line(self, data: st.DataObject, invented: Invented, folder: Path) -> None:
        case: Case = data.draw(cases(invented))
        examine(case, reference=invented, folder=folder)
