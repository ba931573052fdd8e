"""Which transcript speaks for an allele: the first by Ensembl VEP's default order of picking.

1. MANE Select, 2. MANE Plus Clinical, 3. canonical, 4. coding for a protein, 5. the most severe consequence,
6. the longer transcript (its coding sequence where it has one), 7. the identifier, so that the choice is always
the same.
`pick_key` says it of one transcript. `picking_numbers` is the same order for all transcripts of a contig; the rank of
the most severe term is still to be added. VEP also looks at APPRIS, transcript support level and CCDS, which gene
models in GFF3 do not carry.
"""

import numpy as np
from numpy.typing import NDArray

from annotator.models.store import Heading
from annotator.ontology import Term

RANK_SHIFT = 50  # where the rank of the most severe term goes in a number that a transcript is picked by
_FLAGS_SHIFT, _LENGTH_SHIFT = 56, 20
_LONGEST = (1 << (RANK_SHIFT - _LENGTH_SHIFT)) - 1

PickKey = tuple[bool, bool, bool, bool, int, int, str]


def pick_key(heading: Heading, worst: Term) -> PickKey:
    """This function will give what transcripts are ordered by: that with the smallest key is picked.

    `worst` is the most severe term of what the allele does to the transcript.
    """
    return (
        not heading.mane_select,
        not heading.mane_plus_clinical,
        not heading.is_canonical,
        heading.biotype != "protein_coding",
        worst.rank,
        -heading.length,
        heading.id,
    )


def picking_numbers(
    flags: NDArray[np.int64], lengths: NDArray[np.int64], order: NDArray[np.int64]
) -> NDArray[np.int64]:
    """This function will make numbers of `ModelStore.standing`: with the rank added, the smallest is picked."""
    return flags << _FLAGS_SHIFT | (_LONGEST - np.minimum(lengths, _LONGEST)) << _LENGTH_SHIFT | order
