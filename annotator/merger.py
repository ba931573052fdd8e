"""Second pass: the original lines again, with what was found appended to INFO.

Nothing else of a record is touched, but that an empty ID (`.`) may be filled.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import BinaryIO

from annotator.alleles import AlleleKind, allele_kind, trim, vep_alleles
from annotator.bgzf import BgzfWriter
from annotator.consequences import Answers, ConsequenceStage
from annotator.fields import FieldNames, without_keys
from annotator.info import join_per_allele
from annotator.ledger import Fate, Ledger
from annotator.manifest import Contig, Track
from annotator.quoting import excerpt
from annotator.reading import VcfReader
from annotator.reference import Reference
from annotator.regions import RegionStore
from annotator.sites import SiteStore, site_key
from annotator.summary import Summary
from annotator.transcripts import TranscriptModels
from annotator.vep import Allele, AlleleConsequences, consequences_of

_PASSED = ord(Fate.PASSED.value)
_REJECTED = ord(Fate.REJECTED.value)
_ANNOTATED = ord(Fate.ANNOTATED.value)


@dataclass(slots=True, kw_only=True)
class _Variant:
    """One plain allele of a record: `index` among the ALT alleles, normalised form, what was found."""

    index: int
    position: int
    ref: bytes
    alt: bytes
    bcsq: str


@dataclass(slots=True, kw_only=True)
class _Record:
    """One line on its way."""

    columns: list[bytes]  # the first eight, and the rest as one
    fate: int
    position: int
    end: int
    alt_count: int
    variants: list[_Variant]
    identifier: bytes = b""
    sites: dict[str, list[bytes]] | None = None  # INFO text per ALT allele by track; None: nothing found


@dataclass(slots=True, kw_only=True)
class _Stores:
    """What the reference holds for the current contig."""

    text: bytes
    contig: Contig | None
    has_models: bool
    regions: RegionStore
    sites: list[tuple[Track, SiteStore]]
    answers: Answers


class Merger:
    """Writes the annotated records of one file, in order."""

    def __init__(
        self,
        *,
        reference: Reference,
        stage: ConsequenceStage,
        names: FieldNames,
        summary: Summary,
        ledger: Ledger,
    ) -> None:
        self._reference = reference
        self._stage = stage
        self._names = names
        self._summary = summary
        self._ledger = ledger
        self._models = TranscriptModels(reference.models_path)
        self._record = 0
        self._stores = self._open_stores(b"")
        self._region_texts: Counter[bytes] = Counter()

    def run(self, reader: VcfReader, *, fates: BinaryIO, writer: BgzfWriter, progress: Callable[[int], None]) -> None:
        """Write every record of the file."""
        for block in reader.blocks():
            fates_of_block = fates.read(len(block.lines))
            rows = zip(block.lines, fates_of_block, strict=True)
            for contig_text, group in groupby(rows, key=lambda row: row[0].partition(b"\t")[0]):
                if contig_text != self._stores.text:
                    self._stores = self._open_stores(contig_text)
                lines = self._take(list(group))
                writer.write(b"\n".join(lines) + b"\n")
                self._summary.records_by_contig[excerpt(contig_text)] += len(lines)
            progress(self._record)
        self._count_region_hits()

    def _open_stores(self, text: bytes) -> _Stores:
        contig = self._reference.contig(text.decode("utf-8", "replace"))
        if contig is None:
            return _Stores(
                text=text, contig=None, has_models=False, regions=RegionStore({}), sites=[], answers=Answers(None)
            )
        return _Stores(
            text=text,
            contig=contig,
            has_models=self._reference.has_models(contig),
            regions=self._reference.regions(contig),
            sites=[(track, self._reference.sites(track, contig=contig)) for track in self._reference.site_tracks],
            answers=self._stage.answers(contig),
        )

    def _take(self, rows: list[tuple[bytes, int]]) -> list[bytes]:
        records = [self._open_record(line, fate) for line, fate in rows]
        annotated = [record for record in records if record.variants]
        self._find_sites(annotated)
        first, last = self._stores.regions.locate(
            starts=[record.position for record in annotated], ends=[record.end for record in annotated]
        )
        for record, from_segment, to_segment in zip(annotated, first, last, strict=True):
            self._annotate(record, regions=self._stores.regions.text(from_segment, to_segment))
        return [b"\t".join(record.columns) for record in records]

    def _open_record(self, line: bytes, fate: int) -> _Record:
        number = self._record
        self._record += 1
        if fate in (_PASSED, _REJECTED):
            return _Record(columns=[line], fate=fate, position=0, end=0, alt_count=0, variants=[])
        columns = line.split(b"\t", 8)
        position, ref, alts = int(columns[1]), columns[3], columns[4].split(b",")
        variants = []
        for index, alt in enumerate(alts):
            if allele_kind(alt, ref=ref) is not AlleleKind.PLAIN:
                continue
            if fate == _ANNOTATED and self._reference.models_path is not None:
                answer = self._stores.answers.take(f"{number}.{index}")
                normal = trim(answer.position, answer.ref, answer.alt)
                bcsq = answer.bcsq
            else:
                normal, bcsq = trim(position, ref.upper(), alt.upper()), ""
            variants.append(_Variant(index=index, position=normal[0], ref=normal[1], alt=normal[2], bcsq=bcsq))
        return _Record(
            columns=columns,
            fate=fate,
            position=position,
            end=position + len(ref) - 1,
            alt_count=len(alts),
            variants=variants,
        )

    def _find_sites(self, records: list[_Record]) -> None:
        owners = [(record, variant) for record in records for variant in record.variants]
        keys = [site_key(variant.position, variant.ref, variant.alt) for _, variant in owners]
        for track, store in self._stores.sites:
            for index, row in store.candidates(keys).items():
                record, variant = owners[index]
                found = store.read(row, ref=variant.ref, alt=variant.alt)
                if found is not None:
                    record.identifier = record.identifier or found[0]
                    record.sites = record.sites or {}
                    if track.id not in record.sites:
                        record.sites[track.id] = [b""] * record.alt_count
                    record.sites[track.id][variant.index] = found[1]

    def _annotate(self, record: _Record, *, regions: bytes) -> None:
        added = [text for text in self._texts(record, regions=regions) if text]
        info = record.columns[7]
        carriage_return = b"\r" if len(record.columns) == 8 and info.endswith(b"\r") else b""
        info = info.removesuffix(carriage_return)
        clashing = self._names.clashing_keys(info)
        if clashing:
            self._ledger.notes["FIELD_LEFT_OUT"] += 1
            added = [text for text in (without_keys(text, keys=clashing) for text in added) if text]
        if added:
            kept = [] if info in (b".", b"") else [info]
            record.columns[7] = b";".join(kept + added) + carriage_return
        if record.identifier and record.columns[2] == b".":
            record.columns[2] = record.identifier
            self._summary.identifiers_filled += 1

    def _texts(self, record: _Record, *, regions: bytes) -> Iterator[bytes]:
        for variant in record.variants:
            self._summary.count_variant(variant.ref, variant.alt)
        if record.fate == _ANNOTATED and self._stores.has_models:
            yield self._consequence_text(record)
        if regions:
            self._region_texts[regions] += 1
            yield self._names.apply(regions)
        for track_id, by_allele in (record.sites or {}).items():
            self._summary.track_hits[track_id] += 1
            yield self._names.apply(by_allele[0] if record.alt_count == 1 else join_per_allele(by_allele))

    def _consequence_text(self, record: _Record) -> bytes:
        alts = record.columns[4].split(b",")
        texts = vep_alleles(record.columns[3], alts)
        entries: list[str] = []
        terms, impacts = ["."] * record.alt_count, ["."] * record.alt_count
        for variant in record.variants:
            found = self._consequences(variant, text=texts[variant.index].decode())
            if found is not None:
                self._summary.count_consequence(found.worst)
                entries += found.entries
                terms[variant.index], impacts[variant.index] = found.worst.name, found.worst.impact
        if not entries:
            return b""
        text = f"CSQ={','.join(entries)};CONSEQUENCE={','.join(terms)};IMPACT={','.join(impacts)}"
        return self._names.apply(text.encode())

    def _consequences(self, variant: _Variant, *, text: str) -> AlleleConsequences | None:
        contig = self._stores.contig
        assert contig is not None
        allele = Allele(contig=contig.name, position=variant.position, ref=variant.ref, alt=variant.alt, text=text)
        return consequences_of(allele, bcsq=variant.bcsq, models=self._models)

    def _count_region_hits(self) -> None:
        track_of = {field.id.encode(): track.id for track in self._reference.region_tracks for field in track.fields}
        for text, count in self._region_texts.items():
            keys = (item.partition(b"=")[0] for item in text.split(b";"))
            for track_id in {track_of[key] for key in keys}:
                self._summary.track_hits[track_id] += count
