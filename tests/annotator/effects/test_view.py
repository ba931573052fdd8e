"""What is derived from a transcript and its sequence."""

from dataclasses import replace

from annotator.effects.view import TranscriptView, TranscriptViews
from tests.annotator.effects.handmade import FORWARD, GENE, Bases, Gene


class TestTranscriptView:
    def test_splices(self, hand: Gene) -> None:
        view = hand.view
        assert view.cds == "ATGGCTTGGAAATTTGGCCTCTTCAAATGA"
        assert (view.after_cds, view.protein) == ("GCATAAGCC", "MAWKFGLFK")

    def test_fills_up_an_incomplete_first_codon(self, hand: Gene) -> None:
        assert hand.with_(phase=1).view.cds.startswith("NNATGG")
        assert hand.with_(phase=2).view.cds.startswith("NATGG")

    def test_counts_offsets_in_exons_only(self) -> None:
        view = TranscriptView(FORWARD, Bases(text=GENE))
        assert [view.offset(position) for position in (20, 21, 39, 40, 83, 108, 109)] == [
            None, 1, 19, None, 20, 45, None,
        ]  # fmt: skip


class TestTranscriptViews:
    def test_keeps_views(self) -> None:
        views = TranscriptViews(Bases(text=GENE))
        assert views.view(FORWARD) is views.view(FORWARD)

    def test_drops_the_least_used(self) -> None:
        views = TranscriptViews(Bases(text=GENE), held=2)
        one, other, third = (replace(FORWARD, id=f"ENST{number}") for number in range(3))
        first = views.view(one)
        views.view(other)
        views.view(one)
        views.view(third)
        assert len(views) == 2
        assert views.view(one) is first
