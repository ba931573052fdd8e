"""A gene and its mirror image: whatever happens to it has the same effect on both strands."""

import random

import pytest

from annotator.effects.transcripts import effect_of
from tests.annotator.effects.handmade import FLANK, GENE, gene

VARIANTS = 2_000


def changes(seed: int) -> list[tuple[int, str, str]]:
    """This function will make up variants anywhere on the gene, without shared bases at their ends."""
    chance = random.Random(seed)
    found: list[tuple[int, str, str]] = []
    while len(found) < VARIANTS:
        position = chance.randint(len(FLANK) - 5, len(GENE) - len(FLANK) + 5)
        ref = GENE[position - 1 : position - 1 + chance.choice((0, 1, 1, 1, 2, 3, 4, 9, 60))]
        alt = "".join(chance.choices("ACGT", k=chance.choice((0, 1, 1, 1, 2, 3, 4, 9))))
        if (ref or alt) and ref[:1] != alt[:1] and ref[-1:] != alt[-1:]:
            found.append((position, ref, alt))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_strands_do_not_matter(seed: int) -> None:
    forward, reverse = gene(), gene(is_forward=False)
    views = forward.view, reverse.view
    for change in changes(seed):
        one, other = (
            effect_of(side.variant(*change), view) for side, view in zip((forward, reverse), views, strict=True)
        )
        assert one == other, change
