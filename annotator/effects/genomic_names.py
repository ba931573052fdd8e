"""HGVS names on the genome, by the rules of those on transcripts: the 3' end is that of the forward strand."""

from annotator.effects.effect import ContigSequence, Variant
from annotator.effects.transcript_names import description, slide


class Genome:
    """A contig as names need to know it: positions, 1-based, are their own numbers.

    `head` is what names begin with, `NC_000021.9:g.`.
    """

    is_forward = True

    def __init__(self, sequence: ContigSequence, *, head: str) -> None:
        self._sequence = sequence
        self.head = head

    def genomic(self, position: int, length: int) -> str:
        return self._sequence.bases(start=max(position - 1, 0), end=max(position - 1 + length, 0)).decode()

    def coordinate(self, position: int) -> str:
        return str(position)

    def place_of_single(self, position: int) -> str:
        return str(position)

    def covers(self, first: int, last: int) -> bool:
        return first >= 1 and last <= self._sequence.length


def genomic_name(variant: Variant, genome: Genome) -> str:
    """This function will name a variant, `NC_000021.9:g.76del`.

    HGVS has no place before the first base and behind the last one: what is inserted there replaces that base.
    """
    slid = slide(variant, genome)[0]
    text = description(variant, slid, genome)
    before, behind = slid.position - 1, slid.position
    if not slid.ref and not genome.covers(before, behind) and not text.endswith("dup"):
        if genome.covers(behind, behind):
            text = f"{behind}delins{slid.alt}{genome.genomic(behind, 1)}"
        else:
            text = f"{before}delins{genome.genomic(before, 1)}{slid.alt}"
    return genome.head + text
