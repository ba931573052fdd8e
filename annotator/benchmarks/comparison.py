"""Our CSQ entries against another program's, column by column.

The rules for classes and names: the worst term of each transcript counts, in Ensembl's order of severity; VEP's finer
splice terms count as the coarser ones, flanks do not count; classes are compared for protein-coding transcripts; names
of transcripts that the other program flags as incomplete are left out, and so are parentheses of protein names.
All other columns are compared as they are.
"""

from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import unquote

from annotator.benchmarks.answers import Answers, Entry
from annotator.ontology import TERMS

COLUMNS = (
    *("Consequence", "IMPACT", "SYMBOL", "Gene", "BIOTYPE", "EXON", "INTRON", "cDNA_position", "CDS_position"),
    *("Protein_position", "Amino_acids", "Codons", "DISTANCE", "STRAND", "FLAGS"),
)
FOLDED = {
    "splice_donor_5th_base_variant": "splice_region_variant",
    "splice_donor_region_variant": "splice_region_variant",
    "splice_polypyrimidine_tract_variant": "intron_variant",
}
FLANKS = {"upstream_gene_variant", "downstream_gene_variant", "intergenic_variant"}
INCOMPLETE = ("cds_start_NF", "cds_end_NF")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value that is not the same."""

    column: str
    position: int
    ref: str
    alt: str
    transcript: str  # without its version
    theirs: str
    ours: str


@dataclass(slots=True)
class Score:
    """How many values are equal, by column, and those that are not."""

    total: Counter[str] = field(default_factory=Counter)
    equal: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    missing_records: int = 0
    missing_entries: int = 0  # of the other program's, in records that we have
    further_entries: int = 0  # of ours only

    def share(self, column: str) -> float:
        """Per cent; 100 when there was nothing to compare."""
        return 100 * self.equal[column] / self.total[column] if self.total[column] else 100.0


def compare(theirs: Answers, ours: Answers) -> Score:
    """Hold every entry of theirs against ours."""
    score = Score()
    for (position, ref, alt), entries in theirs.items():
        mine = ours.get((position, ref, alt))
        if mine is None:
            score.missing_records += 1
        mine = mine or {}
        kind = "SNV" if len(ref) == len(alt) == 1 else "indel"
        for transcript, entry in entries.items():
            own = mine.get(transcript, {})
            score.missing_entries += not own
            for column, left, right in _values(entry, own, kind=kind):
                score.total[column] += 1
                score.equal[column] += left == right
                if left != right:
                    difference = Difference(
                        column=column,
                        position=int(position),
                        ref=ref,
                        alt=alt,
                        transcript=transcript,
                        theirs=left,
                        ours=right,
                    )
                    score.differences.append(difference)
        score.further_entries += len(mine.keys() - entries.keys())
    return score


def _values(theirs: Entry, ours: Entry, *, kind: str) -> list[tuple[str, str, str]]:
    """The values to compare: the name of the column or figure, theirs, ours."""
    found = [(column, theirs[column], ours.get(column, "")) for column in COLUMNS if theirs[column] or ours.get(column)]
    worst = worst_class(theirs["Consequence"])
    if worst and theirs["BIOTYPE"] == "protein_coding":
        found.append((f"class {kind}", worst, worst_class(ours.get("Consequence", ""))))
    if not worst or any(flag in theirs["FLAGS"] for flag in INCOMPLETE):
        return found
    names = [column for column in ("HGVSc", "HGVSp") if theirs[column]]
    return found + [(f"{column} {kind}", _name(theirs[column]), _name(ours.get(column, ""))) for column in names]


def worst_class(consequence: str) -> str:
    """The most severe term of a Consequence value, as the rules fold them; empty when only flanks are touched."""
    names = {FOLDED.get(name, name) for name in consequence.split("&") if name} - FLANKS
    return min(names, key=lambda name: TERMS[name].rank, default="")


def _name(text: str) -> str:
    """A name without its transcript and without parentheses."""
    return unquote(text.rpartition(":")[2]).replace("(", "").replace(")", "")
