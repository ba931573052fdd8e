"""Turn VCF files into the stores of a site track, one contig at a time: memory stays flat, whatever their size.

Each ALT allele becomes a site in its normal form. Files must be sorted by position, as publishers' are; several files
follow each other with other contigs. A REF that differs from the sequence leaves the allele out; where many differ, the
file is of another genome build and refused.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from annotator.arrays import stem_of
from annotator.building.opening import Listener
from annotator.building.planning import TrackPlan
from annotator.building.vcf_source import SourceRecord, VcfSource
from annotator.definitions import TrackDefinition
from annotator.effects.effect import ContigSequence
from annotator.errors import InvalidReferenceError
from annotator.manifest import Contig
from annotator.normal_form import MAX_SHIFT, normal_form
from annotator.site_writer import SiteWriter
from annotator.sites import Site

SequenceOf = Callable[[Contig], ContigSequence | None]

NO_CONTIG = "the reference has no such contig"
NO_BASES = "an allele is not made of bases"
OTHER_REF = "REF differs from the sequence"
PAST_END = "lies past the end of its contig"

_BASES = b"ACGT"
_MIN_COMPARED = 20  # fewer say nothing about a file
_MAX_DIFFERING = 0.1


def write_site_stores(
    plan: TrackPlan,
    *,
    folder: Path,
    by_name: Mapping[str, Contig],
    sequence: SequenceOf,
    left_out: Counter[str],
    progress: Listener,
) -> int:
    """Write a store for each contig that has sites, below `folder`; give the number of sites."""
    done: set[str] = set()
    count = 0
    for number, path in enumerate(plan.paths):
        source = VcfSource(path, progress=_share(progress, number=number, of=len(plan.paths)))
        with ExitStack() as stack:
            current: _ContigSites | None = None
            name = b""
            for record in source:
                if record.contig != name:
                    name = record.contig
                    stack.close()  # what is written of a contig is complete when the next one begins
                    current = None
                    contig = by_name.get(name.decode("utf-8", "replace"))
                    if contig is not None:
                        _begin(contig, done=done, record=record, path=path)
                        current = _ContigSites(plan.definition, contig, folder=folder, sequence=sequence(contig))
                        stack.enter_context(current.writer)
                if current is None:
                    left_out[NO_CONTIG] += 1
                else:
                    count += current.add(record, source=source, left_out=left_out)
    return count


def _begin(contig: Contig, *, done: set[str], record: SourceRecord, path: Path) -> None:
    if contig.name in done:
        raise InvalidReferenceError(
            f"{path}, line {record.line}: contig {contig.name} comes twice. "
            "Sort the file (bcftools sort), and give each contig in one file."
        )
    done.add(contig.name)


def _share(progress: Listener, *, number: int, of: int) -> Listener:
    return lambda part: progress((number + part) / of)


class _ContigSites:
    """The sites of one contig, on their way into its store."""

    def __init__(
        self, definition: TrackDefinition, contig: Contig, *, folder: Path, sequence: ContigSequence | None
    ) -> None:
        own_field = definition.identifier_field
        self.writer = SiteWriter(stem_of(folder, contig=contig.name), identifier_field=own_field)
        self._fields = [(field.id.encode(), field.form) for field in definition.fields if field.id != own_field]
        self._fills_identifier = definition.fills_identifier
        self._contig = contig
        self._sequence = sequence
        self._last_position = 0
        self._compared = 0
        self._differing = 0

    def add(self, record: SourceRecord, *, source: VcfSource, left_out: Counter[str]) -> int:
        """Take the alleles of a record; give the number of those that could be used."""
        if record.position < self._last_position:
            raise InvalidReferenceError(
                f"{source.path}, line {record.line}: position {record.position} comes after {self._last_position}. "
                "Sort the file (bcftools sort)."
            )
        self._last_position = record.position
        if reason := self._fault(record):
            left_out[reason] += len(record.alts)
            self._check_build(source.path)
            return 0
        used = 0
        for index, alt in enumerate(record.alts):
            if alt.translate(None, _BASES) or not alt or alt == record.ref:
                left_out[NO_BASES] += 1
                continue
            self.writer.add(self._site(record, index=index, source=source))
            used += 1
        self.writer.flush(before=record.position - MAX_SHIFT)
        return used

    def _fault(self, record: SourceRecord) -> str:
        end = record.position - 1 + len(record.ref)
        if end > self._contig.length or record.position < 1:
            self._compared += 1
            self._differing += 1
            return PAST_END
        if record.ref.translate(None, _BASES) or not record.ref:
            return NO_BASES
        if self._sequence is not None:
            bases = self._sequence.bases(start=record.position - 1, end=end)
            if b"N" not in bases:
                self._compared += 1
                if bases != record.ref:
                    self._differing += 1
                    return OTHER_REF
        return ""

    def _check_build(self, path: Path) -> None:
        """Raise InvalidReferenceError when too many REF differ for the file to be of this genome build."""
        if self._differing >= _MIN_COMPARED and self._differing > self._compared * _MAX_DIFFERING:
            raise InvalidReferenceError(
                f"{path} does not fit the sequence of {self._contig.name}: REF differs in {self._differing:,} of "
                f"{self._compared:,} records. It is probably of another genome build."
            )

    def _site(self, record: SourceRecord, *, index: int, source: VcfSource) -> Site:
        position, ref, alt = normal_form(record.position, record.ref, record.alts[index], sequence=self._sequence)
        entries: list[bytes] = []
        if self._fields:
            cells = source.cells(record, index=index)
            for name, form in self._fields:
                if value := form(cells):
                    entries.append(name + b"=" + value.encode())
        identifier = record.dbsnp if self._fills_identifier else b""
        return Site(position=position, ref=ref, alt=alt, identifier=identifier, text=b";".join(entries))
