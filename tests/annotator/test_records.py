"""What is told of a line must not depend on where blocks begin: the fuzz found both."""

import pytest

from annotator.chunk import Options
from tests.annotator.invented import Invented
from tests.annotator.vcf import Runner, record

KEEPING = Options(keeps_bad_lines=True)
TOO_FAR = "END=9999999999"


class TestBadLinesOutOfOrder:
    @pytest.mark.parametrize("block_bytes", [7, 1 << 20])
    def test_are_bad_lines_and_no_disorder(
        self, run: Runner, invented: Invented, monkeypatch: pytest.MonkeyPatch, block_bytes: int
    ) -> None:
        monkeypatch.setattr("annotator.reading.BLOCK_BYTES", block_bytes)
        first, second, third = (invented.bases["7"][place] for place in (0, 1, 2))
        outcome = run(
            [
                record("7", 2, second, "A" if second != "A" else "C"),
                record("7", 1, first, "A" if first != "A" else "C", info=TOO_FAR),
                record("8", 1, invented.bases["8"][0], "."),
                record("7", 3, third, "A" if third != "A" else "C", info=TOO_FAR),
            ],
            reference=invented.folder,
            options=KEEPING,
        )
        assert outcome.json("ledger")["rejected_by_reason"] == {"BAD_END": 2}
