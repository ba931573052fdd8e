"""Checksums as publishers give them: MD5 in files, lists or headers; Ensembl's as `sum` makes them."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_MD5 = re.compile(r"\b([0-9a-fA-F]{32})\b")
_MD5_HEADER = re.compile(r"md5=([A-Za-z0-9+/]+=*)")
_PIECE_BYTES = 1 << 20
_SUM_BLOCK_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Checksum:
    """What a file should add up to: `md5` in hex, or `sum` as "<16-bit sum> <blocks of 1,024 bytes>"."""

    kind: Literal["md5", "sum"]
    value: str

    def fits(self, path: Path) -> bool:
        """Whether the file is the one that this checksum was made of."""
        if self.kind == "sum":
            total, blocks = self.value.split()
            size_fits = -(-path.stat().st_size // _SUM_BLOCK_BYTES) == int(blocks)
            return size_fits and bsd_sum(path) == int(total)
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        return digest == self.value


def from_md5_file(text: str) -> Checksum | None:
    """The MD5 in a file that is about one other; None when it holds none."""
    found = _MD5.search(text)
    return Checksum(kind="md5", value=found[1].lower()) if found else None


def from_list(text: str, *, file_name: str, kind: Literal["md5", "sum"]) -> Checksum | None:
    """The checksum of a file in a list of many, as `md5sum` or `sum` writes it; None when the file is not in it."""
    for line in text.splitlines():
        values = line.split()
        if len(values) >= 2 and values[-1].lstrip("*").rsplit("/", 1)[-1] == file_name:
            if kind == "md5":
                return from_md5_file(line)
            if len(values) == 3 and values[0].isdigit() and values[1].isdigit():
                return Checksum(kind="sum", value=f"{int(values[0])} {int(values[1])}")
    return None


def from_google_headers(headers: Mapping[str, str]) -> Checksum | None:
    """The MD5 that Google's storage tells in `x-goog-hash`; None when it tells none."""
    found = _MD5_HEADER.search(headers.get("x-goog-hash") or "")
    if found is None:
        return None
    try:
        return Checksum(kind="md5", value=base64.b64decode(found[1], validate=True).hex())
    except binascii.Error:
        return None


def bsd_sum(path: Path) -> int:
    """The 16-bit rotating checksum of BSD's `sum`; about a minute for a gigabyte."""
    total = 0
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            for byte in piece:
                total = (total >> 1) + ((total & 1) << 15) + byte & 0xFFFF
    return total
