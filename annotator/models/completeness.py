"""Which ends of a coding sequence are not known, whether the gene models say so or only show it.

Ensembl's GFF3 does not carry the flags (VEP reads them from its cache); GENCODE's tags and RefSeq's open ranges do.
A coding sequence that begins within a codon lacks its start, and one whose last codon is not a stop lacks its end.
A first codon other than ATG proves nothing: translation also starts at others.
"""

from annotator.effects.effect import ContigSequence
from annotator.effects.genetic_code import STOP, UNKNOWN
from annotator.effects.view import TranscriptView
from annotator.models.transcript import Transcript


def incomplete_ends(transcript: Transcript, sequence: ContigSequence) -> tuple[bool, bool]:
    """This function will say whether the start and the end are unknown; what the models declare stays declared."""
    if not transcript.coding:
        return False, False
    start = transcript.start_incomplete or transcript.phase != 0
    end = transcript.end_incomplete or _lacks_stop(transcript, sequence)
    return start, end


def _lacks_stop(transcript: Transcript, sequence: ContigSequence) -> bool:
    """This function will look at the last codon, which in the mitochondrion may be completed by the poly(A) tail."""
    if transcript.mitochondrial:
        return False
    view = TranscriptView(transcript, sequence)
    cds = view.cds
    if len(cds) % 3:
        return True
    return view.code.get(cds[-3:], UNKNOWN) not in (STOP, UNKNOWN)
