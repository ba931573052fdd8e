"""What the text of a GT value says: `0/1`, `1|1`, `./.`, `1`."""

import re
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from annotator.coded import Coded, decoded
from annotator.numbering import number_keys

_GENOTYPE = re.compile(r"[/|]?(?:\d{1,9}|\.)(?:[/|](?:\d{1,9}|\.))*", re.ASCII)  # VCF 4.4 may begin with the phase
_BETWEEN = re.compile(r"[/|]")
_MISSING = "."


class Genotype(StrEnum):
    """Kinds of genotypes, as the summary names them."""

    HOM_REF = "hom_ref"
    HET = "het"
    HOM_ALT = "hom_alt"
    HAPLOID_REF = "haploid_ref"
    HAPLOID_ALT = "haploid_alt"
    PARTLY_MISSING = "partly_missing"
    MISSING = "missing"
    UNREADABLE = "unreadable"


ZYGOSITIES = ("HET", "HOM", "HEMI", "NONE", "MISSING")  # NONE: the sample does not have this allele


def alleles_of(text: str) -> list[str]:
    """This function will give the alleles of a GT value, each a number or a dot; none when it is not a genotype."""
    return _BETWEEN.split(text.lstrip("/|")) if _GENOTYPE.fullmatch(text) else []


def genotype_of(text: str) -> Genotype:
    """This function will say what kind of genotype a GT value is."""
    alleles = alleles_of(text)
    if not alleles:
        return Genotype.UNREADABLE
    if _MISSING in alleles:
        return Genotype.MISSING if set(alleles) == {_MISSING} else Genotype.PARTLY_MISSING
    numbers = {int(allele) for allele in alleles}
    if len(alleles) == 1:
        return Genotype.HAPLOID_ALT if numbers != {0} else Genotype.HAPLOID_REF
    if len(numbers) > 1:
        return Genotype.HET
    return Genotype.HOM_ALT if numbers != {0} else Genotype.HOM_REF


def zygosity_of(text: str, *, allele: int) -> str | None:
    """This function will say how a sample has one ALT allele (1-based); None when the GT value cannot be read."""
    alleles = alleles_of(text)
    if not alleles:
        return None
    copies = sum(other != _MISSING and int(other) == allele for other in alleles)
    if not copies:
        return "MISSING" if _MISSING in alleles else "NONE"
    if len(alleles) == 1:
        return "HEMI"
    return "HOM" if copies == len(alleles) else "HET"


def zygosities(genotypes: Coded, *, alleles: NDArray[np.integer]) -> Coded:
    """This function will say for each row how the sample has the ALT allele of that number (1-based)."""
    pairs = genotypes.codes.astype(np.int64) << 32 | alleles
    which, different = number_keys(pairs)
    found = np.full(len(different), -1, np.int32)
    for index, pair in enumerate(different.tolist()):
        if pair >= 0:
            zygosity = zygosity_of(decoded(genotypes.values[pair >> 32]), allele=pair & 0xFFFFFFFF)
            found[index] = -1 if zygosity is None else ZYGOSITIES.index(zygosity)
    return Coded(codes=found[which], values=ZYGOSITIES)
