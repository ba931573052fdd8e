"""What an annotation found, counted while it runs.

A worker counts its chunk in a Summary of its own: `add_records` once for the records that it read, `add_variants` once
for the ALT alleles that it annotated, with the same columns that it gives the table. The main process merges the
Summaries in the order of the file. Sums are of whole numbers, so any way of cutting the file gives the same summary.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.alleles import BASES, is_transition, trim
from annotator.coded import Coded
from annotator.genotypes import Genotype, genotype_of
from annotator.ontology import IMPACTS, TERMS
from annotator.quoting import excerpt
from annotator.table import Values

BASES_PER_BIN = 1_000_000
# Upper ends of the classes of the frequency spectrum, each included; the first class is "looked for and not seen".
FREQUENCIES = (0.0, 0.00001, 0.0001, 0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0)

# How much of what the input may make up is kept by name, when Summaries are merged.
_MAX_FILTERS = 100
_MAX_DENSITY_CONTIGS = 200
_PER_UNIT = 1_000  # sums of decimals are kept in thousandths
_LARGEST_QUALITY = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordColumns:
    """The records of a chunk, one entry each."""

    contigs: Coded  # CHROM
    filters: Coded  # FILTER; -1 for `.`
    qualities: NDArray[np.floating]  # QUAL; NaN for `.`
    have_id: NDArray[np.bool_]  # whether the input names an ID
    alt_counts: NDArray[np.integer]
    genotypes: Coded | None = None  # GT of the first sample, -1 where there is none; None: no samples
    depths: NDArray[np.integer] | None = None  # DP of the first sample, else INFO/DP; below 0 where there is none


@dataclass(slots=True)
class Mean:
    """A mean that adds up; kept in thousandths."""

    total: int = 0
    count: int = 0

    def add(self, values: NDArray[Any]) -> None:
        self.total += int(np.rint(np.minimum(values, _LARGEST_QUALITY) * _PER_UNIT).astype(np.int64).sum())
        self.count += len(values)

    def merge(self, other: "Mean") -> None:
        self.total += other.total
        self.count += other.count

    @property
    def value(self) -> float | None:
        """None: of nothing."""
        return round(self.total / self.count / _PER_UNIT, 3) if self.count else None


@dataclass(slots=True, kw_only=True)
class Summary:
    """Counts of one annotation. A variant is one plain ALT allele; a record may hold several."""

    records_by_contig: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    consequences: Counter[str] = field(default_factory=Counter)
    impacts: Counter[str] = field(default_factory=Counter)
    track_hits: Counter[str] = field(default_factory=Counter)  # records by id of the track
    transitions: int = 0
    transversions: int = 0
    identifiers_filled: int = 0
    variants_by_contig: Counter[str] = field(default_factory=Counter)
    densities: dict[str, Counter[int]] = field(default_factory=dict)  # variants by megabase, by contig
    significances: Counter[str] = field(default_factory=Counter)
    frequencies: Counter[int] = field(default_factory=Counter)  # variants by class of the spectrum
    frequency_sources: Counter[str] = field(default_factory=Counter)
    genotypes: Counter[str] = field(default_factory=Counter)  # of the first sample
    filters: Counter[str] = field(default_factory=Counter)
    other_filters: int = 0
    with_id: int = 0
    multi_allelic: int = 0
    quality: Mean = field(default_factory=Mean)
    depth: Mean = field(default_factory=Mean)

    def add_records(self, records: RecordColumns) -> None:
        """Count the records of a chunk, whatever became of them."""
        for contig, count in records.contigs.counts().items():
            self.records_by_contig[excerpt(contig)] += count
        self.filters.update(records.filters.counts())
        self.with_id += int(np.count_nonzero(records.have_id))
        self.multi_allelic += int(np.count_nonzero(records.alt_counts > 1))
        self.quality.add(records.qualities[np.isfinite(records.qualities)])
        if records.depths is not None:
            self.depth.add(records.depths[records.depths >= 0])
        if records.genotypes is not None:
            missing = int(np.count_nonzero(records.genotypes.codes < 0))
            self.genotypes[Genotype.MISSING.value] += missing
            for text, count in records.genotypes.counts().items():
                self.genotypes[genotype_of(text).value] += count

    def add_variants(self, columns: Mapping[str, Values], *, input_frequencies: NDArray[Any] | None = None) -> None:
        """Count annotated alleles by the table's columns; what is not there is not counted.

        `input_frequencies` is INFO/AF, NaN where there is none; it stands in where gnomAD does not know the allele.
        """
        for name, counter in (
            ("class", self.classes),
            ("most_severe", self.consequences),
            ("impact", self.impacts),
            ("clinvar_sig", self.significances),
        ):
            counter.update(_coded(columns, name).counts())
        chrom = _coded(columns, "chrom")
        for contig, count in chrom.counts().items():
            self.variants_by_contig[excerpt(contig)] += count
        self._add_density(chrom, np.asarray(columns["pos"]))
        self._add_changes(_coded(columns, "ref"), _coded(columns, "alt"))
        self._add_frequencies(columns.get("gnomad_af"), input_frequencies, count=len(chrom))

    def merge(self, later: "Summary") -> None:
        """Add what a later part of the file gave."""
        for name in _COUNTERS:
            getattr(self, name).update(getattr(later, name))
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(later, name))
        for contig, bins in later.densities.items():
            if contig in self.densities or len(self.densities) < _MAX_DENSITY_CONTIGS:
                self.densities.setdefault(contig, Counter()).update(bins)
        for text, count in later.filters.items():
            if text in self.filters or len(self.filters) < _MAX_FILTERS:
                self.filters[text] += count
            else:
                self.other_filters += count
        self.quality.merge(later.quality)
        self.depth.merge(later.depth)

    @property
    def records(self) -> int:
        return self.records_by_contig.total()

    @property
    def ti_tv(self) -> float | None:
        """Transitions per transversion; None without a transversion."""
        return round(self.transitions / self.transversions, 3) if self.transversions else None

    def consequence_counts(self) -> dict[str, int]:
        """Variants by most severe consequence, the most severe first."""
        return {name: self.consequences[name] for name in TERMS if self.consequences[name]}

    def to_json(self) -> dict[str, Any]:
        return {
            "variants": self.classes.total(),
            "variants_by_class": dict(sorted(self.classes.items())),
            "variants_by_consequence": self.consequence_counts(),
            "variants_by_impact": {impact: self.impacts[impact] for impact in IMPACTS if self.impacts[impact]},
            "variants_by_chromosome": dict(self.variants_by_contig),
            "records_by_chromosome": dict(self.records_by_contig),
            "transitions": self.transitions,
            "transversions": self.transversions,
            "ti_tv": self.ti_tv,
            "hits_by_track": dict(sorted(self.track_hits.items())),
            "identifiers_filled": self.identifiers_filled,
            "variants_by_clinvar_significance": _commonest_first(self.significances),
            "density": {
                "bases_per_bin": BASES_PER_BIN,
                "variants": {contig: _dense(bins) for contig, bins in self.densities.items()},
            },
            "frequency_spectrum": self._spectrum(),
            "genotypes": self._genotypes(),
            "input": self._quality_control(),
        }

    def _add_density(self, chrom: Coded, positions: NDArray[Any]) -> None:
        bins = (positions - 1) // BASES_PER_BIN
        used = chrom.in_order_of_use()
        for code, contig in enumerate(used.values):
            within = bins if len(used.values) == 1 else bins[used.codes == code]
            first = int(within.min())
            counts = np.bincount(within - first)
            found = self.densities.setdefault(excerpt(contig), Counter())
            for index in np.flatnonzero(counts).tolist():
                found[first + index] += int(counts[index])

    def _add_changes(self, refs: Coded, alts: Coded) -> None:
        """Count transitions and transversions: by pairs of REF and ALT of one length, of which there are few."""
        ref_lengths = np.array([len(ref) for ref in refs.values], np.int64)
        alt_lengths = np.array([len(alt) for alt in alts.values], np.int64)
        alike = ref_lengths[refs.codes] == alt_lengths[alts.codes]
        width = len(alts.values)
        pairs = refs.codes[alike].astype(np.int64) * width + alts.codes[alike]
        for pair, count in _occurrences(pairs, largest=len(refs.values) * width):
            change = _single_change(refs.values[pair // width], alts.values[pair % width])
            if change is not None:
                if is_transition(*change):
                    self.transitions += count
                else:
                    self.transversions += count

    def _add_frequencies(self, gnomad: Values | None, given: NDArray[Any] | None, *, count: int) -> None:
        nothing = np.full(count, np.nan, np.float32)
        known = nothing if gnomad is None else np.asarray(gnomad).astype(np.float32)
        other = nothing if given is None else given.astype(np.float32)
        from_gnomad = ~np.isnan(known)
        from_input = ~from_gnomad & ~np.isnan(other)
        values = np.where(from_gnomad, known, other)[from_gnomad | from_input]
        uppers = np.array(FREQUENCIES[:-1], np.float32)
        counts = np.bincount(np.searchsorted(uppers, values, side="left")).tolist()
        self.frequencies.update({index: total for index, total in enumerate(counts) if total})
        self.frequency_sources.update(
            {
                "gnomad": int(np.count_nonzero(from_gnomad)),
                "input": int(np.count_nonzero(from_input)),
                "unknown": count - len(values),
            }
        )

    def _spectrum(self) -> dict[str, Any]:
        return {
            "classes": [
                {
                    "above": FREQUENCIES[index - 1] if index else None,
                    "up_to": upper,
                    "variants": self.frequencies[index],
                }
                for index, upper in enumerate(FREQUENCIES)
            ],
            "from_gnomad": self.frequency_sources["gnomad"],
            "from_input": self.frequency_sources["input"],
            "unknown": self.frequency_sources["unknown"],
        }

    def _genotypes(self) -> dict[str, Any]:
        counts = {kind.value: self.genotypes[kind.value] for kind in Genotype}
        hom_alt = counts[Genotype.HOM_ALT.value]
        return {**counts, "het_hom": round(counts[Genotype.HET.value] / hom_alt, 3) if hom_alt else None}

    def _quality_control(self) -> dict[str, Any]:
        return {
            "records": self.records,
            "records_with_id": self.with_id,
            "multi_allelic_records": self.multi_allelic,
            "filters": _commonest_first(Counter({excerpt(text): count for text, count in self.filters.items()})),
            "records_with_other_filters": self.other_filters,
            "records_without_filter": self.records - self.filters.total() - self.other_filters,
            "mean_quality": self.quality.value,
            "records_without_quality": self.records - self.quality.count,
            "mean_depth": self.depth.value,
            "records_without_depth": self.records - self.depth.count,
        }


_COUNTERS = (
    "records_by_contig",
    "classes",
    "consequences",
    "impacts",
    "track_hits",
    "variants_by_contig",
    "significances",
    "frequencies",
    "frequency_sources",
    "genotypes",
)
_NUMBERS = ("transitions", "transversions", "identifiers_filled", "other_filters", "with_id", "multi_allelic")


def _coded(columns: Mapping[str, Values], name: str) -> Coded:
    values = columns.get(name, ())
    if isinstance(values, np.ndarray):
        raise TypeError(f"Column {name} holds numbers instead of strings.")
    return values if isinstance(values, Coded) else Coded.of(values)


def _occurrences(numbers: NDArray[np.int64], *, largest: int) -> Iterator[tuple[int, int]]:
    """Each different number, and how often it is there; a table of all that could be is fastest when it is small."""
    if largest <= len(numbers):
        counts = np.bincount(numbers)
        different = np.flatnonzero(counts)
        counts = counts[different]
    else:
        different, counts = np.unique(numbers, return_counts=True)
    return zip(different.tolist(), counts.tolist(), strict=True)


@lru_cache(maxsize=4_096)
def _single_change(ref: str | bytes, alt: str | bytes) -> tuple[bytes, bytes] | None:
    """The bases that differ between alleles of one length when it is one; None when it is not, or is no base."""
    ref_bases, alt_bases = _bases(ref), _bases(alt)
    if (ref_bases + alt_bases).translate(None, BASES):
        return None
    _, old, new = trim(0, ref_bases, alt_bases)
    return (old, new) if len(old) == 1 and old != new else None


def _bases(value: str | bytes) -> bytes:
    return (value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")).upper()


def _dense(bins: Counter[int]) -> list[int]:
    """Counts from the first megabase of the contig to the last one that has any."""
    return [bins[index] for index in range(max(bins) + 1)] if bins else []


def _commonest_first(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
