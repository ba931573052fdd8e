"""What the tracks know of the records of one run, put into their text."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from annotator.columns import ALT, REF, UPPER
from annotator.fields import FieldNames
from annotator.info import join_per_allele
from annotator.manifest import Track
from annotator.normal_form import normal_form
from annotator.run_work import RunWork
from annotator.sites import site_key, snv_keys
from annotator.verdicts import ANNOTATED, TRACKS_ONLY, Alleles


class TrackTexts:
    """Adds what tracks say, under the names that their fields have in this file."""

    def __init__(self, names: FieldNames, *, region_tracks: tuple[Track, ...]) -> None:
        self._names = names
        self._track_of = {field.id.encode(): track.id for track in region_tracks for field in track.fields}

    def add_regions(self, work: RunWork) -> None:
        run, store = work.run, work.place.regions
        fates = work.verdicts.fates
        offsets = np.flatnonzero((fates == ANNOTATED) | (fates == TRACKS_ONLY))
        ref_begins, ref_ends = work.checked.columns.span(REF)
        records = run.begin + offsets
        starts = work.checked.positions[records]
        ends = starts + (ref_ends - ref_begins)[records] - 1
        first, last = store.locate(starts=starts, ends=ends)
        touching = np.flatnonzero(last > first)
        spans, which, counts = np.unique(
            first[touching] << 32 | last[touching], return_inverse=True, return_counts=True
        )
        texts = store.texts([(span >> 32, span & 0xFFFFFFFF) for span in spans.tolist()])
        renamed = [b";" + self._names.apply(one.text) for one in texts]
        offsets = np.cumsum([0, *map(len, renamed)])
        work.additions.regions.put(
            records[touching], text=b"".join(renamed), begins=offsets[which], ends=offsets[1:][which]
        )
        hits: Counter[tuple[bytes, ...]] = Counter()
        for one, count in zip(texts, counts.tolist(), strict=True):
            hits[one.keys] += count
        for keys, count in hits.items():
            for track in {self._track_of[key] for key in keys}:
                work.summary.track_hits[track] += count

    def add_sites(self, work: RunWork, alleles: Alleles) -> None:
        if not work.place.sites or not len(alleles):
            return
        codes = work.checked.columns.codes
        snvs = np.flatnonzero(alleles.are_snvs)
        keys = np.zeros(len(alleles), dtype=np.uint64)
        refs, alts = (UPPER[codes[begins[snvs]]] for begins in (alleles.ref_begins, alleles.alt_begins))
        keys[snvs] = snv_keys(alleles.positions[snvs], refs, alts)
        normal: dict[int, tuple[bytes, bytes]] = {}
        for number, (position, ref, alt) in _normal_forms(work, alleles, np.flatnonzero(~alleles.are_snvs)):
            keys[number] = site_key(position, ref, alt)
            normal[number] = ref, alt
        for track, store in work.place.sites:
            found, rows = store.matches(keys)
            plain = alleles.simple[found] & alleles.are_snvs[found]
            self._add_plain_hits(work, track, alleles.records[found[plain]].tolist(), store.values(rows[plain]))
            hits: dict[int, dict[int, tuple[bytes, bytes]]] = {}
            for number, row in zip(found[~plain].tolist(), rows[~plain].tolist(), strict=True):
                ref, alt = normal.get(number) or work.bases(alleles, number)
                proved = store.read(row, ref=ref, alt=alt)
                if proved is not None:
                    hits.setdefault(int(alleles.records[number]), {})[int(alleles.indexes[number])] = proved
            for record, by_allele in hits.items():
                self._add_hit(work, track, record, by_allele)

    def _add_plain_hits(self, work: RunWork, track: str, records: list[int], values: list[tuple[bytes, bytes]]) -> None:
        """Add what a track says of single-base changes that are alone in their records."""
        additions, sites, rename = work.additions, work.additions.sites, self._names.apply
        for record, (identifier, text) in zip(records, values, strict=True):
            if identifier:
                additions.identify(record, identifier)
            if text:
                work.rows.add_site(record, 0, text=text)
                sites[record] = sites.get(record, b"") + b";" + rename(text)
                work.summary.track_hits[track] += 1

    def _add_hit(self, work: RunWork, track: str, record: int, by_allele: dict[int, tuple[bytes, bytes]]) -> None:
        for allele, (identifier, text) in sorted(by_allele.items()):
            if identifier:
                work.additions.identify(record, identifier)
            if text:
                work.rows.add_site(record, allele, text=text)
        texts = [by_allele.get(allele, (b"", b""))[1] for allele in range(work.alt_count(record))]
        if any(texts):
            text = texts[0] if len(texts) == 1 else join_per_allele(texts)
            sites = work.additions.sites
            sites[record] = sites.get(record, b"") + b";" + self._names.apply(text)
            work.summary.track_hits[track] += 1


def _normal_forms(
    work: RunWork, alleles: Alleles, numbers: NDArray[np.int64]
) -> Iterator[tuple[int, tuple[int, bytes, bytes]]]:
    """These alleles as site stores know them."""
    columns = work.checked.columns
    record, position, ref, alts = -1, 0, b"", [b""]
    for number in numbers.tolist():
        if alleles.records[number] != record:  # a record may have very many alleles
            record = int(alleles.records[number])
            position, ref = int(work.checked.positions[record]), columns.field(record, REF).upper()
            alts = columns.field(record, ALT).upper().split(b",")
        sequence = work.place.sequence if alleles.verified[number] else None
        yield number, normal_form(position, ref, alts[int(alleles.indexes[number])], sequence=sequence)
