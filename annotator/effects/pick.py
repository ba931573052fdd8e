"""Which transcript speaks for an allele: the first by Ensembl VEP's default order of picking.

1. MANE Select, 2. MANE Plus Clinical, 3. canonical, 4. coding for a protein, 5. the most severe consequence,
6. the longer transcript (its coding sequence where it has one), 7. the identifier, so that the choice is always
the same.

VEP also looks at APPRIS, transcript support level and CCDS, which gene models in GFF3 do not carry.
"""

import numpy as np
from numpy.typing import NDArray

RANK_SHIFT = 50  # where the rank of the most severe term goes in a number that a transcript is picked by
_FLAGS_SHIFT, _LENGTH_SHIFT = 56, 20
_LONGEST = (1 << (RANK_SHIFT - _LENGTH_SHIFT)) - 1


def picking_numbers(
    flags: NDArray[np.int64], lengths: NDArray[np.int64], order: NDArray[np.int64]
) -> NDArray[np.int64]:
    """This function will make numbers of `ModelStore.standing`: with the worst term's rank, the smallest is picked."""
    return flags << _FLAGS_SHIFT | (_LONGEST - np.minimum(lengths, _LONGEST)) << _LENGTH_SHIFT | order
