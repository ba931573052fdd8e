"""From codons to amino acids: NCBI's tables 1 (standard) and 2 (vertebrate mitochondrion), one and three letters."""

import numpy as np
from numpy.typing import NDArray

STOP = "*"
UNKNOWN = "X"
SELENOCYSTEINE = "U"

_BASES = "TCAG"
_STANDARD_ACIDS = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")

_FEW_BASES = 90  # are translated sooner codon by codon than all at once
_NO_BASE = len(_BASES)
_DIGITS = np.full(256, _NO_BASE, dtype=np.uint8)
_DIGITS[list(_BASES.encode())] = np.arange(len(_BASES))


class GeneticCode(dict[str, str]):
    """The amino acid of each codon."""

    def __init__(self, acids: dict[str, str]) -> None:
        super().__init__(acids)
        letters = _BASES + "N"
        self._table = np.array(
            [
                ord(self.get(first + second + third, UNKNOWN))
                for first in letters
                for second in letters
                for third in letters
            ],
            dtype=np.uint8,
        ).reshape(3 * (len(letters),))

    def acids(self, digits: NDArray[np.uint8]) -> str:
        """The amino acids of codons, one row of three digits each."""
        return self._table[digits[:, 0], digits[:, 1], digits[:, 2]].tobytes().decode()


STANDARD = GeneticCode(
    {
        first + second + third: _STANDARD_ACIDS[16 * i + 4 * j + k]
        for i, first in enumerate(_BASES)
        for j, second in enumerate(_BASES)
        for k, third in enumerate(_BASES)
    }
)
MITOCHONDRIAL = GeneticCode(STANDARD | {"AGA": STOP, "AGG": STOP, "ATA": "M", "TGA": "W"})

THREE_LETTERS = {
    "A": "Ala",
    "B": "Asx",
    "C": "Cys",
    "D": "Asp",
    "E": "Glu",
    "F": "Phe",
    "G": "Gly",
    "H": "His",
    "I": "Ile",
    "K": "Lys",
    "L": "Leu",
    "M": "Met",
    "N": "Asn",
    "P": "Pro",
    "Q": "Gln",
    "R": "Arg",
    "S": "Ser",
    "T": "Thr",
    "U": "Sec",
    "V": "Val",
    "W": "Trp",
    "X": "Xaa",
    "Y": "Tyr",
    "*": "Ter",
}


def reverse_complement(bases: str) -> str:
    return bases.translate(_COMPLEMENT)[::-1]


def translate(bases: str, code: GeneticCode) -> str:
    """This function will translate whole codons; one with an unknown base is X, bases left over are not translated."""
    if len(bases) > _FEW_BASES:
        return code.acids(_DIGITS[np.frombuffer(bases.encode(), dtype=np.uint8)][: len(bases) // 3 * 3].reshape(-1, 3))
    return "".join([code.get(bases[at : at + 3], UNKNOWN) for at in range(0, len(bases) - 2, 3)])


def three_letters(acids: str) -> str:
    return "".join([THREE_LETTERS[acid] for acid in acids])
