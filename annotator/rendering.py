"""Write the CSQ text of many alleles at once: in C where a compiler was at hand, else here, with the same bytes.

`annotator/native/text.c` mirrors `_render`; a test holds the two against each other.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.native import load, pointer

_LIBRARY = load()
_COMPLEMENT = str.maketrans("ACGT", "TGCA")

# The columns of a pair of an allele and a transcript.
PAIR_COLUMNS = (
    "head",  # number of the text from `|` behind Allele to the one behind BIOTYPE
    "transcript",  # number of the transcript's texts
    "rank",  # of the most severe term
    "exon",  # its number, 0: none
    "intron",
    "exon_count",
    "cdna",  # cDNA_position, 0: none
    "is_flank",  # `number` is the distance to the transcript
    "name_sign",  # character before the number of the exon's base, 0: none
    "name_before",  # number of the exon's base that an intron's is counted from, 0: none
    "name_step",  # character between the two, 0: none
    "number",
    "is_reverse",  # names tell the bases of the other strand
    "is_named",
    "entry",  # number of the finished text from `|` behind Allele to before STRAND, -1: made from the columns above
)
# The columns of an allele.
ALLELE_COLUMNS = (
    "first_pair",
    "last_pair",  # exclusive
    "picked",  # its pair, -1: none
    "text_begin",  # VEP's Allele, in `allele_text`
    "text_length",
    "ref",  # upper-case bases of a single-base change, as ASCII codes
    "alt",
    "name",  # number of the name of the picked pair, -1: it is that of a single-base change, or there is none
    "own",  # number of the text behind the entries
    "is_whole",  # `lead` stands before the entries
)
_NAME_BYTES = 64  # more than signs and numbers of a name take
_ENTRY_BYTES = 128  # more than numbers and separators of an entry take


class Texts:
    """Many texts, by number."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        self.texts = texts
        self.lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))

    def joined(self) -> tuple[bytes, NDArray[np.int64]]:
        """One after the other, and where each begins, with the end."""
        offsets = np.zeros(len(self.texts) + 1, dtype=np.int64)
        np.cumsum(self.lengths, out=offsets[1:])
        return b"".join(self.texts), offsets


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Alleles and what is to be written of them, with the columns listed above."""

    alleles: NDArray[np.int64]
    pairs: list[NDArray[np.int32]]  # by column
    lead: bytes  # before the entries
    nothing: bytes  # the entry, behind Allele, of an allele without pairs
    allele_text: bytes
    heads: Texts
    standings: Texts  # by transcript: from `|` before STRAND to the end, not picked
    picked_standings: Texts
    names: Texts  # by transcript: what HGVS names begin with
    given_names: Texts
    entries: Texts
    owns: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The texts of all alleles, one after the other, and the names of what was picked."""

    text: bytes | memoryview
    offsets: NDArray[np.int64]
    names: bytes
    name_offsets: NDArray[np.int64]


def render(batch: Batch) -> Rendered:
    """Write all alleles of a batch."""
    return _render(batch) if _LIBRARY is None else _render_natively(batch, _LIBRARY)


def _render_natively(batch: Batch, library: ctypes.CDLL) -> Rendered:
    alleles = np.ascontiguousarray(batch.alleles)
    pairs = (ctypes.c_void_p * len(batch.pairs))(*(pointer(column).value for column in batch.pairs))
    texts = [np.frombuffer(one, dtype=np.uint8) for one in (batch.lead or b"\0", batch.allele_text)]
    tables: list[NDArray[Any]] = []
    for table in (batch.heads, batch.standings, batch.picked_standings, batch.names, batch.given_names):
        tables += _arrays(table)
    tables += [*_arrays(batch.entries), *_arrays(batch.owns)]
    nothing = np.frombuffer(batch.nothing, dtype=np.uint8)
    counts = alleles[:, 1] - alleles[:, 0]
    order = np.zeros(max(int(counts.max(initial=0)), 1), dtype=np.int64)
    size, names_size = _room(batch, alleles, counts)
    out, names = np.empty(size, dtype=np.uint8), np.empty(names_size, dtype=np.uint8)
    offsets, name_offsets = np.empty(len(alleles) + 1, dtype=np.int64), np.empty(len(alleles) + 1, dtype=np.int64)
    library.render(
        ctypes.c_int64(len(alleles)),
        pointer(alleles),
        pairs,
        pointer(texts[0]),
        ctypes.c_int64(len(batch.lead)),
        pointer(texts[1]),
        *(pointer(array) for array in tables),
        pointer(nothing),
        ctypes.c_int64(len(nothing)),
        *(pointer(array) for array in (order, out, offsets, names, name_offsets)),
    )
    return Rendered(
        text=out.data[: int(offsets[-1])],
        offsets=offsets,
        names=names[: name_offsets[-1]].tobytes(),
        name_offsets=name_offsets,
    )


