"""From codons to amino acids: NCBI's tables 1 (standard) and 2 (vertebrate mitochondrion), one and three letters."""

STOP = "*"
UNKNOWN = "X"
SELENOCYSTEINE = "U"

_BASES = "TCAG"
_STANDARD_ACIDS = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")

STANDARD = {
    first + second + third: _STANDARD_ACIDS[16 * i + 4 * j + k]
    for i, first in enumerate(_BASES)
    for j, second in enumerate(_BASES)
    for k, third in enumerate(_BASES)
}
MITOCHONDRIAL = STANDARD | {"AGA": STOP, "AGG": STOP, "ATA": "M", "TGA": "W"}

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


def translate(bases: str, code: dict[str, str]) -> str:
    """This function will translate whole codons; one with an unknown base is X, bases left over are not translated."""
    return "".join([code.get(bases[at : at + 3], UNKNOWN) for at in range(0, len(bases) - 2, 3)])


def three_letters(acids: str) -> str:
    return "".join([THREE_LETTERS[acid] for acid in acids])
