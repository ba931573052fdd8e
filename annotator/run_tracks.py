"""What the tracks know of the records of one run, put into their text."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from annotator.additions import Pieces
from annotator.columns import ALT, REF, UPPER
from annotator.fields import FieldNames
from annotator.info import join_per_allele
from annotator.manifest import Track
from annotator.normal_form import Changes, NormalForms, normal_form, normal_forms
from annotator.regions import Keys, RegionStore
from annotator.run_work import RunWork
from annotator.site_texts import SiteValues
from annotator.sites import long_keys, site_key, snv_keys
from annotator.spans import Spans, spans_of
from annotator.verdicts import ANNOTATED, TRACKS_ONLY, Alleles


class TrackTexts:
    """Adds what tracks say, under the names that their fields have in this file."""

    def __init__(self, names: FieldNames, *, region_tracks: tuple[Track, ...]) -> None:
        self._names = names
        self._region_tracks = [track.id for track in region_tracks]
        self._region_track_of = {
            field.id: number for number, track in enumerate(region_tracks) for field in track.fields
        }

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
        found = store.describe(first[touching], last[touching], keys=self._keys_of(store))
        work.additions.regions.put(records[touching], text=found.text, begins=found.begins, ends=found.ends)
        for track, hits in zip(self._region_tracks, found.hits.tolist(), strict=False):
            if hits:
                work.summary.track_hits[track] += hits

    def _keys_of(self, store: RegionStore) -> Keys:
        names = [key.decode() for key in store.keys]
        return Keys(
            names=tuple(self._names.name_of[name].encode() for name in names),
            tracks=tuple(self._region_track_of[name] for name in names),
        )

    def add_sites(self, work: RunWork, alleles: Alleles) -> None:
        if not work.place.sites or not len(alleles):
            return
        keys = np.zeros(len(alleles), dtype=np.uint64)
        snvs = np.flatnonzero(alleles.are_snvs)
        keys[snvs] = _snv_keys(work, alleles, snvs)
        moved = np.flatnonzero(alleles.simple & ~alleles.are_snvs & alleles.verified)
        forms = _moved_forms(work, alleles, moved)
        keys[moved] = long_keys(forms.positions, forms.checksums)
        place_of = np.full(len(alleles), -1, dtype=np.int64)  # in `forms`
        place_of[moved] = np.arange(len(moved))
        others = ~alleles.are_snvs & (place_of < 0)
        normal: dict[int, tuple[bytes, bytes]] = {}
        for number, (position, ref, alt) in _normal_forms(work, alleles, np.flatnonzero(others)):
            keys[number] = site_key(position, ref, alt)
            normal[number] = ref, alt
        for (track, store), pieces in zip(work.place.sites, work.additions.sites, strict=True):
            found, rows = store.matches(keys)
            is_moved = place_of[found] >= 0
            texts = forms.texts.where(place_of[found[is_moved]])
            rows[is_moved] = store.proved(keys[found[is_moved]], rows[is_moved], texts)
            found, rows = found[rows >= 0], rows[rows >= 0]
            alone = alleles.simple[found] & ~others[found]
            self._add_plain_hits(work, track, alleles.records[found[alone]], store.values(rows[alone]), pieces)
            hits: dict[int, dict[int, tuple[bytes, bytes]]] = {}
            for number, row in zip(found[~alone].tolist(), rows[~alone].tolist(), strict=True):
                ref, alt = normal.get(number) or work.bases(alleles, number)
                proved = store.read(row, ref=ref, alt=alt)
                if proved is not None:
                    hits.setdefault(int(alleles.records[number]), {})[int(alleles.indexes[number])] = proved
            for record, by_allele in hits.items():
                self._add_hit(work, track, record, by_allele, pieces)

    def _add_plain_hits(
        self, work: RunWork, track: Track, records: NDArray[np.int64], values: SiteValues, pieces: Pieces
    ) -> None:
        """Add what a track says of alleles that are alone in their records."""
        identifiers, texts = values.identifiers, values.texts
        work.additions.identify(records, text=identifiers.text.data, begins=identifiers.begins, ends=identifiers.ends)
        told = np.flatnonzero(texts.ends > texts.begins)
        if not len(told):
            return
        records, texts = records[told], texts.where(told)
        work.rows.add_sites(records, texts, keys={field.id for field in track.fields})
        renamed = self._renamed(texts)
        pieces.put(records, text=renamed.text.data, begins=renamed.begins, ends=renamed.ends)
        work.summary.track_hits[track.id] += len(told)

    def _renamed(self, texts: Spans) -> Spans:
        return spans_of([self._names.apply(text) for text in texts.list()]) if self._names.renamed else texts

    def _add_hit(
        self, work: RunWork, track: Track, record: int, by_allele: dict[int, tuple[bytes, bytes]], pieces: Pieces
    ) -> None:
        for allele, (identifier, text) in sorted(by_allele.items()):
            if identifier:
                work.additions.identify_one(record, identifier)
            if text:
                work.rows.add_site(record, allele, text=text)
        texts = [by_allele.get(allele, (b"", b""))[1] for allele in range(work.alt_count(record))]
        if any(texts):
            text = texts[0] if len(texts) == 1 else join_per_allele(texts)
            pieces.put_one(record, self._names.apply(text))
            work.summary.track_hits[track.id] += 1


def _snv_keys(work: RunWork, alleles: Alleles, numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    codes = work.checked.columns.codes
    refs, alts = (UPPER[codes[begins[numbers]]] for begins in (alleles.ref_begins, alleles.alt_begins))
    return snv_keys(alleles.positions[numbers], refs, alts)


def _moved_forms(work: RunWork, alleles: Alleles, numbers: NDArray[np.int64]) -> NormalForms:
    """The normal forms of insertions and deletions."""
    deleted, inserted = alleles.ref_lengths[numbers], alleles.alt_lengths[numbers]
    are_deletions = deleted > 0
    begins = np.where(are_deletions, alleles.ref_begins[numbers], alleles.alt_begins[numbers])
    words = Spans(text=work.checked.columns.codes, begins=begins, ends=begins + deleted + inserted)
    changes = Changes(words=words, positions=alleles.positions[numbers], are_deletions=are_deletions)
    if work.place.sequence is None:  # then nothing is verified
        return NormalForms(positions=begins, texts=words, checksums=begins.astype(np.uint32))
    return normal_forms(changes, sequence=work.place.sequence)


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
