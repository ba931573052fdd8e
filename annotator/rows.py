"""The ALT alleles of a block as columns of the results table, gathered while they are annotated."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from annotator.additions import Additions
from annotator.alleles import CLASSES
from annotator.coded import Coded, distinct
from annotator.columns import ID
from annotator.csq import feature_of, term_names
from annotator.effects.effect import Effect
from annotator.findings import ContigFindings, Findings
from annotator.genotypes import zygosities
from annotator.numbering import number_keys
from annotator.ontology import BY_RANK, IMPACTS
from annotator.record_columns import Described
from annotator.spans import Spans, decimal, spans_of
from annotator.strings import strings
from annotator.table import Values
from annotator.verdicts import Alleles

# Columns that site tracks fill, and the INFO fields that they come from.
_SITE_TEXTS = {"dbsnp": b"DBSNP"}
_SITE_CODES = {"clinvar_sig": b"CLINVAR_SIG", "clinvar_conditions": b"CLINVAR_DISEASE"}
_STARS = "clinvar_stars"
_SITE_NUMBERS = {"gnomad_af": b"GNOMAD_AF", "gnomad_popmax_af": b"GNOMAD_POPMAX_AF", _STARS: b"CLINVAR_STARS"}
_SEVEREST = tuple(term.name for term in BY_RANK)
_IMPACT_OF_RANK = np.array([IMPACTS.index(term.impact) for term in BY_RANK], dtype=np.int64)
# Columns that tell of the picked transcript, what of it they show, and how.
_TRANSCRIPT_COLUMNS: dict[str, tuple[str, Callable[[str], str]]] = {
    "symbol": ("symbol", str),
    "gene": ("gene_id", str),
    "feature": ("id", feature_of),
    "biotype": ("biotype", str),
}
_EFFECT_COLUMNS: dict[str, Callable[[Effect], str]] = {
    "hgvsp": lambda effect: effect.hgvsp,
    "protein_position": lambda effect: effect.protein_position,
    "amino_acids": lambda effect: effect.amino_acids,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Alleles of one run of records, with what is known of them."""

    alleles: Alleles
    columns: Mapping[str, Coded]  # what consequences tell; empty where they are not known
    names: pa.StringArray


