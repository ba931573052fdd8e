"""`log.txt`: what happened to a file, for people."""

from collections.abc import Mapping
from pathlib import Path

from annotator.chunk import Options
from annotator.errors import InvalidVcfError
from annotator.findings import Hgvs
from annotator.ledger import REASONS, Ledger
from annotator.limits import Limits
from annotator.manifest import Manifest
from annotator.quoting import visible
from annotator.summary import Summary
from annotator.version import ANNOTATOR_VERSION
from annotator.wording import counted

_NAMED = {
    Hgvs.DEFAULT: "the picked transcript, and all whose coding sequence or splice sites are hit",
    Hgvs.ALL: "all transcripts",
    Hgvs.NONE: "none",
}


class Journal:
    """Lines for people, written at the end, whether the run went well or not."""

    def __init__(self, path: Path, *, input_name: str) -> None:
        self._path = path
        self._lines = [f"Genomics Cloud annotator {ANNOTATOR_VERSION}", "", f"Input: {input_name}"]

    def reference(self, manifest: Manifest) -> None:
        """Name the reference, its sources and their versions."""
        self._lines += ["", f"Reference: {manifest.label} ({manifest.build})", "", "Sources"]
        for source in manifest.sources:
            version = source.version or "unknown"
            date = f", {source.date}" if source.date and source.date != source.version else ""
            self._lines.append(f"  {source.name}: version {version}{date} ({source.licence or 'licence unknown'})")

    def options(self, options: Options, *, limits: Limits) -> None:
        """Tell what a person chose."""
        bad_lines = "refuse the file"
        if options.keeps_bad_lines:
            bad_lines = f"up to {limits.max_bad_lines:,} go to the ledger and are left out of the result"
        self._lines += ["", "Options", f"  HGVS names: {_NAMED[options.hgvs]}"]
        if options.parentheses and options.hgvs != Hgvs.NONE:
            self._lines.append("  Protein changes stand in parentheses, as predicted ones: p.(…)")
        if options.haplotypes:
            self._lines.append("  Variants on the same copy of a chromosome are also judged together")
        self._lines.append(f"  Lines that are no records: {bad_lines}")

    def header(self, *, version: str, compression: str, samples: int, build: str | None) -> None:
        """Tell what the header of the input says."""
        says = build or "not named in the header"
        self._lines[3:3] = [f"  {version}, {compression}, {counted(samples, 'sample')}, build {says}"]

    def outcome(self, *, ledger: Ledger, summary: Summary, manifest: Manifest, warnings: list[str]) -> None:
        """Tell what was found."""
        self._lines += ["", "Records"]
        counts = {
            "read": ledger.records_read,
            "annotated": ledger.annotated,
            "passed through unchanged": ledger.passed.total(),
            "rejected, kept unchanged": ledger.rejected.total() - ledger.bad_lines,
        }
        if ledger.bad_lines:
            counts["lines that are no records, left out"] = ledger.bad_lines
        self._lines += _table(counts, total=ledger.records_read)
        for title, reasons in (
            ("Why passed through", ledger.passed),
            ("Why rejected", ledger.rejected),
            ("Notes on annotated records", ledger.notes),
        ):
            if reasons:
                texts = {REASONS.get(reason, reason): count for reason, count in sorted(reasons.items())}
                self._lines += ["", title, *_table(texts, total=ledger.records_read)]
        hits = {track.label: summary.track_hits[track.id] for track in manifest.tracks}
        self._lines += ["", "Records found in each track", *_table(hits, total=ledger.records_read)]
        if summary.consequences:
            counts_of_terms = summary.consequence_counts()
            self._lines += ["", "Variants by most severe consequence"]
            self._lines += _table(counts_of_terms, total=summary.classes.total())
        if warnings:
            self._lines += ["", "Remarks", *(f"  {warning}" for warning in warnings)]

    def refused(self, error: InvalidVcfError) -> None:
        """Tell why the input was refused."""
        self._lines += ["", "The file was not annotated.", f"  {error}", f"  (code {error.code})"]

    def failed(self) -> None:
        """Tell that the engine failed, without its inner words."""
        self._lines += ["", "The annotation stopped because of an internal error. The file is not at fault."]

    def write(self, *, stage_seconds: Mapping[str, float]) -> None:
        """Write the file."""
        lines = [*self._lines, "", "Seconds"]
        lines += [f"  {stage:<14}{seconds:>10.2f}" for stage, seconds in stage_seconds.items()]
        self._path.write_text("".join(f"{visible(line)}\n" for line in lines), encoding="utf-8")


def _table(counts: Mapping[str, int], *, total: int) -> list[str]:
    width = max(map(len, counts), default=0) + 2
    return [f"  {name:<{width}}{count:>12,}{_percent(count, total):>10}" for name, count in counts.items()]


def _percent(count: int, total: int) -> str:
    """This function will write a share that rounds to nothing, or to all, only when it is."""
    if not total:
        return ""
    if 0 < count < total:
        return f"{min(max(count / total, 0.001), 0.999):.1%}"
    return f"{count / total:.1%}"
