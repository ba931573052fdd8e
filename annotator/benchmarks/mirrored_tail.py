"""What Ensembl VEP 115 reads behind a coding sequence when it runs on a GFF3 and a FASTA file.

On the reverse strand it takes each exon's bases from the place that mirrors the exon within the transcript, so that the
distance to the next stop comes from bases that are not the transcript's. With its cache it reads the right ones.
`docs/accuracy.md` has an example. Only for comparing: no result is made with it.
"""

from annotator.effects.genetic_code import reverse_complement
from annotator.effects.view import TranscriptView


class MirroredTailView(TranscriptView):
    """A transcript with those bases behind its coding sequence."""

    @property
    def after_cds(self) -> str:
        if self.is_forward:
            return super().after_cds
        one = self.transcript
        mirrored = [(one.start + one.end - last, one.start + one.end - first) for first, last in reversed(one.exons)]
        bases = (self.sequence.bases(start=first - 1, end=last).decode() for first, last in mirrored)
        return "".join(map(reverse_complement, bases))[self.coding_end :]