class Rows:
    """The alleles of a block; runs are added in the order of the file."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._genomic_names: list[pa.StringArray] = []
        self._sites: list[tuple[NDArray[np.int64], Spans, set[str]]] = []
        self._single_sites: dict[tuple[int, int], dict[bytes, bytes]] = {}

    def __len__(self) -> int:
        return sum(len(part.alleles) for part in self._parts)

    def add(self, alleles: Alleles) -> None:
        """Add alleles of which consequences are not known."""
        self._parts.append(_Part(alleles=alleles, columns={}, names=pa.nulls(len(alleles), pa.string())))

    def add_found(
        self, alleles: Alleles, *, asked: NDArray[np.int64], found: Findings, findings: ContigFindings
    ) -> None:
        """Add alleles of which those with the numbers `asked` were looked for."""
        rows: NDArray[np.int64] | slice = slice(0, len(alleles))  # their places in `found`
        if len(asked) < len(alleles):
            rows = np.full(len(alleles), -1, dtype=np.int64)
            rows[asked] = np.arange(len(asked))
        columns = {name: coded.where(rows) for name, coded in _consequence_columns(found, findings).items()}
        offsets = found.rendered.name_offsets
        begins, ends = (np.append(places, [0])[rows] for places in (offsets[:-1], offsets[1:]))
        names = strings(np.frombuffer(found.rendered.names, dtype=np.uint8), begins, ends)
        self._parts.append(_Part(alleles=alleles, columns=columns, names=names))

    def add_genomic_names(self, text: bytes, begins: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
        """Give the alleles that were added last their names on the genome: pieces of a text, empty for none."""
        self._genomic_names.append(strings(np.frombuffer(text, dtype=np.uint8), begins, ends))

    def add_sites(self, records: NDArray[np.int64], texts: Spans, *, keys: set[str]) -> None:
        """Note what a site track says of the only alleles of records: `KEY=value;…`, with these keys."""
        self._sites.append((records, texts, keys))

    def add_site(self, record: int, allele: int, *, text: bytes) -> None:
        """Note what a site track says of one allele of a record that is not told with others."""
        values = self._single_sites.setdefault((record, allele), {})
        for item in text.split(b";"):
            key, _, value = item.partition(b"=")
            values[key] = value

    def columns(self, described: Described, additions: Additions) -> tuple[Mapping[str, Values], NDArray[np.float64]]:
        """The table's columns, and the frequencies that the input tells."""
        records, indexes, classes = (
            np.concatenate([getattr(part.alleles, name) for part in self._parts])
            for name in ("records", "indexes", "classes")
        )
        columns: dict[str, Values] = {
            "chrom": described.contigs.where(records),
            "pos": described.positions[records],
            "id": self._identifiers(records, described, additions),
            "ref": described.refs.where(records),
            "alt": self._alt_column(described, records, indexes),
            "qual": described.qualities[records],
            "filter": described.filters.where(records),
            "class": Coded(codes=classes.astype(np.int32), values=CLASSES),
            "hgvsg": pa.concat_arrays(self._genomic_names),
            "hgvsc": pa.concat_arrays([part.names for part in self._parts]),
            "depth": described.depths[records],
            "genotype_quality": described.genotype_qualities[records],
            **self._consequences(),
            **self._site_columns(records, indexes),
        }
        if described.genotypes is not None:
            genotypes = columns["genotype"] = described.genotypes.where(records)
            columns["zygosity"] = zygosities(genotypes, alleles=indexes + 1)
        return columns, described.frequencies(records, indexes)

    def _consequences(self) -> dict[str, Values]:
        names = {name for part in self._parts for name in part.columns}
        return {
            name: Coded.concatenated(
                [part.columns.get(name) or Coded.nothing(len(part.alleles)) for part in self._parts]
            )
            for name in sorted(names)
        }

    def _identifiers(self, records: NDArray[np.int64], described: Described, additions: Additions) -> pa.StringArray:
        """IDs of the result: the input's own, or what was filled in."""
        columns, filled = described.columns, additions.identifiers
        begins, ends = columns.span(ID)
        own = described.have_id
        text = np.concatenate((columns.codes, np.frombuffer(filled.joined(), dtype=np.uint8)))
        places = np.where(own, begins, filled.begins + len(columns.codes))[records]
        lengths = np.where(own, ends - begins, filled.lengths)[records]
        return strings(text, places, places + lengths)

    def _alt_column(self, described: Described, records: NDArray[np.int64], indexes: NDArray[np.int64]) -> Coded:
        """Each allele's own text; that of most records is the whole ALT column."""
        whole = described.alts
        codes = whole.codes[records]
        numbers: dict[str | bytes, int] = {value: number for number, value in enumerate(whole.values)}
        several = np.array([b"," in value for value in map(_as_bytes, whole.values)], dtype=np.bool_)
        record, alts = -1, [b""]
        for row in np.flatnonzero(several[codes]).tolist():
            if records[row] != record:  # a record may have very many alleles
                record, alts = records[row], _as_bytes(whole.values[codes[row]]).split(b",")
            codes[row] = numbers.setdefault(alts[indexes[row]], len(numbers))
        return Coded(codes=codes, values=list(numbers))

    def _site_columns(self, records: NDArray[np.int64], indexes: NDArray[np.int64]) -> dict[str, Values]:
        """What site tracks say, by row."""
        singles = self._single_rows(records, indexes)
        columns: dict[str, Values] = {}
        for name, key in _SITE_TEXTS.items():
            found = {row: site[key] for row, site in singles.items() if key in site}
            parts = [(rows, texts.values(key)) for rows, texts in self._told_of(key, records)]
            if found or parts:
                columns[name] = _text_column(len(records), parts, found)
        for name, key in _SITE_CODES.items():
            found = {row: site[key] for row, site in singles.items() if key in site}
            for rows, texts in self._told_of(key, records):
                found.update(zip(rows.tolist(), texts.values(key).list(), strict=True))
            if found:
                columns[name] = Coded.nothing(len(records)).with_values(found)
        for name, key in _SITE_NUMBERS.items():
            numbers = np.full(len(records), np.nan)
            for row, site in singles.items():
                numbers[row] = decimal(site.get(key, b""))
            for rows, texts in self._told_of(key, records):
                numbers[rows] = texts.values(key).numbers()
            columns[name] = np.where(np.isnan(numbers), -1, numbers).astype(np.int64) if name == _STARS else numbers
        return columns

    def _told_of(self, key: bytes, records: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], Spans]]:
        """Rows of which tracks with this key say something, and what."""
        for told, texts, keys in self._sites:
            if key.decode() in keys:
                yield np.searchsorted(records, told), texts

    def _single_rows(self, records: NDArray[np.int64], indexes: NDArray[np.int64]) -> dict[int, dict[bytes, bytes]]:
        """What was noted of single alleles, by row."""
        if not self._single_sites:
            return {}
        wanted = np.array(list(self._single_sites), dtype=np.int64)
        width = max(int(indexes.max()), int(wanted[:, 1].max())) + 1
        rows = np.searchsorted(records * width + indexes, wanted[:, 0] * width + wanted[:, 1])
        return dict(zip(rows.tolist(), self._single_sites.values(), strict=True))


