"""What is written of transcripts, made when it is first needed."""

from annotator.csq import frame_of, term_names
from annotator.models.store import Heading, ModelStore
from annotator.ontology import Term


class TranscriptText:
    """What is written of one transcript in CSQ entries."""

    __slots__ = ("_heads", "_identity", "heading", "name", "picked_standing", "standing")

    def __init__(self, heading: Heading) -> None:
        frame = frame_of(heading)
        self.heading = heading
        self.standing = frame.standing.encode()  # from the separator before STRAND to the end
        self.picked_standing = frame.picked_standing.encode()
        self.name = f"{heading.id}:{'c' if heading.is_coding else 'n'}.".encode()  # what HGVS names begin with
        self._identity = frame.identity
        self._heads: dict[tuple[Term, ...], bytes] = {}

    @property
    def identity(self) -> str:
        """The columns from SYMBOL to BIOTYPE, with the separators around them."""
        return self._identity

    def head(self, terms: tuple[Term, ...]) -> bytes:
        """The columns behind Allele up to BIOTYPE, with the separators around them."""
        found = self._heads.get(terms)
        if found is None:
            text = f"|{term_names(terms)}|{terms[0].impact}{self._identity}"
            found = self._heads[terms] = text.encode()
        return found


class TranscriptTexts:
    """The texts of a contig's transcripts, by number in the store."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self._made: dict[int, TranscriptText] = {}

    def of(self, number: int) -> TranscriptText:
        found = self._made.get(number)
        if found is None:
            found = self._made[number] = TranscriptText(self._store.heading(number))
        return found
