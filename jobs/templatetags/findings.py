"""The annotator's summary, as the job page shows it."""

from dataclasses import dataclass
from typing import Any

from django import template

register = template.Library()

_SHOWN = 12


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
    identifiers_filled: int
    ti_tv: float | None  # None: no transversion, the ratio has no value
    warnings: list[str]


@register.filter
def findings(summary: dict[str, Any]) -> Findings:
    """This function will turn summary.json into what the page shows; counts that it does not hold are zero."""
    consequences = _bars(summary.get("variants_by_consequence", {}))
    impacts = _bars(summary.get("variants_by_impact", {}))
    return Findings(
        variants=summary.get("variants", 0),
        consequences=sorted(consequences, key=lambda bar: -bar.amount)[:_SHOWN],
        with_consequence=sum(bar.amount for bar in consequences),
        more_consequences=max(0, len(consequences) - _SHOWN),
        impacts=impacts,
        with_impact=sum(bar.amount for bar in impacts),
        clinvar_hits=summary.get("clinvar_hits", 0),
        identifiers_filled=summary.get("identifiers_filled", 0),
        ti_tv=summary.get("ti_tv"),
        warnings=summary.get("warnings", []),
    )


def _bars(counts: dict[str, int]) -> list[Bar]:
    total = sum(counts.values())
    return [
        Bar(code=code, label=_words(code), amount=amount, share=amount / total)
        for code, amount in counts.items()
        if amount
    ]


def _words(code: str) -> str:
    """This function will spell a term for people: “missense_variant” → “Missense”, “HIGH” → “High”."""
    words = code.removesuffix("_variant").replace("_", " ")
    return words.capitalize() if words.isupper() else words[:1].upper() + words[1:]
