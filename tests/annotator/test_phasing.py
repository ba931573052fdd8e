"""Where alleles lie, by their genotypes."""

import pytest

from annotator.phasing import EVERYWHERE, Phasing
from tests.annotator.blocks import columns_of, row

Place = tuple[int, int, int, bytes]  # sample, allele, copy, phase set


def placed(*samples: str) -> list[Place]:
    found = Phasing().placed(columns_of(row(5, "A", "C,G", *samples)), 0)
    return [(one.sample, one.allele, one.copy, one.phase_set) for one in found]


class TestPhasing:
    @pytest.mark.parametrize(
        ("genotype", "places"),
        [
            ("0|1", [(0, 1, 2, b".")]),
            ("2|1", [(0, 2, 1, b"."), (0, 1, 2, b".")]),
            ("1|.", [(0, 1, 1, b".")]),
            ("|0|1", [(0, 1, 2, b".")]),
            ("0|1|1", [(0, 1, 2, b"."), (0, 1, 3, b".")]),
            ("1/1", [(0, 1, 1, EVERYWHERE), (0, 1, 2, EVERYWHERE)]),
            ("2", [(0, 2, 1, EVERYWHERE)]),
            ("0/1", []),
            ("0|1/1", []),
            ("1/.", []),
            ("0|0", []),
            ("./.", []),
            ("", []),
            ("1|x", []),
            ("A|B", []),
        ],
    )
    def test_reads_what_is_phased_or_alike(self, genotype: str, places: list[Place]) -> None:
        assert placed("GT", genotype) == places

    def test_reads_the_phase_set_where_there_is_one(self) -> None:
        texts = "0|1:9:77", "0|1:9:.", "0|1:9", "0|1:9:", "1|1:9:77", "0|1"
        sets = [place[-1] for place in placed("GT:DP:PS", *texts)]
        assert sets == [b"77", b".", b".", b".", EVERYWHERE, EVERYWHERE, b"."]

    def test_needs_genotypes_in_the_first_place(self) -> None:
        assert placed("DP:GT", "5:0|1") == []
        assert placed("DP", "5") == []
        assert placed("GT") == []
        assert placed() == []

    def test_reads_the_last_sample_before_a_windows_line_end(self) -> None:
        columns = columns_of(row(5, "A", "C", "GT:PS", "0|1:3", "1|0:4"), end="\r\n")
        assert [(one.sample, one.phase_set) for one in Phasing().placed(columns, 0)] == [(0, b"3"), (1, b"4")]
