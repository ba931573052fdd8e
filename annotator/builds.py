"""Human genome builds, told apart by contig lengths; names of GRCh38's sequences beside the chromosomes."""

import re
from collections import Counter
from collections.abc import Mapping

GRCH37 = "GRCh37"
GRCH38 = "GRCh38"
T2T = "T2T-CHM13v2.0"
NCBI36 = "NCBI36"

_CHROMOSOMES = (*(str(number) for number in range(1, 23)), "X", "Y")

_LENGTHS = {
    GRCH38: """248956422 242193529 198295559 190214555 181538259 170805979 159345973 145138636 138394717 133797422
        135086622 133275309 114364328 107043718 101991189 90338345 83257441 80373285 58617616 64444167 46709983
        50818468 156040895 57227415""",
    GRCH37: """249250621 243199373 198022430 191154276 180915260 171115067 159138663 146364022 141213431 135534747
        135006516 133851895 115169878 107349540 102531392 90354753 81195210 78077248 59128983 63025520 48129895
        51304566 155270560 59373566""",
    T2T: """248387328 242696752 201105948 193574945 182045439 172126628 160567428 146259331 150617247 134758134
        135127769 133324548 113566686 101161492 99753195 96330374 84276897 80542538 61707364 66210255 45090682
        51324926 154259566 62460029""",
    NCBI36: """247249719 242951149 199501827 191273063 180857866 170899992 158821424 146274826 140273252 135374737
        134452384 132349534 114142980 106368585 100338915 88827254 78774742 76117153 63811651 62435964 46944323
        49691432 154913754 57772954""",
}

_BUILD_OF = {
    (chromosome, int(length)): build
    for build, lengths in _LENGTHS.items()
    for chromosome, length in zip(_CHROMOSOMES, lengths.split(), strict=True)
}

_BUILD_WORDS = (
    (re.compile(r"grch38|hg38|hs38|b38|gca_000001405\.1[5-9]", re.IGNORECASE), GRCH38),
    (re.compile(r"grch37|hg19|hs37|b37|human_g1k_v37", re.IGNORECASE), GRCH37),
    (re.compile(r"chm13|t2t|hs1\b", re.IGNORECASE), T2T),
    (re.compile(r"ncbi36|hg18|b36", re.IGNORECASE), NCBI36),
)

# Alternate loci, patches, unlocalised and unplaced scaffolds, decoys, HLA alleles and the Epstein-Barr virus, under
# the names of UCSC, Ensembl, NCBI and the 1000 Genomes analysis set.
_AUXILIARY = re.compile(
    r"""(?:chr)?(?:\w+?_)?(?:KI27\d{4}|GL\d{6}|KN\d{6}|KQ\d{6}|KV\d{6}|KZ\d{6}|ML\d{6}|KB\d{6}|JTFH\d{8})
            (?:[v.]\d+)?(?:_(?:alt|fix|random|decoy))?
    |   chrUn_\w+ | \w+_alt | \w+_fix | \w+_random | \w+_decoy
    |   N[TW]_\d{6,9}\.\d+ | HSCHR\w+ | HG\d+_(?:HG\d+_)?PATCH
    |   HLA-[\w*:.-]+ | chrEBV | EBV | NC_007605(?:\.\d+)? | hs38d1""",
    re.VERBOSE,
)


def build_by_lengths(lengths: Mapping[str, int]) -> str | None:
    """Name the build that most contig lengths belong to; None when no chromosome's length is known."""
    votes = Counter(
        build
        for name, length in lengths.items()
        if (build := _BUILD_OF.get((name.removeprefix("chr"), length))) is not None
    )
    return max(sorted(votes), key=lambda build: votes[build]) if votes else None


def chromosome_lengths(build: str) -> dict[str, int]:
    """Lengths of the chromosomes of a build, in order and without the mitochondrion; empty for an unknown build."""
    lengths = map(int, _LENGTHS.get(build, "").split())
    return dict(zip(_CHROMOSOMES, lengths, strict=True)) if build in _LENGTHS else {}


def build_by_words(text: str) -> str | None:
    """Name the build that a header value such as a reference path speaks of; None when it names none, or several."""
    named = {build for pattern, build in _BUILD_WORDS if pattern.search(text)}
    return named.pop() if len(named) == 1 else None


def is_auxiliary_contig(name: str) -> bool:
    """Whether the name belongs to a GRCh38 sequence other than the chromosomes and the mitochondrion."""
    return _AUXILIARY.fullmatch(name) is not None
