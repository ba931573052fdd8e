"""HGVS names of insertions and deletions in plain zones, many at once: most of all that are named, in introns."""

import ctypes
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.effects.effect import Variant
from annotator.effects.transcript_names import description, slide, slide_limit
from annotator.intron_place import IntronPlace
from annotator.models.zones import NAME_SIGNS, NAME_STEPS, REGION
from annotator.native import load, pointers
from annotator.normal_form import Changes
from annotator.sequence import ContigBases
from annotator.texts import Texts

_LIBRARY = load()
_NUMBERS_BYTES = 64  # two numbers with what stands around them, and `del`, `dup` or `ins`

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zoned:
    """Insertions and deletions, each in one plain zone of a transcript."""

    changes: Changes
    about: NDArray[np.int32]  # of the zones: columns as `annotator.models.zones.ABOUT` lists them
    firsts: Integers  # bases of the zones, 1-based
    lasts: Integers
    are_forward: NDArray[np.bool_]  # the strand of the transcripts
    prefixes: Texts  # what stands before a name, `ENST00000.1:c.`
    prefix_of: Integers


def intron_names(zoned: Zoned, *, sequence: ContigBases) -> Texts:
    """Name each change; empty where it would slide out of its zone, or is compared with bases beyond it."""
    return (_names if _LIBRARY is None else _names_natively)(zoned, sequence)


def _names(zoned: Zoned, sequence: ContigBases) -> Texts:
    changes = zoned.changes
    rows = zip(
        changes.words.list(),
        changes.positions.tolist(),
        changes.are_deletions.tolist(),
        zoned.about.tolist(),
        zoned.firsts.tolist(),
        zoned.lasts.tolist(),
        zoned.are_forward.tolist(),
        zoned.prefix_of.tolist(),
        strict=True,
    )
    names = []
    for word, position, is_deletion, about, first, last, is_forward, prefix in rows:
        text = word.upper().decode()
        variant = Variant(position=position, ref=text if is_deletion else "", alt="" if is_deletion else text)
        place = IntronPlace(sequence, is_forward=is_forward, about=about, first=first, last=last)
        slid = slide(variant, place)[0]
        around = len(slid.alt)  # a duplication is named by the bases beside it
        is_inside = place.covers(min(slid.position, slid.end) - around, max(slid.position, slid.end) + around)
        names.append(zoned.prefixes[prefix] + description(variant, slid, place).encode() if is_inside else b"")
    return Texts.of(names)


def _names_natively(zoned: Zoned, sequence: ContigBases) -> Texts:
    assert _LIBRARY is not None
    changes, prefixes, count = zoned.changes, zoned.prefixes, len(zoned.firsts)
    words, lengths = changes.words, changes.words.ends - changes.words.begins
    file, *place = sequence.layout
    room = int(lengths.sum() + prefixes.lengths[zoned.prefix_of].sum()) + count * _NUMBERS_BYTES + 1
    out, offsets = np.empty(room, dtype=np.uint8), np.zeros(count + 1, dtype=np.int64)
    region = zoned.about[:, REGION]
    signs, steps = NAME_SIGNS[region].astype(np.uint8), NAME_STEPS[region].astype(np.uint8)
    places, limits = changes.positions - 1, slide_limit(lengths)
    _LIBRARY.intron_names(
        ctypes.c_int64(count),
        *pointers(words.text, words.begins, lengths, places, changes.are_deletions, limits),
        *pointers(zoned.about, zoned.firsts, zoned.lasts, signs, steps, zoned.are_forward),
        *pointers(prefixes.text, prefixes.offsets, zoned.prefix_of, file),
        *map(ctypes.c_int64, (*place, sequence.length)),
        *pointers(out, offsets),
    )
    return Texts(out[: offsets[-1]], np.diff(offsets))
