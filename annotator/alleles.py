"""Alleles as text: what kind they are, their shortest form, the way Ensembl VEP writes them."""

from enum import StrEnum

BASES = b"ACGTacgt"
PURINES = frozenset(b"AG")


class AlleleKind(StrEnum):
    """What an ALT allele is, as the ledger names it."""

    PLAIN = "PLAIN"
    MISSING = "NO_ALTERNATE_ALLELE"
    OVERLAPPING_DELETION = "OVERLAPPING_DELETION"
    REFERENCE_BLOCK = "REFERENCE_BLOCK"
    BREAKEND = "BREAKEND"
    SYMBOLIC = "SYMBOLIC_ALLELE"
    AMBIGUOUS = "AMBIGUOUS_BASES"
    SAME_AS_REF = "SAME_AS_REF"
    UNKNOWN = "UNKNOWN_ALLELE"


_SPECIAL = {
    b".": AlleleKind.MISSING,
    b"*": AlleleKind.OVERLAPPING_DELETION,
    b"<NON_REF>": AlleleKind.REFERENCE_BLOCK,
    b"<*>": AlleleKind.REFERENCE_BLOCK,
}


def allele_kind(alt: bytes, *, ref: bytes) -> AlleleKind:
    """Say what one ALT allele is; only PLAIN ones (bases, different from REF) can be annotated."""
    if not alt.translate(None, BASES):
        if not alt:
            return AlleleKind.UNKNOWN
        same = len(alt) == len(ref) and alt.upper() == ref.upper()
        return AlleleKind.SAME_AS_REF if same else AlleleKind.PLAIN
    return _special_kind(alt)


def trim(position: int, ref: bytes, alt: bytes) -> tuple[int, bytes, bytes]:
    """Give the shortest form of an allele: no shared last base, no shared first base, at least one base each."""
    if len(ref) == len(alt) == 1:
        return position, ref, alt
    spare = min(len(ref), len(alt)) - 1
    last = 0
    while last < spare and ref[-1 - last] == alt[-1 - last]:
        last += 1
    first = 0
    while first < spare - last and ref[first] == alt[first]:
        first += 1
    return position + first, ref[first : len(ref) - last], alt[first : len(alt) - last]


CLASSES = ("SNV", "insertion", "deletion", "substitution", "indel")


def variant_class(ref: bytes, alt: bytes) -> str:
    """Ensembl's class of a plain, trimmed allele, one of CLASSES."""
    if len(ref) == len(alt):
        return "SNV" if len(ref) == 1 else "substitution"
    if alt[:1] == ref[:1] or alt[-1:] == ref[-1:]:
        if len(ref) == 1:
            return "insertion"
        if len(alt) == 1:
            return "deletion"
    return "indel"


def is_transition(ref: bytes, alt: bytes) -> bool:
    """Whether a single-base change (upper case) stays within purines or within pyrimidines."""
    return (ref[0] in PURINES) == (alt[0] in PURINES)


def _special_kind(alt: bytes) -> AlleleKind:
    if kind := _SPECIAL.get(alt):
        return kind
    if b"[" in alt or b"]" in alt or alt[:1] == b"." or alt[-1:] == b".":
        return AlleleKind.BREAKEND
    if alt[:1] == b"<" and alt[-1:] == b">":
        return AlleleKind.SYMBOLIC
    return AlleleKind.UNKNOWN if alt.translate(None, b"ACGTNacgtn") else AlleleKind.AMBIGUOUS
