"""What the tracks know of the records of one run, put into their text."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from annotator.columns import ALT, REF
from annotator.fields import FieldNames
from annotator.info import join_per_allele
from annotator.manifest import Track
from annotator.normal_form import normal_form
from annotator.run_work import RunWork
from annotator.sites import site_key, snv_keys
from annotator.verdicts import ANNOTATED, TRACKS_ONLY, Alleles

_TEXTS_HELD = 20_000
_UPPER = np.frombuffer(bytes(range(256)).upper(), dtype=np.uint8)


class TrackTexts:
    """Adds what tracks say, under the names that their fields have in this file."""

    def __init__(self, names: FieldNames, *, region_tracks: tuple[Track, ...]) -> None:
        self._names = names
        self._track_of = {field.id.encode(): track.id for track in region_tracks for field in track.fields}
        self._tracks: dict[bytes, set[str]] = {}

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
        texts = [store.text(span >> 32, span & 0xFFFFFFFF) for span in spans.tolist()]
        renamed = [b";" + self._names.apply(text) for text in texts]
        offsets = np.cumsum([0, *map(len, renamed)])
        work.additions.regions.put(
            records[touching], text=b"".join(renamed), begins=offsets[which], ends=offsets[1:][which]
        )
        for text, count in zip(texts, counts.tolist(), strict=True):
            for track in self._tracks_of(text):
                work.summary.track_hits[track] += count

    def add_sites(self, work: RunWork, alleles: Alleles) -> None:
        if not work.place.sites or not len(alleles):
            return
        codes = work.checked.columns.codes
        snvs = np.flatnonzero(alleles.are_snvs)
        keys = np.zeros(len(alleles), dtype=np.uint64)
        refs, alts = (_UPPER[codes[begins[snvs]]] for begins in (alleles.ref_begins, alleles.alt_begins))
        keys[snvs] = snv_keys(alleles.positions[snvs], refs, alts)
        normal: dict[int, tuple[bytes, bytes]] = {}
        for number, (position, ref, alt) in _normal_forms(work, alleles, np.flatnonzero(~alleles.are_snvs)):
            keys[number] = site_key(position, ref, alt)
            normal[number] = ref, alt
        for track, store in work.place.sites:
            hits: dict[int, dict[int, tuple[bytes, bytes]]] = {}
            for number, row in store.candidates(keys).items():
                ref, alt = normal.get(number) or work.bases(alleles, number)
                found = store.read(row, ref=ref, alt=alt)
                if found is not None:
                    hits.setdefault(int(alleles.records[number]), {})[int(alleles.indexes[number])] = found
            for record, by_allele in hits.items():
                self._add_hit(work, track, record, by_allele)

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

    def _tracks_of(self, text: bytes) -> set[str]:
        """The tracks that a text comes from."""
        found = self._tracks.get(text)
        if found is None:
            if len(self._tracks) >= _TEXTS_HELD:
                self._tracks.clear()
            keys = (item.partition(b"=")[0] for item in text.split(b";"))
            found = self._tracks[text] = {self._track_of[key] for key in keys}
        return found


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
