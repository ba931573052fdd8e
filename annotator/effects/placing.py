"""Where a variant lies on a transcript: exons, introns and offsets.

An insertion has `start = end + 1`: `end` is the base before it and `start` the base behind it, in every numbering.
"""

from bisect import bisect_right

from annotator.effects.view import TranscriptView

_STRETCH = 12  # a transcript with a short intron counts that many bases around its exons as near them


class Placement:
    """Positions and offsets of one change of bases on one transcript; None: that end has no such number."""

    __slots__ = (
        "cdna_end",
        "cdna_start",
        "cds_end",
        "cds_start",
        "end",
        "first_exon",
        "first_intron",
        "in_coding",
        "last_exon",
        "last_intron",
        "near_exon",
        "protein_end",
        "protein_start",
        "start",
    )

    def __init__(self, start: int, end: int, view: TranscriptView) -> None:
        self.start, self.end = start, end
        starts, ends = view.exon_starts, view.exon_ends
        at_start = bisect_right(starts, start) - 1
        at_end = at_start if start == end else bisect_right(starts, end) - 1
        self.first_exon = at_start if at_start >= 0 and ends[at_start] >= start else at_start + 1
        self.last_exon = at_end  # before first_exon: in no exon
        self.first_intron = max(at_start, 0)
        self.last_intron = min(at_end if at_end >= 0 and end > ends[at_end] else at_end - 1, len(starts) - 2)
        self.near_exon = self.first_exon <= self.last_exon or self._is_near(view)
        self.cdna_start: int | None = None
        self.cdna_end: int | None = None
        self.cds_start: int | None = None
        self.cds_end: int | None = None
        self.protein_start: int | None = None
        self.protein_end: int | None = None
        self.in_coding = False
        if self.near_exon:
            self._find_offsets(view)

    @property
    def is_insertion(self) -> bool:
        return self.start > self.end

    @property
    def in_exon(self) -> bool:
        return self.first_exon <= self.last_exon

    def set_coding(self, first: int, last: int, view: TranscriptView) -> None:
        """This function will place a change of several stretches at the coding offsets of all of them."""
        shift = view.coding_start - 1 - view.padding
        self.cds_start, self.cds_end = first, last
        self.cdna_start, self.cdna_end = first + shift, last + shift
        self.protein_start, self.protein_end = (first + 2) // 3, (last + 2) // 3

    def _is_near(self, view: TranscriptView) -> bool:
        """This function will say whether an exon is touched, an insertion at its edge included."""
        stretch = _STRETCH if view.has_short_intron else 0
        low, high = (self.end, self.start) if self.is_insertion else (self.start, self.end)
        at = bisect_right(view.exon_starts, high + stretch) - 1
        return at >= 0 and view.exon_ends[at] >= low - stretch

    def _find_offsets(self, view: TranscriptView) -> None:
        if self.is_insertion:
            before, behind = (self.end, self.start) if view.is_forward else (self.start, self.end)
            left = view.offset(before)
            right = view.offset(behind) if left is None else left + 1
            if right is None:
                return
            self.cdna_start, self.cdna_end = right, right - 1
        else:
            first, last = (self.start, self.end) if view.is_forward else (self.end, self.start)
            self.cdna_start = view.offset(first)
            self.cdna_end = self.cdna_start if first == last else view.offset(last)
        if view.is_coding:
            self._find_coding_offsets(view)

    def _find_coding_offsets(self, view: TranscriptView) -> None:
        first, last = view.coding_start, view.coding_end
        shift = view.padding + 1 - first
        if self.is_insertion:
            assert self.cdna_start is not None
            if first < self.cdna_start <= last:
                self.cds_start = self.cdna_start + shift
                self.cds_end = self.cds_start - 1
                self.in_coding = True
        else:
            if self.cdna_start is not None and first <= self.cdna_start <= last:
                self.cds_start = self.cdna_start + shift
            if self.cdna_end is not None and first <= self.cdna_end <= last:
                self.cds_end = self.cdna_end + shift
            self.in_coding = (
                self.cds_start is not None or self.cds_end is not None or _overlaps_coding(self.start, self.end, view)
            )
        if self.cds_start is not None:
            self.protein_start = (self.cds_start + 2) // 3
        if self.cds_end is not None:
            self.protein_end = (self.cds_end + 2) // 3


def exon_numbers(placement: Placement, view: TranscriptView) -> str:
    """This function will write the exons that are touched as VEP does: `2/5`, `2-3/5`, or nothing."""
    if not placement.in_exon:
        return ""
    first, last = view.exon_number(placement.first_exon), view.exon_number(placement.last_exon)
    return _numbers(first, last, total=len(view.exon_starts))


def intron_numbers(placement: Placement, view: TranscriptView) -> str:
    """This function will write the introns that are touched as VEP does: `1/4`, `1-2/4`, or nothing."""
    if placement.first_intron > placement.last_intron:
        return ""
    first, last = view.intron_number(placement.first_intron), view.intron_number(placement.last_intron)
    return _numbers(first, last, total=len(view.exon_starts) - 1)


def span(start: int | None, end: int | None) -> str:
    """This function will write a range of offsets as VEP does; an end that has none is `?`."""
    if start is None:
        return "" if end is None else f"?-{end}"
    if end is None:
        return f"{start}-?"
    if start == end:
        return str(start)
    return f"{start}-{end}" if start < end else f"{end}-{start}"


def _numbers(first: int, last: int, *, total: int) -> str:
    if first > last:
        first, last = last, first
    return f"{first}/{total}" if first == last else f"{first}-{last}/{total}"


def _overlaps_coding(start: int, end: int, view: TranscriptView) -> bool:
    return any(first <= end and last >= start for first, last in view.transcript.coding)
