"""What tracks of sites say of records with one or several alleles, against each allele looked up for itself."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow.parquet as pq
import pytest

from annotator.info import join_per_allele
from annotator.normal_form import normal_form
from annotator.reference import Reference
from annotator.sites import Site
from tests.annotator.effects.handmade import Bases
from tests.annotator.invented import Invented
from tests.annotator.vcf import Outcome, Runner, record

TRACKS = ("dbsnp", "clinvar")
Allele = tuple[int, bytes, bytes]


@dataclass(frozen=True)
class Record:
    """A record of contig 7."""

    position: int
    ref: str
    alts: tuple[str, ...]
    identifier: str = "."


class Known:
    """All sites of contig 7, by track and allele."""

    def __init__(self, invented: Invented) -> None:
        reference = Reference(invented.folder)
        contig = reference.contig("7")
        assert contig is not None
        self.bases = invented.bases["7"]
        self._sequence = Bases(text=self.bases)
        self._forms: dict[Record, list[Allele | None]] = {}
        self._sites: dict[str, dict[Allele, Site]] = {track.id: {} for track in reference.site_tracks}
        for track in reference.site_tracks:
            for one in reference.sites(track, contig=contig):  # the first counts where an allele stands twice
                self._sites[track.id].setdefault((one.position, one.ref, one.alt), one)

    def alleles(self) -> list[Allele]:
        return sorted({allele for sites in self._sites.values() for allele in sites})

    def of(self, track: str, one: Record) -> list[Site | None]:
        """This function will look up the alleles of a record, one by one."""
        if one not in self._forms:
            self._forms[one] = [self._form(one, alt) for alt in one.alts]
        return [None if form is None else self._sites[track].get(form) for form in self._forms[one]]

    def _form(self, one: Record, alt: str) -> Allele | None:
        if not alt.isalpha() or alt == one.ref:
            return None
        return normal_form(one.position, one.ref.upper().encode(), alt.upper().encode(), sequence=self._sequence)


def records(known: Known, *, count: int) -> Iterator[Record]:
    """This function will write known alleles in many ways, most of them beside others."""
    chance, bases = random.Random(4), known.bases
    for position, ref, alt in sorted(chance.sample(known.alleles(), count)):
        before = bases[max(position - 1 - chance.choice((0, 0, 1, 5)), 0) : position - 1]
        behind = bases[position - 1 + len(ref) :][: chance.choice((0, 0, 1, 4))]
        whole = before + ref.decode() + behind
        if "N" in whole:
            continue
        others = {whole[0], whole + "A", chance.choice("ACGT") + whole[1:], whole[0] + "TT" + whole[1:], "*", "<DEL>"}
        own = before + alt.decode() + behind
        alts = [own, *chance.sample(sorted(others - {whole, own}), k=chance.choice((0, 1, 1, 2)))]
        alts += [own.lower()] * (chance.random() < 0.1)
        chance.shuffle(alts)
        if chance.random() < 0.1:
            whole, alts = whole.lower(), [one if one.startswith("<") else one.lower() for one in alts]
        yield Record(position - len(before), whole, tuple(alts), chance.choice((".", ".", "rs0")))


@pytest.fixture(scope="module")
def known(invented: Invented) -> Known:
    return Known(invented)


@pytest.fixture(scope="module")
def given(known: Known) -> list[Record]:
    return sorted(records(known, count=1_500), key=lambda one: one.position)


@pytest.fixture
def outcome(run: Runner, invented: Invented, given: list[Record]) -> Outcome:
    lines = [record("7", one.position, one.ref, ",".join(one.alts), identifier=one.identifier) for one in given]
    return run(lines, reference=invented.folder)


class TestAddSites:
    def test_says_of_all_what_is_said_of_each(self, outcome: Outcome, known: Known, given: list[Record]) -> None:
        several = 0
        for number, one in enumerate(given):
            info = outcome.info(number)
            for track in TRACKS:
                sites = known.of(track, one)
                expected = join_per_allele([site.text if site else b"" for site in sites]).decode()
                told = dict(item.split("=") for item in expected.split(";") if item)
                assert {key: info.get(key) for key in told} == told
                several += sum(site is not None for site in sites) > 1
            assert ("CLINVAR_SIG" in info) == any(known.of("clinvar", one))
        assert several > 20

    def test_names_the_first_allele_with_an_identifier(
        self, outcome: Outcome, known: Known, given: list[Record]
    ) -> None:
        for row, one in zip(outcome.rows, given, strict=True):
            found = [site.identifier.decode() for track in TRACKS for site in known.of(track, one) if site]
            filled = next(filter(None, found), ".")
            assert row[2] == (filled if one.identifier == "." else one.identifier)

    def test_fills_the_rows_of_the_table(self, outcome: Outcome, known: Known, given: list[Record]) -> None:
        table = pq.read_table(outcome.done.files["table"])["clinvar_sig"].to_pylist()
        expected = [
            None if site is None else "Pathogenic"
            for one in given
            for alt, site in zip(one.alts, known.of("clinvar", one), strict=True)
            if alt.isalpha()
        ]
        assert [value and "Pathogenic" for value in table] == expected

    def test_counts_records(self, outcome: Outcome, known: Known, given: list[Record]) -> None:
        counts = outcome.json("summary")["hits_by_track"]
        for track in TRACKS:
            assert counts[track] == sum(any(site and site.text for site in known.of(track, one)) for one in given)
