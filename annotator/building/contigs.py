"""The contigs of a reference: their names come from its sequence, their other names from the genome build."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from annotator.builds import GRCH37, GRCH38, T2T, build_by_lengths, chromosome_lengths
from annotator.errors import InvalidReferenceError
from annotator.manifest import Contig

MITOCHONDRION = "MT"
_MITOCHONDRIAL_NAMES = ("MT", "chrMT", "chrM", "M")  # the likeliest first
_MITOCHONDRIAL_BASES = {GRCH37: 16_569, GRCH38: 16_569, T2T: 16_569}
_MITOCHONDRIAL_ACCESSIONS = {
    GRCH37: ("J01415.2", "NC_012920.1"),
    GRCH38: ("J01415.2", "NC_012920.1"),
    T2T: ("CP068254.1",),
}

# Versions of RefSeq's accessions NC_000001 to NC_000024; GenBank's are CM000663 to CM000686, all of one version. The
# source of both is NCBI's assembly reports: GCF_000001405.25 (GRCh37.p13), GCF_000001405.40 (GRCh38.p14).
_REFSEQ_VERSIONS = {
    GRCH37: "10 11 11 11 9 11 13 10 11 10 9 11 10 8 9 9 10 9 9 10 8 10 10 9",
    GRCH38: "11 12 12 12 10 12 14 11 12 11 10 12 11 9 10 10 11 10 10 11 9 11 11 10",
}
_GENBANK_VERSION = {GRCH37: 1, GRCH38: 2}

_CHROMOSOME = re.compile(r"(chr)?([0-9]+|X|Y)")


def name_contigs(lengths: Mapping[str, int], *, build: str, path: Path) -> dict[str, Contig]:
    """Give the contig of each sequence, by the name that the FASTA file `path` calls it.

    A chromosome of the build, by name and length, gets Ensembl's name and all others as aliases. Any other sequence
    keeps its own name and, if it is called like a chromosome, the form with or without `chr` as an alias.
    Raises InvalidReferenceError when the chromosomes are another build's, or two sequences have the same name.
    """
    found = build_by_lengths(lengths)
    if found is not None and found != build:
        raise InvalidReferenceError(f"{path} holds {found}, by the lengths of its chromosomes, and not {build}.")
    known = {name: contig for contig in _chromosomes(build) for name in (contig.name, *contig.aliases)}
    chromosomes = {
        name: known[name] for name, length in lengths.items() if name in known and known[name].length == length
    }
    taken = {name for contig in chromosomes.values() for name in (contig.name, *contig.aliases)} | lengths.keys()
    contigs: dict[str, Contig] = {}
    names: dict[str, str] = {}
    for name, length in lengths.items():
        contig = chromosomes.get(name)
        if contig is None:
            twins = tuple(twin for twin in _twins(name) if twin not in taken)
            contig = Contig(name=name, length=length, aliases=twins)
        if (other := names.setdefault(contig.name, name)) != name:
            raise InvalidReferenceError(f"{path} holds {other} and {name}, which are two names of one sequence.")
        # What the file itself calls another sequence is no alias, as chrM beside MT in some files of GRCh37.
        aliases = tuple(alias for alias in contig.aliases if alias == name or alias not in lengths)
        contigs[name] = replace(contig, aliases=aliases)
    return contigs


def mitochondrion_of(contigs: Mapping[str, Contig]) -> Contig | None:
    """The contig that needs the vertebrate mitochondrial code; None when there is none."""
    found = {contig.name: contig for contig in contigs.values()}
    return next((found[name] for name in _MITOCHONDRIAL_NAMES if name in found), None)


def _twins(name: str) -> tuple[str, ...]:
    if name in _MITOCHONDRIAL_NAMES:
        # Only by the name of its own kind: hg19's chrM, for one, is not the sequence that others call MT.
        return ("chrM",) if name == "M" else ("M",) if name == "chrM" else ()
    match = _CHROMOSOME.fullmatch(name)
    if match is None:
        return ()
    return (match[2],) if match[1] else (f"chr{name}",)


def _chromosomes(build: str) -> list[Contig]:
    lengths = chromosome_lengths(build)
    accessions = _accessions(build, count=len(lengths))
    contigs = [
        Contig(name=name, length=length, aliases=(f"chr{name}", *others))
        for (name, length), others in zip(lengths.items(), accessions, strict=True)
    ]
    if build in _MITOCHONDRIAL_BASES:
        aliases = ("chrM", *_MITOCHONDRIAL_ACCESSIONS[build], "M", "chrMT")
        contigs.append(Contig(name=MITOCHONDRION, length=_MITOCHONDRIAL_BASES[build], aliases=aliases))
    return contigs


def _accessions(build: str, *, count: int) -> list[tuple[str, ...]]:
    if build in _REFSEQ_VERSIONS:
        return [
            (f"CM{662 + number:06d}.{_GENBANK_VERSION[build]}", f"NC_{number:06d}.{version}")
            for number, version in enumerate(_REFSEQ_VERSIONS[build].split(), start=1)
        ]
    if build == T2T:
        genbank = [*(f"CP{68_278 - number:06d}.2" for number in range(1, count)), "CP086569.2"]
        return [(one, f"NC_{60_924 + number:06d}.1") for number, one in enumerate(genbank, start=1)]
    return [()] * count
