"""Which transcript speaks for an allele: the first by Ensembl VEP's default order of picking.

1. MANE Select, 2. MANE Plus Clinical, 3. canonical, 4. coding for a protein, 5. the most severe consequence,
6. the longer transcript (its coding sequence where it has one), 7. the identifier, so that the choice is always
the same.
VEP also looks at APPRIS, transcript support level and CCDS, which gene models in GFF3 do not carry.
"""

from annotator.effects.effect import Effect
from annotator.models.transcript import Transcript

PickKey = tuple[bool, bool, bool, bool, int, int, str]


def pick_key(transcript: Transcript, effect: Effect) -> PickKey:
    """This function will give what transcripts are ordered by: that with the smallest key is picked."""
    parts = transcript.coding or transcript.exons
    return (
        not transcript.mane_select,
        not transcript.mane_plus_clinical,
        not transcript.is_canonical,
        transcript.biotype != "protein_coding",
        effect.terms[0].rank,
        -sum(end - start + 1 for start, end in parts),
        transcript.id,
    )
