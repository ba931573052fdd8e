"""Counted nouns."""

import pytest

from annotator.wording import counted


class TestCounted:
    @pytest.mark.parametrize(
        ("count", "text"), [(0, "0 samples"), (1, "1 sample"), (2, "2 samples"), (12_345, "12,345 samples")]
    )
    def test_agrees_with_its_number(self, count: int, text: str) -> None:
        assert counted(count, "sample") == text
