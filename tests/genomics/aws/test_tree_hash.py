import io
import random

import pytest
from botocore.utils import calculate_tree_hash

from genomics.aws import tree_hash
from genomics.aws.tree_hash import MIB

CONTENT = random.Random(7).randbytes(9 * MIB + 17)
SIZES = [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB, 5 * MIB + 9, 8 * MIB, len(CONTENT)]


class TestOf:
    @pytest.mark.parametrize("size", SIZES[1:])
    def test_is_what_botocore_finds(self, size: int) -> None:
        assert tree_hash.of(CONTENT[:size]).hex() == calculate_tree_hash(io.BytesIO(CONTENT[:size]))  # type: ignore[arg-type]


class TestFold:
    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("part", [MIB, 2 * MIB, 4 * MIB, 16 * MIB])
    def test_makes_the_whole_of_parts(self, size: int, part: int) -> None:
        parts = [tree_hash.of(CONTENT[start : min(start + part, size)]) for start in range(0, size, part)]
        assert tree_hash.fold(parts) == tree_hash.of(CONTENT[:size])
