"""What the variants of one copy of a chromosome do together, put into the text of their records.

Only alleles that touch coding bases can matter to each other, so only their records' genotypes are read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from annotator.columns import ALT, REF
from annotator.csq import encode, feature_of, term_names
from annotator.effects.effect import ContigSequence, Effect, Variant
from annotator.effects.haplotypes import JointEffects
from annotator.effects.naming import Naming
from annotator.effects.view import TranscriptView
from annotator.info import InfoField, encode_value
from annotator.models.coding import CodingParts
from annotator.models.store import ModelStore
from annotator.phasing import EVERYWHERE, Phasing, Placed
from annotator.run_work import RunWork
from annotator.verdicts import Alleles
from annotator.version import ANNOTATOR_VERSION

COLUMNS = (
    "Variants|Consequence|IMPACT|SYMBOL|Gene|Feature|BIOTYPE|EXON|HGVSc|HGVSp|CDS_position|Protein_position|"
    "Amino_acids|Codons|Copies|Carriers"
)
HAPLOTYPE_FIELD = InfoField(
    id="HAPLOTYPE_CSQ",
    number=".",
    type="String",
    description="What variants on the same copy of a chromosome do together, by Genomics Cloud annotator "
    f"{ANNOTATOR_VERSION}; @POS: told in the record at POS. Format: {COLUMNS}",
)
_CARRIERS_NAMED = 10
_MOST_TOLD = 200  # of one record: in thousands of samples rare variants make very many combinations
_LONGEST = 100  # characters of amino acids and codons; longer ones are left out

Haplotype = tuple[int, ...]  # numbers of alleles
Carrier = tuple[int, int]  # sample and copy


class ContigHaplotypes:
    """What it takes to judge the haplotypes on one contig."""

    def __init__(
        self, *, store: ModelStore, sequence: ContigSequence, naming: Naming, samples: tuple[bytes, ...]
    ) -> None:
        self.store = store
        self.coding = CodingParts(store)
        self.samples = samples
        self._sequence = sequence
        self._naming = naming

    def joint_effects(self, transcript: int) -> JointEffects:
        """The joint effects on the transcript with this number."""
        view = TranscriptView(self.store.transcript(transcript), self._sequence)
        return JointEffects(view, naming=self._naming)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Joint:
    """A joint effect, and who has it."""

    transcript: int
    haplotype: Haplotype
    effect: Effect
    carriers: list[Carrier]


def add_haplotypes(work: RunWork, alleles: Alleles, haplotypes: ContigHaplotypes, *, field: str) -> None:
    """Add what alleles on the same copies do together to the first of their records; others tell where it stands."""
    run = _Run(work, alleles, haplotypes)
    by_record: dict[int, list[_Joint]] = {}  # by the first record of each
    for joint in run.joint_effects():
        by_record.setdefault(int(alleles.records[list(joint.haplotype)].min()), []).append(joint)
    texts: dict[int, dict[str, None]] = {}  # by record: pointers, and then its own entries
    for first, found in sorted(by_record.items()):
        told = _commonest(found)
        if len(told) < len(found):
            work.ledger.notes["HAPLOTYPES_LEFT_OUT"] += len(found) - len(told)
        pointer = f"@{int(work.checked.positions[first])}"
        for joint in told:
            texts.setdefault(first, {})[run.entry(joint)] = None
            for record in alleles.records[list(joint.haplotype)].tolist():
                if record != first:
                    texts.setdefault(record, {})[pointer] = None
    for record, entries in texts.items():
        work.additions.haplotypes.put_one(record, f"{field}={','.join(entries)}".encode())
    if texts:
        work.ledger.notes["HAPLOTYPES"] += len(texts)


def _commonest(found: list[_Joint]) -> list[_Joint]:
    """As many as one record tells, those on the most copies, in their order."""
    if len(found) <= _MOST_TOLD:
        return found
    chosen = sorted(range(len(found)), key=lambda number: -len(found[number].carriers))[:_MOST_TOLD]
    return [found[number] for number in sorted(chosen)]


class _Run:
    """One run of records, with what is asked of it."""

    def __init__(self, work: RunWork, alleles: Alleles, haplotypes: ContigHaplotypes) -> None:
        self._work = work
        self._alleles = alleles
        self._haplotypes = haplotypes
        self._genotypes = _Genotypes(work, alleles)

    def joint_effects(self) -> Iterator[_Joint]:
        """The joint effects, by transcript in the order of the models."""
        alleles, coding = self._alleles, self._haplotypes.coding
        first, last = np.minimum(alleles.positions, alleles.ends), np.maximum(alleles.positions, alleles.ends)
        touching = np.flatnonzero(alleles.verified & coding.bases.touch(first, last))
        touching = touching[np.argsort(first[touching], kind="stable")]
        begins = np.searchsorted(first[touching], coding.firsts, side="left")
        ends = np.searchsorted(first[touching], coding.lasts, side="right")
        for transcript, begin, end in zip(coding.transcripts.tolist(), begins.tolist(), ends.tolist(), strict=True):
            if end - begin > 1:
                yield from self._of_transcript(transcript, tuple(touching[begin:end].tolist()))

    def _of_transcript(self, transcript: int, numbers: Haplotype) -> Iterator[_Joint]:
        copies = self._genotypes.copies(numbers)
        known = self._haplotypes.joint_effects(transcript)
        effects: dict[Haplotype, Effect] = {}
        carriers: dict[Haplotype, dict[Carrier, None]] = {}
        for haplotype, of_haplotype in sorted(copies.items()):
            number_of: dict[Variant, int] = {}
            for number in haplotype:
                number_of.setdefault(self._variant(number), number)
            for joint in known.find(number_of):
                key = tuple(number_of[variant] for variant in joint.variants)
                effects[key] = joint.effect
                carriers.setdefault(key, {}).update(of_haplotype)
        for key in sorted(effects, key=sorted):
            yield _Joint(transcript=transcript, haplotype=key, effect=effects[key], carriers=sorted(carriers[key]))

    def _variant(self, number: int) -> Variant:
        ref, alt = self._work.bases(self._alleles, number)
        return Variant(position=int(self._alleles.positions[number]), ref=ref.decode(), alt=alt.decode())

    def entry(self, joint: _Joint) -> str:
        """The text of a joint effect: COLUMNS."""
        heading, effect = self._haplotypes.store.heading(joint.transcript), joint.effect
        columns = (
            *(heading.symbol, heading.gene_id, feature_of(heading.id), heading.biotype, effect.exon),
            *(effect.hgvsc, effect.hgvsp, effect.cds_position, effect.protein_position),
            *(text if len(text) <= _LONGEST else "" for text in (effect.amino_acids, effect.codons)),
            str(len(joint.carriers)),
        )
        consequence = f"{term_names(effect.terms)}|{effect.terms[0].impact}"
        variants = "&".join(self._written(number) for number in sorted(joint.haplotype))
        return "|".join((variants, consequence, *map(encode, columns), "&".join(self._carriers(joint))))

    def _carriers(self, joint: _Joint) -> Iterator[str]:
        for sample, copy in joint.carriers[:_CARRIERS_NAMED]:
            yield f"{encode_value(self._haplotypes.samples[sample].decode('utf-8', 'replace'))}:{copy}"

    def _written(self, number: int) -> str:
        """An allele as the file has it: `5:A>C`."""
        columns, record = self._work.checked.columns, int(self._alleles.records[number])
        alt = columns.field(record, ALT).split(b",")[int(self._alleles.indexes[number])]
        ref = columns.field(record, REF)
        return f"{int(self._work.checked.positions[record])}:{ref.decode()}>{alt.decode()}"


class _Genotypes:
    """Where alleles lie, by their numbers; a record is read once."""

    def __init__(self, work: RunWork, alleles: Alleles) -> None:
        self._work = work
        self._alleles = alleles
        self._phasing = Phasing()
        self._known: dict[int, list[Placed]] = {}  # by record
        self._asked: Haplotype = ()
        self._copies: dict[Haplotype, dict[Carrier, None]] = {}

    def copies(self, numbers: Haplotype) -> dict[Haplotype, dict[Carrier, None]]:
        """Which copies of the chromosome carry the same ones of these alleles, where they carry two or more."""
        if numbers != self._asked:  # transcripts of a gene often ask for the same ones
            self._asked, self._copies = numbers, _shared_copies([(number, self._placed(number)) for number in numbers])
        return self._copies

    def _placed(self, number: int) -> list[Placed]:
        record = int(self._alleles.records[number])
        found = self._known.get(record)
        if found is None:
            found = self._known[record] = self._phasing.placed(self._work.checked.columns, record)
        own = int(self._alleles.indexes[number]) + 1
        return [placed for placed in found if placed.allele == own]


def _shared_copies(alleles: list[tuple[int, list[Placed]]]) -> dict[Haplotype, dict[Carrier, None]]:
    of_sample: dict[int, list[tuple[int, Placed]]] = {}
    for number, places in alleles:
        for placed in places:
            of_sample.setdefault(placed.sample, []).append((number, placed))
    found: dict[Haplotype, dict[Carrier, None]] = {}
    for sample, carried in of_sample.items():
        if len(carried) < 2:
            continue
        sets = {placed.phase_set for _, placed in carried} - {EVERYWHERE} or {EVERYWHERE}
        for copy in sorted({placed.copy for _, placed in carried}):
            on_copy = [(number, placed.phase_set) for number, placed in carried if placed.copy == copy]
            for one in sorted(sets):
                haplotype = tuple(number for number, phase_set in on_copy if phase_set in (one, EVERYWHERE))
                if len(haplotype) > 1:
                    found.setdefault(haplotype, {})[sample, copy] = None
    return found
