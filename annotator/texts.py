"""Many texts by number, one after the other, and texts that are pieced together from them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.columns import gather

Integers = NDArray[np.int64]


class Texts:
    """Many texts, by number."""

    def __init__(self, text: NDArray[np.uint8], lengths: Integers) -> None:
        self.text = text
        self.lengths = lengths
        self.offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=self.offsets[1:])

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> "Texts":
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        return cls(np.frombuffer(b"".join(texts), dtype=np.uint8), lengths)

    @classmethod
    def cut(cls, text: NDArray[np.uint8], begins: Integers, ends: Integers) -> "Texts":
        """The pieces `text[begins[i]:ends[i]]`."""
        return cls(gather(text, begins, ends - begins), ends - begins)

    def where(self, numbers: Integers) -> "Texts":
        """The texts with these numbers; they may repeat."""
        return Texts.cut(self.text, self.offsets[:-1][numbers], self.offsets[1:][numbers])

    def followed_by(self, others: "Texts") -> "Texts":
        """These, and then the others."""
        return Texts(*(np.concatenate((getattr(self, name), getattr(others, name))) for name in ("text", "lengths")))

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, number: int) -> bytes:
        return self.text[self.offsets[number] : self.offsets[number + 1]].tobytes()


@dataclass(frozen=True, slots=True)
class Piece:
    """What of a pool stands in each of some texts: where it begins, and how long it is."""

    begins: Integers
    lengths: Integers

    def __getitem__(self, chosen: Integers) -> "Piece":
        return Piece(self.begins[chosen], self.lengths[chosen])


class Pool:
    """Texts that others are pieced together from."""

    def __init__(self) -> None:
        self.text = np.zeros(0, dtype=np.uint8)

    def put(self, texts: Texts) -> Piece:
        """Add texts: give where they are, by number."""
        begins = len(self.text) + texts.offsets[:-1]
        self.text = np.concatenate((self.text, texts.text))
        return Piece(begins, texts.lengths)

    def put_all(self, *texts: bytes) -> Piece:
        """Add these texts."""
        return self.put(Texts.of(texts))

    def join(self, *pieces: Piece, count: int) -> Texts:
        """Make `count` texts of these pieces; a piece with one entry stands in all of them."""
        begins, lengths = np.empty((2, count, len(pieces)), dtype=np.int64)
        for number, piece in enumerate(pieces):
            begins[:, number], lengths[:, number] = piece.begins, piece.lengths
        return Texts(gather(self.text, begins.ravel(), lengths.ravel()), lengths.sum(axis=1))
