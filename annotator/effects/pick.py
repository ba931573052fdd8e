"""Which transcript speaks for an allele: the first by Ensembl VEP's default order of picking.

1. MANE Select, 2. MANE Plus Clinical, 3. canonical, 4. coding for a protein, 5. the most severe consequence,
6. the longer transcript (its coding sequence where it has one), 7. the identifier, so that the choice is always
the same.
VEP also looks at APPRIS, transcript support level and CCDS, which gene models in GFF3 do not carry.
"""

from annotator.models.store import Heading
from annotator.ontology import Term

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
