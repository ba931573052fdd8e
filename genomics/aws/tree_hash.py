"""Glacier's tree hash: SHA-256 of each MiB, folded pairwise to one (Amazon Glacier Developer Guide, "Checksums")."""

import hashlib

MIB = 1024**2


def fold(digests: list[bytes]) -> bytes:
    """This function will fold raw digests of neighbouring stretches into the digest of them all.

    The stretches are leaves of one MiB, or equal parts of 2ⁿ MiB; the last may be shorter. No digest: no byte.
    """
    level = digests or [hashlib.sha256(b"").digest()]
    while len(level) > 1:
        pairs = [level[start : start + 2] for start in range(0, len(level), 2)]
        level = [hashlib.sha256(b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0]


def of(data: bytes) -> bytes:
    """This function will give the raw tree hash of some bytes."""
    view = memoryview(data)
    return fold([hashlib.sha256(view[start : start + MIB]).digest() for start in range(0, len(data), MIB)])
