"""The ALT alleles of a block as columns of the results table, gathered while they are annotated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from annotator.additions import Additions
from annotator.coded import Coded
from annotator.columns import ID
from annotator.findings import Picked, Template
from annotator.genotypes import zygosities
from annotator.plain_zones import CHANGES
from annotator.record_columns import Described
from annotator.table import Values

_PICKED_COLUMNS: dict[str, Callable[[Picked], str]] = {
    "consequence": lambda picked: picked.consequence,
    "most_severe": lambda picked: picked.most_severe,
    "impact": lambda picked: picked.impact,
    "symbol": lambda picked: picked.heading.symbol if picked.heading else "",
    "gene": lambda picked: picked.heading.gene_id if picked.heading else "",
    "feature": lambda picked: picked.heading.id if picked.heading else "",
    "biotype": lambda picked: picked.heading.biotype if picked.heading else "",
    "exon": lambda picked: picked.exon,
    "intron": lambda picked: picked.intron,
    "protein_position": lambda picked: picked.protein_position,
    "amino_acids": lambda picked: picked.amino_acids,
}
# Columns that site tracks fill, and the INFO fields that they come from.
_SITE_TEXTS = {"dbsnp": b"DBSNP", "clinvar_sig": b"CLINVAR_SIG", "clinvar_conditions": b"CLINVAR_DISEASE"}
_SITE_NUMBERS = {"gnomad_af": b"GNOMAD_AF", "gnomad_popmax_af": b"GNOMAD_POPMAX_AF"}
_STARS = b"CLINVAR_STARS"
# The end of a name by change, on the strand of the reference, then on the other one.
_CHANGE_TEXTS = pa.array(
    [f"{ref}>{alt}" for strand in ("ACGT", "TGCA") for ref in strand for alt in strand], pa.string()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainSnvs:
    """Plain single-base changes, one entry each, and the templates that describe them, by runs of changes."""

    records: NDArray[np.int64]
    positions: NDArray[np.int64]
    changes: NDArray[np.int64]  # 4 * number of REF + number of ALT
    templates: list[Template]
    counts: list[int]  # how many changes each template describes


class Rows:
    """Alleles in any order; `columns` puts them into that of the file."""

    def __init__(self) -> None:
        self._snvs: list[PlainSnvs] = []
        self._records: list[int] = []
        self._alleles: list[int] = []
        self._picked: list[Picked | None] = []
        self._hgvsc: list[str] = []
        self._hgvsp: list[str] = []
        self._kinds: dict[int, str] = {}  # by row, where it is no single-base change
        self._alts: dict[int, bytes] = {}  # by row, where it is not the whole ALT column
        self._sites: dict[tuple[int, int], dict[bytes, bytes]] = {}

    def __len__(self) -> int:
        return len(self._records) + sum(len(snvs.records) for snvs in self._snvs)

    def add_plain_snvs(self, snvs: PlainSnvs) -> None:
        self._snvs.append(snvs)

    def add_snv(self, record: int, picked: Picked | None, hgvsc: str = "", hgvsp: str = "") -> None:
        """Add the only allele of a record, which changes a single base; without `picked` where nothing is known."""
        self._records.append(record)
        self._alleles.append(0)
        self._picked.append(picked)
        self._hgvsc.append(hgvsc)
        self._hgvsp.append(hgvsp)

    def add(
        self,
        record: int,
        allele: int,
        *,
        alt: bytes,
        kind: str,
        picked: Picked | None,
        hgvsc: str = "",
        hgvsp: str = "",
    ) -> None:
        """Add any allele; `allele` is its number among the record's ALT alleles, from 0."""
        row = len(self._records)
        self.add_snv(record, picked, hgvsc, hgvsp)
        self._alleles[row] = allele
        self._alts[row] = alt
        self._kinds[row] = kind

    def add_site(self, record: int, allele: int, *, text: bytes) -> None:
        """Note what a site track says of an allele: `KEY=value;…`, one value each."""
        values = self._sites.setdefault((record, allele), {})
        for item in text.split(b";"):
            key, _, value = item.partition(b"=")
            values[key] = value

    def columns(self, described: Described, additions: Additions) -> tuple[Mapping[str, Values], NDArray[np.float64]]:
        """The table's columns, ordered by record and allele, and the frequencies that the input tells.

        The rows added one by one come first, then the plain changes; `order` sorts both together.
        """
        single = len(self._records)
        plain = sum(len(snvs.records) for snvs in self._snvs)
        records = np.concatenate([np.array(self._records, dtype=np.int64), *(snvs.records for snvs in self._snvs)])
        alleles = np.concatenate([np.array(self._alleles, dtype=np.int64), np.zeros(plain, dtype=np.int64)])
        order = np.lexsort((alleles, records))
        records, alleles = records[order], alleles[order]
        columns: dict[str, Values] = {
            "chrom": described.contigs.where(records),
            "pos": described.positions[records],
            "id": self._identifiers(records, described, additions),
            "ref": described.refs.where(records),
            "alt": self._alt_column(described, records, order),
            "qual": described.qualities[records],
            "filter": described.filters.where(records),
            "class": self._kind_column(order),
            "hgvsc": self._names(order),
            "depth": described.depths[records],
            "genotype_quality": described.genotype_qualities[records],
            **self._picked_columns(order),
            **self._site_columns(records, alleles),
        }
        if any(self._hgvsp):
            rows = order.tolist()
            columns["hgvsp"] = [(self._hgvsp[row] or None) if row < single else None for row in rows]
        if described.genotypes is not None:
            genotypes = columns["genotype"] = described.genotypes.where(records)
            columns["zygosity"] = zygosities(genotypes, alleles=alleles + 1)
        return columns, described.frequencies(records, alleles)

    def _identifiers(
        self, records: NDArray[np.int64], described: Described, additions: Additions
    ) -> list[str | bytes | None]:
        if not (described.have_id.any() or additions.identifiers):
            return [None] * len(records)
        own, text_of = described.have_id.tolist(), described.columns.field
        filled = additions.identifiers
        return [text_of(record, ID) if own[record] else filled.get(record) for record in records.tolist()]

    def _alt_column(self, described: Described, records: NDArray[np.int64], order: NDArray[np.int64]) -> Coded:
        whole = described.alts
        codes = whole.codes[records]
        numbers: dict[str | bytes, int] = {value: number for number, value in enumerate(whole.values)}
        for place in np.flatnonzero(order < len(self._records)).tolist():
            alt = self._alts.get(int(order[place]))
            if alt is not None:
                codes[place] = numbers.setdefault(alt, len(numbers))
        return Coded(codes=codes, values=list(numbers))

    def _kind_column(self, order: NDArray[np.int64]) -> Coded:
        numbers = {"SNV": 0}
        codes = np.zeros(len(order), dtype=np.int32)
        codes[list(self._kinds)] = [numbers.setdefault(kind, len(numbers)) for kind in self._kinds.values()]
        return Coded(codes=codes[order], values=list(numbers))

    def _names(self, order: NDArray[np.int64]) -> pa.StringArray:
        names = [pa.array([name or None for name in self._hgvsc], pa.string()), *map(_names_of, self._snvs)]
        return pa.concat_arrays(names).take(pa.array(order))

    def _picked_columns(self, order: NDArray[np.int64]) -> dict[str, Values]:
        """Rows share what was picked, so each different one is looked at once."""
        numbers: dict[int, int] = {}
        different: list[Picked] = []

        def number_of(picked: Picked | None) -> int:
            if picked is None:
                return -1
            number = numbers.setdefault(id(picked), len(numbers))
            if number == len(different):
                different.append(picked)
            return number

        parts = [np.array([number_of(picked) for picked in self._picked], dtype=np.int32)]
        for snvs in self._snvs:
            of_runs = np.array([number_of(template.picked) for template in snvs.templates], dtype=np.int32)
            parts.append(np.repeat(of_runs, snvs.counts))
        codes = np.concatenate(parts)[order]
        found: dict[str, Values] = {}
        for name, value_of in _PICKED_COLUMNS.items():
            values: dict[str, int] = {}
            texts = map(value_of, different)
            codes_of = [values.setdefault(text, len(values)) if text else -1 for text in texts]
            found[name] = Coded(codes=np.array([*codes_of, -1], dtype=np.int32)[codes], values=list(values))
        return found

    def _site_columns(self, records: NDArray[np.int64], alleles: NDArray[np.int64]) -> dict[str, Values]:
        if not self._sites:
            return {}
        keys = zip(records.tolist(), alleles.tolist(), strict=True)
        sites = [self._sites.get(key) for key in keys]
        columns: dict[str, Values] = {
            name: [site.get(field) if site else None for site in sites] for name, field in _SITE_TEXTS.items()
        }
        for name, field in _SITE_NUMBERS.items():
            columns[name] = np.array([_as_number(site.get(field)) if site else np.nan for site in sites])
        stars = [int(site.get(_STARS) or -1) if site else -1 for site in sites]
        columns["clinvar_stars"] = np.array(stars, dtype=np.int64)
        return columns


def _names_of(snvs: PlainSnvs) -> pa.StringArray:
    """The HGVS names of plain changes: what they begin with, a number, and the change."""
    heads = pa.array([template.name for template in snvs.templates], pa.string())
    lines = np.array([template.name_line for template in snvs.templates], dtype=np.int64).reshape(-1, 2)
    run = np.repeat(np.arange(len(snvs.templates)), snvs.counts)
    numbers = lines[run, 0] * snvs.positions + lines[run, 1]
    is_reverse = np.array([template.is_reverse for template in snvs.templates], dtype=np.bool_)
    changes = snvs.changes + len(CHANGES) * is_reverse[run]
    return pc.binary_join_element_wise(
        heads.take(pa.array(run)), pa.array(numbers).cast(pa.string()), _CHANGE_TEXTS.take(pa.array(changes)), ""
    )


def _as_number(text: bytes | None) -> float:
    try:
        return float(text) if text else np.nan
    except ValueError:
        return np.nan
