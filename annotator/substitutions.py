"""Single bases of coding sequences that are replaced, many at once: most of all that zones do not tell.

`annotator.effects` would make each transcript and read its whole sequence, most often for one change or two. Here the
codons of all changes are read at once, and what becomes of a codon stands in a table. What is special is left to
`annotator.effects`: bases beside a splice site, start codons, stops that change, codons that are not complete or not
known, and transcripts with selenocysteines.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from annotator.coded import distinct
from annotator.effects.coding import MISSENSE, STOP_GAINED, SYNONYMOUS
from annotator.effects.codons import CodonChange
from annotator.effects.effect import Effect
from annotator.effects.genetic_code import MITOCHONDRIAL, STANDARD, STOP, THREE_LETTERS
from annotator.effects.naming import Naming
from annotator.effects.splicing import EXON_REACH
from annotator.effects.transcripts import NMD
from annotator.models.spliced import SplicedTranscripts
from annotator.models.store import ModelStore
from annotator.models.transcript import DECAYING
from annotator.ontology import Term
from annotator.sequence import ContigBases

_BASES = "ACGT"  # the complement of base number i is base number 3 - i
_NO_BASE = len(_BASES)
_NUMBERS = np.full(256, _NO_BASE, dtype=np.int64)
_NUMBERS[list(_BASES.encode())] = np.arange(len(_BASES))
_CHANGES = (2, 4, 4, 4, 3, 4)  # 1: the mitochondrion's code; the codon; which of its bases changes, and to what

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitutions:
    """Known bases that are replaced by others, in transcripts that code; one entry each."""

    transcripts: Integers  # numbers in the store
    positions: Integers  # 1-based
    alts: NDArray[np.uint8]  # upper case, of the forward strand, as ASCII codes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Usual:
    """Those of which all is known here; what is told of them runs in the direction of the transcript."""

    rows: Integers  # their numbers
    exons: Integers
    offsets: Integers  # in the spliced transcript
    places: Integers  # in the coding sequence, an incomplete first codon filled up, as VEP counts
    changes: Integers  # numbers in a table of _CHANGES


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """What one change of one codon means."""

    terms: tuple[Term, ...]
    bases: str  # `A>C`
    old: str  # the amino acid, three letters
    new: str  # `=`: the same
    amino_acids: str  # VEP's columns
    codons: str


def substitution_effects(
    asked: Substitutions, *, store: ModelStore, sequence: ContigBases, naming: Naming
) -> list[Effect | None]:
    """The effects of all; None where that is left to `annotator.effects`."""
    used, which = distinct(asked.transcripts, below=len(store))
    usual = _find_usual(asked, used, which, store=store, sequence=sequence)
    ids, proteins, biotypes = (
        [store.text(number) for number in store.text_numbers(name)[used].tolist()]
        for name in ("id", "protein_id", "biotype")
    )
    exon_counts = store.exon_counts[used].tolist()
    opening, closing = ("(", ")") if naming.parentheses else ("", "")
    found: list[Effect | None] = [None] * len(which)
    columns = (usual.rows, which[usual.rows], usual.exons, usual.offsets, usual.places, usual.changes)
    for row, one, exon, offset, place, number in zip(*(column.tolist() for column in columns), strict=True):
        change = _meaning(number)
        if change is None:
            continue
        acid = (place + 2) // 3
        hgvsc = hgvsp = ""
        if naming.hgvs:
            hgvsc = f"{ids[one]}:c.{place}{change.bases}"
            hgvsp = f"{proteins[one] or ids[one]}:p.{opening}{change.old}{acid}{change.new}{closing}"
        found[row] = Effect(
            terms=(*change.terms, NMD) if biotypes[one] == DECAYING else change.terms,
            exon=f"{exon}/{exon_counts[one]}",
            hgvsc=hgvsc,
            hgvsp=hgvsp,
            cdna_position=str(offset),
            cds_position=str(place),
            protein_position=str(acid),
            amino_acids=change.amino_acids,
            codons=change.codons,
        )
    return found


def _find_usual(
    asked: Substitutions, used: Integers, which: Integers, *, store: ModelStore, sequence: ContigBases
) -> _Usual:
    """Find out where all are; `which` of the transcripts `used` is that of each."""
    spliced = SplicedTranscripts(store, used)
    every = np.arange(len(used))[:, None]
    ends = store.coding_ends(used)
    first, last = np.sort(spliced.offsets(every, spliced.exons(every, ends), ends), axis=1).T
    padding = -store.phases[used].astype(np.int64) % 3
    whole = (last - first + 1 + padding) // 3 * 3  # bases of whole codons
    known = (store.ends[used] <= sequence.length) & ~store.have_selenocysteines[used]
    judged = first + np.where(store.start_incomplete[used], 0, 3)

    exons = spliced.exons(which, asked.positions)
    offsets = spliced.offsets(which, exons, asked.positions)
    places = offsets - first[which] + 1 + padding[which]
    within = (places - 1) % 3
    is_usual = spliced.hold(which, exons, asked.positions, edge=EXON_REACH) & known[which]
    is_usual &= (offsets >= judged[which]) & (offsets - within >= first[which]) & (places <= whole[which])
    rows = np.flatnonzero(is_usual)

    which, within = which[rows], within[rows]
    codons = spliced.positions(which[:, None], (offsets[rows] - within)[:, None] + np.arange(3))
    bases = _NUMBERS[np.column_stack((sequence.at(codons - 1), asked.alts[rows]))]
    are_known = (bases < _NO_BASE).all(axis=1)
    rows, which, within = rows[are_known], which[are_known], within[are_known]
    bases = np.where(store.strands[used][which][:, None] > 0, bases[are_known], _NO_BASE - 1 - bases[are_known]).T
    is_mitochondrial = store.are_mitochondrial[used][which].astype(np.int64)
    return _Usual(
        rows=rows,
        exons=spliced.numbers(which, exons[rows]),
        offsets=offsets[rows],
        places=places[rows],
        changes=np.ravel_multi_index((is_mitochondrial, *bases[:3], within, bases[3]), _CHANGES),
    )


@cache
def _meaning(number: int) -> _Meaning | None:
    """What a change means; None where a stop changes, of which the codon does not tell enough."""
    is_mitochondrial, *codon, within, alt = map(int, np.unravel_index(number, _CHANGES))
    code = MITOCHONDRIAL if is_mitochondrial else STANDARD
    old, base = "".join(_BASES[one] for one in codon), _BASES[alt]
    new = old[:within] + base + old[within + 1 :]
    if code[old] == STOP:
        return None
    change = CodonChange(alt=base, ref_codons=old, alt_codons=new, within=within)
    change.ref_acids, change.alt_acids = code[old], code[new]
    is_same = code[old] == code[new]
    return _Meaning(
        terms=(SYNONYMOUS if is_same else STOP_GAINED if code[new] == STOP else MISSENSE,),
        bases=f"{old[within]}>{base}",
        old=THREE_LETTERS[code[old]],
        new="=" if is_same else THREE_LETTERS[code[new]],
        amino_acids=change.amino_acids,
        codons=change.codons(1),
    )
