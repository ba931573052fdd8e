"""Which genome build does a file look like? Its REF bases are compared with references beside the one in use."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import AnnotatorError
from annotator.manifest import MANIFEST_NAME, read_manifest
from annotator.reference import Reference

_MAX_REFERENCES = 20
_MAX_LINES = 500
_MAX_REF_BYTES = 100
_MIN_COMPARED = 10  # that so many bases agree by chance happens once in a million times
_MIN_SHARE = 0.9  # of those that agree
_BASES = b"ACGT"

# Whatever is wrong with a reference that nobody asked for must not get in the way.
_BROKEN = (AnnotatorError, OSError, ValueError, LookupError, TypeError, ArithmeticError)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What a record says of the sequence: these bases stand at this position (1-based)."""

    contig: str
    position: int
    ref: bytes


def likely_build(text: bytes, *, used: Reference) -> str | None:
    """This function will name the build that records look like, other than that of the reference in use.

    `text` are lines of the file, sound ones or not. None: no reference at hand tells.
    """
    claims = list(_claims(text))
    shares = {
        reference.manifest.build: share
        for reference in _neighbours(used)
        if (share := _agreeing_share(claims, reference=reference)) >= _MIN_SHARE
    }
    return max(sorted(shares), key=lambda build: shares[build], default=None)


def _claims(text: bytes) -> Iterator[_Claim]:
    lines = text.split(b"\n")
    for line in lines[:: len(lines) // _MAX_LINES + 1]:
        columns = line.split(b"\t", 4)
        if len(columns) < 5:
            continue
        contig, position, _, ref = columns[:4]
        ref = ref.upper()
        if position.isdigit() and len(position) < 10 and 0 < len(ref) <= _MAX_REF_BYTES and not ref.strip(_BASES):
            yield _Claim(contig=contig.decode("utf-8", "replace"), position=int(position), ref=ref)


def _neighbours(used: Reference) -> Iterator[Reference]:
    """References of other builds, with sequence, in the folder that holds the one in use."""
    here = used.folder.resolve()
    others = sorted(path.parent for path in here.parent.glob(f"*/{MANIFEST_NAME}"))
    for folder in [folder for folder in others if folder != here][:_MAX_REFERENCES]:
        reference = _opened(folder, unlike=used.manifest.build)
        if reference is not None:
            yield reference


def _opened(folder: Path, *, unlike: str) -> Reference | None:
    try:
        manifest = read_manifest(folder)
        return Reference(folder) if manifest.build != unlike and manifest.sequence else None
    except _BROKEN:
        return None


def _agreeing_share(claims: Sequence[_Claim], *, reference: Reference) -> float:
    """Of the claims that the reference can judge, how many it agrees with, 0 to 1; 0 when they are too few."""
    agreeing = compared = 0
    try:
        for claim in claims:
            contig = reference.contig(claim.contig)
            sequence = reference.sequence_of(contig) if contig else None
            if sequence is None:
                continue
            start = claim.position - 1
            found = sequence.bases(start=start, end=start + len(claim.ref))
            if not found.strip(_BASES):
                compared += 1
                agreeing += found == claim.ref
    except _BROKEN:
        return 0.0
    return agreeing / compared if compared >= _MIN_COMPARED else 0.0
