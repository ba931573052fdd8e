"""The annotator's summary, as the job page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import template

from annotator.ontology import IMPACTS

register = template.Library()

_SHOWN = 12
_GENOTYPES = {
    "hom_ref": "Homozygous for REF",
    "het": "Heterozygous",
    "hom_alt": "Homozygous for ALT",
    "haploid_ref": "One copy, REF",
    "haploid_alt": "One copy, ALT",
    "partly_missing": "Partly missing",
    "missing": "Missing",
    "unreadable": "Unreadable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row of a bar chart; `share` is of all bars together, 0 to 1, and is what the bar's width shows."""

    code: str
    label: str
    amount: int
    share: float

    @property
    def width(self) -> str:
        """The bar's width as SVG wants it; a bar that is there can be seen."""
        return f"{max(self.share * 100, 0.4):.2f}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What an annotation found."""

    variants: int
    consequences: list[Bar]
    with_consequence: int  # the others lie where the reference has no transcripts
    more_consequences: int  # rarer ones, which the summary file names
    impacts: list[Bar]
    with_impact: int
    clinvar_hits: int
    significances: list[Bar]  # ClinVar's, commonest first; results of older versions do not say
    more_significances: int
    identifiers_filled: int
    ti_tv: float | None  # None: no transversion, the ratio has no value
    het_hom: float | None  # None: no homozygous genotype, or the result does not say
    warnings: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How the input looks: that it was annotated well does not make it good."""

    has_something: bool  # results of older versions say nothing
    pass_share: float | None  # 0 to 1, of all records; None: the file was not filtered
    mean_quality: float | None
    mean_depth: float | None
    with_id_share: float | None
    multi_allelic: int
    genotypes: list[Bar]
    samples: int


@register.filter
def findings(summary: dict[str, Any]) -> Findings:
    """This function will turn summary.json into what the page shows; counts that it does not hold are zero.

    The database does not keep the order of keys.
    """
    consequences = _bars(summary.get("variants_by_consequence", {}))
    impacts = summary.get("variants_by_impact", {})
    significances = _commonest_first(_bars(summary.get("variants_by_clinvar_significance", {})))
    return Findings(
        variants=summary.get("variants", 0),
        consequences=_commonest_first(consequences)[:_SHOWN],
        with_consequence=sum(bar.amount for bar in consequences),
        more_consequences=max(0, len(consequences) - _SHOWN),
        impacts=_bars({impact: impacts[impact] for impact in IMPACTS if impact in impacts}),
        with_impact=sum(impacts.values()),
        clinvar_hits=summary.get("clinvar_hits", 0),
        significances=significances[:_SHOWN],
        more_significances=max(0, len(significances) - _SHOWN),
        identifiers_filled=summary.get("identifiers_filled", 0),
        ti_tv=summary.get("ti_tv"),
        het_hom=summary.get("genotypes", {}).get("het_hom"),
        warnings=summary.get("warnings", []),
    )


@register.filter
def quality(summary: dict[str, Any]) -> Quality:
    """This function will turn what summary.json says of the input into what the page shows."""
    told = summary.get("input", {})
    records, filters = told.get("records", 0), told.get("filters", {})
    genotypes = summary.get("genotypes", {})
    return Quality(
        has_something=bool(records),
        pass_share=filters.get("PASS", 0) / records if records and filters else None,
        mean_quality=told.get("mean_quality"),
        mean_depth=told.get("mean_depth"),
        with_id_share=told.get("records_with_id", 0) / records if records else None,
        multi_allelic=told.get("multi_allelic_records", 0),
        genotypes=_bars({code: genotypes.get(code, 0) for code in _GENOTYPES}, labels=_GENOTYPES),
        samples=summary.get("samples") or 0,
    )


def _bars(counts: dict[str, int], *, labels: Mapping[str, str] | None = None) -> list[Bar]:
    total = sum(counts.values())
    return [
        Bar(code=code, label=labels[code] if labels else _words(code), amount=amount, share=amount / total)
        for code, amount in counts.items()
        if amount
    ]


def _commonest_first(bars: list[Bar]) -> list[Bar]:
    return sorted(bars, key=lambda bar: (-bar.amount, bar.label))


def _words(code: str) -> str:
    """This function will spell a term for people: “missense_variant” → “Missense”, “HIGH” → “High”."""
    words = code.removesuffix("_variant").replace("_", " ").replace("|", ", ")
    return words.capitalize() if words.isupper() else words[:1].upper() + words[1:]
