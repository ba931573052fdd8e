"""Alleles as text."""

import time

import pytest

from annotator.alleles import AlleleKind, allele_kind, is_transition, trim, variant_class


class TestAlleleKind:
    @pytest.mark.parametrize(
        ("alt", "kind"),
        [
            (b"G", AlleleKind.PLAIN),
            (b"gt", AlleleKind.PLAIN),
            (b"a", AlleleKind.SAME_AS_REF),
            (b".", AlleleKind.MISSING),
            (b"*", AlleleKind.OVERLAPPING_DELETION),
            (b"<NON_REF>", AlleleKind.REFERENCE_BLOCK),
            (b"<*>", AlleleKind.REFERENCE_BLOCK),
            (b"<DUP:TANDEM>", AlleleKind.SYMBOLIC),
            (b"G]17:198982]", AlleleKind.BREAKEND),
            (b".G", AlleleKind.BREAKEND),
            (b"AN", AlleleKind.AMBIGUOUS),
            (b"A/G", AlleleKind.UNKNOWN),
            (b"", AlleleKind.UNKNOWN),
        ],
    )
    def test_is_told(self, alt: bytes, kind: AlleleKind) -> None:
        assert allele_kind(alt, ref=b"A") is kind

    def test_is_told_by_the_length_when_that_is_enough(self) -> None:
        class Long(bytes):
            def upper(self) -> bytes:
                raise AssertionError("compared with REF, whose length differs")

        assert allele_kind(b"G", ref=Long(b"AC" * 1_000)) is AlleleKind.PLAIN


class TestTrim:
    @pytest.mark.parametrize(
        ("given", "short"),
        [
            ((5, b"A", b"G"), (5, b"A", b"G")),
            ((5, b"CAC", b"CA"), (6, b"AC", b"A")),
            ((5, b"CAG", b"CTG"), (6, b"A", b"T")),
            ((5, b"CA", b"CAA"), (5, b"C", b"CA")),
            ((5, b"AC", b"GT"), (5, b"AC", b"GT")),
        ],
    )
    def test_gives_the_shortest_form(self, given: tuple[int, bytes, bytes], short: tuple[int, bytes, bytes]) -> None:
        assert trim(*given) == short

    def test_takes_time_in_step_with_the_length(self) -> None:
        shared = b"AC" * 500_000
        began = time.process_time()
        assert trim(5, b"A" + shared, b"AGG" + shared) == (5, b"A", b"AGG")
        assert trim(5, shared + b"A", shared + b"G") == (1_000_005, b"A", b"G")
        assert time.process_time() - began < 10


class TestVariantClass:
    @pytest.mark.parametrize(
        ("ref", "alt", "name"),
        [
            (b"A", b"G", "SNV"),
            (b"AC", b"GT", "substitution"),
            (b"A", b"AT", "insertion"),
            (b"AT", b"A", "deletion"),
            (b"T", b"AT", "insertion"),
            (b"AT", b"T", "deletion"),
            (b"AT", b"GCC", "indel"),
        ],
    )
    def test_is_ensembls(self, ref: bytes, alt: bytes, name: str) -> None:
        assert variant_class(ref, alt) == name

    def test_tells_transitions(self) -> None:
        assert [is_transition(b"A", b"G"), is_transition(b"C", b"T"), is_transition(b"A", b"C")] == [True, True, False]