def _consequence_columns(found: Findings, findings: ContigFindings) -> dict[str, Coded]:
    """What consequences tell of each allele; one more code, for alleles that were not asked about, stands last."""
    columns = {
        "consequence": _numbered(found.terms, list(map(term_names, findings.terms))),
        "most_severe": _numbered(found.ranks, _SEVEREST),
        "impact": _numbered(_IMPACT_OF_RANK[found.ranks], IMPACTS),
    }
    store = findings.store
    places, which = distinct(found.transcripts + 1, below=len(store) + 1)
    different = places[places > 0] - 1
    which = np.append(which + (len(different) - len(places)), [-1])  # what none was picked for comes to stand last
    for name, (column, shown) in _TRANSCRIPT_COLUMNS.items():
        texts = [shown(store.text(number)) or None for number in store.text_numbers(column)[different].tolist()]
        columns[name] = Coded.of([*texts, None]).where(which)
    counts = np.append(store.exon_counts[different], [0])[which[:-1]]
    for name, numbers, total in (("exon", found.exons, counts), ("intron", found.introns, counts - 1)):
        columns[name] = _coded(
            np.where(numbers > 0, numbers << 32 | total, -1), lambda key: f"{key >> 32}/{key & 0xFFFFFFFF}"
        ).with_values({row: getattr(effect, name) for row, effect in found.effects.items()})
    rows = len(found.ranks) + 1
    for name, told_by in _EFFECT_COLUMNS.items():
        told = {row: told_by(effect) for row, effect in found.effects.items()}
        columns[name] = Coded.nothing(rows).with_values(told)
    return columns


def _numbered(numbers: NDArray[np.int64], texts: Sequence[str]) -> Coded:
    """Texts by their numbers; behind the last row stands one more none."""
    return Coded(codes=np.append(numbers, [-1]).astype(np.int32), values=texts)


def _coded(keys: NDArray[np.int64], text: Callable[[int], str]) -> Coded:
    """Texts by keys, of which negative ones stand for none; behind the last row stands one more none."""
    codes, different = number_keys(keys)
    coded = Coded.of([*(text(key) if key >= 0 else None for key in different.tolist()), None])
    return coded.where(np.append(codes, [-1]))


def _text_column(count: int, parts: list[tuple[NDArray[np.int64], Spans]], singles: dict[int, bytes]) -> pa.StringArray:
    """Strings by row, from many at once and from single ones."""
    single = spans_of(list(singles.values()))
    told = [*parts, (np.fromiter(singles, dtype=np.int64, count=len(singles)), single)]
    begins, ends = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    size = 0
    for rows, spans in told:
        begins[rows], ends[rows] = spans.begins + size, spans.ends + size
        size += len(spans.text)
    return strings(np.concatenate([spans.text for _, spans in told]), begins, ends)


def _as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
