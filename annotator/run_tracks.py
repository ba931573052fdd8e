"""What the tracks know of the records of one run, put into their text."""

from dataclasses import dataclass, replace

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
from annotator.sites import long_keys, snv_keys
from annotator.spans import Spans, spans_of
from annotator.verdicts import ANNOTATED, TRACKS_ONLY, Alleles


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hits:
    """What a track says of some alleles, one entry each."""

    track: Track
    pieces: Pieces  # where it goes
    records: NDArray[np.int64]
    indexes: NDArray[np.int64]  # among the record's ALT alleles
    texts: Spans

    def where(self, chosen: NDArray[np.bool_]) -> "_Hits":
        return replace(self, records=self.records[chosen], indexes=self.indexes[chosen], texts=self.texts.where(chosen))


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
        are_moves = alleles.verified & (np.minimum(alleles.ref_lengths, alleles.alt_lengths) == 0)
        moved, others = np.flatnonzero(are_moves), np.flatnonzero(~(are_moves | alleles.are_snvs))
        forms = _moved_forms(work, alleles, moved).followed_by(_other_forms(work, alleles, others))
        longer = np.concatenate((moved, others))
        keys[longer] = long_keys(forms.positions, forms.checksums)
        place_of = np.full(len(alleles), -1, dtype=np.int64)  # in `forms`
        place_of[longer] = np.arange(len(longer))
        for (track, store), pieces in zip(work.place.sites, work.additions.sites, strict=True):
            found, rows = store.matches(keys)
            is_longer = place_of[found] >= 0
            texts = forms.texts.where(place_of[found[is_longer]])
            rows[is_longer] = store.proved(keys[found[is_longer]], rows[is_longer], texts)
            found, rows = found[rows >= 0], rows[rows >= 0]
            values = store.values(rows)
            records, identifiers, texts = alleles.records[found], values.identifiers, values.texts
            work.additions.identify(
                records, text=identifiers.text.data, begins=identifiers.begins, ends=identifiers.ends
            )
            hits = _Hits(track=track, pieces=pieces, records=records, indexes=alleles.indexes[found], texts=texts)
            is_told, is_alone = texts.ends > texts.begins, alleles.simple[found]
            self._add_alone(work, hits.where(is_told & is_alone))
            self._add_shared(work, hits.where(is_told & ~is_alone))

    def _add_alone(self, work: RunWork, hits: _Hits) -> None:
        """Add what a track says of alleles that are alone in their records."""
        if not len(hits.records):
            return
        work.rows.add_sites(hits.records, hits.texts, keys={field.id for field in hits.track.fields})
        renamed = self._renamed(hits.texts)
        hits.pieces.put(hits.records, text=renamed.text.data, begins=renamed.begins, ends=renamed.ends)
        work.summary.track_hits[hits.track.id] += len(hits.records)

    def _renamed(self, texts: Spans) -> Spans:
        return spans_of([self._names.apply(text) for text in texts.list()]) if self._names.renamed else texts

    def _add_shared(self, work: RunWork, hits: _Hits) -> None:
        """Add what a track says of alleles whose records may have others."""
        if not len(hits.records):
            return
        told: dict[int, dict[int, bytes]] = {}  # by record and allele
        rows = zip(hits.records.tolist(), hits.indexes.tolist(), hits.texts.list(), strict=True)
        for record, index, text in rows:
            work.rows.add_site(record, index, text=text)
            told.setdefault(record, {})[index] = text
        for record, by_index in told.items():
            texts = [by_index.get(index, b"") for index in range(work.alt_count(record))]
            text = texts[0] if len(texts) == 1 else join_per_allele(texts)
            hits.pieces.put_one(record, self._names.apply(text))
        work.summary.track_hits[hits.track.id] += len(told)


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


def _other_forms(work: RunWork, alleles: Alleles, numbers: NDArray[np.int64]) -> NormalForms:
    """The normal forms of alleles that do more than insert or delete, or of which REF is not known to be right."""
    columns = work.checked.columns
    found: list[tuple[int, bytes, bytes]] = []
    record, position, ref, alts = -1, 0, b"", [b""]
    for number in numbers.tolist():
        if alleles.records[number] != record:  # a record may have very many alleles
            record = int(alleles.records[number])
            position, ref = int(work.checked.positions[record]), columns.field(record, REF).upper()
            alts = columns.field(record, ALT).upper().split(b",")
        sequence = work.place.sequence if alleles.verified[number] else None
        found.append(normal_form(position, ref, alts[int(alleles.indexes[number])], sequence=sequence))
    return NormalForms.of(found)