def _arrays(texts: Texts) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    blob, offsets = texts.joined()
    return np.frombuffer(blob or b"\0", dtype=np.uint8), offsets


def _room(batch: Batch, alleles: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[int, int]:
    """More bytes than the texts, and the names, can take."""
    head, transcript, entry = batch.pairs[0], batch.pairs[1], batch.pairs[-1]
    given = _longest(batch.given_names)
    name = int(batch.names.lengths[transcript].sum()) + len(transcript) * _NAME_BYTES
    standing = np.maximum(batch.standings.lengths, batch.picked_standings.lengths)[transcript]
    bodies = batch.heads.lengths[head].sum() + batch.entries.lengths[entry[entry >= 0]].sum() + standing.sum()
    of_pairs = name + int(bodies) + len(transcript) * _ENTRY_BYTES
    of_texts = (alleles[:, 4] * (counts + 1)).sum() + batch.owns.lengths[alleles[:, 8]].sum()
    of_alleles = int(of_texts) + len(alleles) * (len(batch.lead) + len(batch.nothing) + given)
    return of_pairs + of_alleles + 1, name + len(alleles) * given + 1


def _longest(texts: Texts) -> int:
    return int(texts.lengths.max(initial=0))


def _render(batch: Batch) -> Rendered:
    rows = list(zip(*(column.tolist() for column in batch.pairs), strict=True))
    found = [_render_allele(batch, allele, rows) for allele in batch.alleles.tolist()]
    text, offsets = Texts([text for text, _ in found]).joined()
    names, name_offsets = Texts([name for _, name in found]).joined()
    return Rendered(text=text, offsets=offsets, names=names, name_offsets=name_offsets)


def _render_allele(batch: Batch, allele: list[int], rows: list[tuple[int, ...]]) -> tuple[bytes, bytes]:
    """The text of one allele, and the name of what was picked."""
    first, last, picked, begin, length, ref, alt, given, own, is_whole = allele
    text = batch.allele_text[begin : begin + length]
    entries = [text + batch.nothing] if first == last else []
    picked_name = b""
    for number in sorted(range(first, last), key=lambda number: rows[number][2]):
        pair = rows[number]
        is_given = given >= 0 and number == picked
        name = batch.given_names.texts[given] if is_given else b""
        if pair[-1] >= 0:
            body = batch.entries.texts[pair[-1]]
        else:
            if not pair[13]:
                name = b""
            elif not is_given:
                name = _name(batch, pair, ref=chr(ref), alt=chr(alt))
            body = _body(batch, pair, name)
        standings = batch.picked_standings if number == picked else batch.standings
        entries.append(text + body + standings.texts[pair[1]])
        if number == picked:
            picked_name = name
    return (batch.lead if is_whole else b"") + b",".join(entries) + batch.owns.texts[own], picked_name


def _name(batch: Batch, pair: tuple[int, ...], *, ref: str, alt: str) -> bytes:
    sign, before, step, number, is_reverse = pair[8:13]
    place = f"{chr(sign) if sign else ''}{before or ''}{chr(step) if step else ''}{number}"
    change = f"{ref}>{alt}".translate(_COMPLEMENT) if is_reverse else f"{ref}>{alt}"
    return batch.names.texts[pair[1]] + f"{place}{change}".encode()


def _body(batch: Batch, pair: tuple[int, ...], name: bytes) -> bytes:
    head, _, _, exon, intron, exon_count, cdna, is_flank = pair[:8]
    numbers = f"{f'{exon}/{exon_count}' if exon else ''}|{f'{intron}/{exon_count - 1}' if intron else ''}|"
    distance = pair[11] if is_flank else ""
    return b"".join((batch.heads.texts[head], numbers.encode(), name, f"||{cdna or ''}|||||{distance}".encode()))
