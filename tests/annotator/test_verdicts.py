"""What becomes of records: the quick way and the slow one say the same."""

from collections import Counter
from pathlib import Path

import pytest

from annotator.alleles import CLASSES
from annotator.checking import CheckedBlock
from annotator.quoting import excerpt
from annotator.sequence import ContigBases
from annotator.verdicts import ANNOTATED, PASSED, REJECTED, TRACKS_ONLY, Judge, Verdicts, pass_all
from tests.annotator.blocks import BASES, checked, row, sequence

Allele = tuple[int, int, int, str, str, str]  # record, index, position, REF and ALT without what they share, class


@pytest.fixture
def bases(tmp_path: Path) -> ContigBases:
    return sequence(tmp_path)


def on_1(*records: tuple[int, str, str], end: str = "\n") -> CheckedBlock:
    return checked(*(row(position, ref, alt, contig="1") for position, ref, alt in records), end=end)


def judged(block: CheckedBlock, bases: ContigBases | None, *, run: int = 0) -> Verdicts:
    return Judge().judge(block, block.runs[run], sequence=bases)


def alleles(block: CheckedBlock, verdicts: Verdicts) -> list[Allele]:
    found, text = verdicts.alleles, block.columns.text.decode().upper()
    return [
        (
            int(found.records[number]),
            int(found.indexes[number]),
            int(found.positions[number]),
            text[found.ref_begins[number] :][: found.ref_lengths[number]],
            text[found.alt_begins[number] :][: found.alt_lengths[number]],
            CLASSES[found.classes[number]],
        )
        for number in range(len(found))
    ]


class TestAlleles:
    @pytest.mark.parametrize(
        ("position", "ref", "alt", "expected"),
        [
            (1, "A", "G", (1, "A", "G", "SNV")),
            (1, "a", "g", (1, "A", "G", "SNV")),
            (1, "A", "AT", (2, "", "T", "insertion")),
            (1, "a", "AT", (2, "", "T", "insertion")),
            (1, "A", "aTT", (2, "", "TT", "insertion")),
            (1, "A", "TA", (1, "", "T", "insertion")),
            (1, "ac", "TGC", (1, "A", "TG", "indel")),
            (2, "CG", "G", (2, "C", "", "deletion")),
            (1, "ACG", "G", (1, "AC", "", "deletion")),
            (1, "ACG", "TG", (1, "AC", "T", "indel")),
            (1, "ACG", "A", (2, "CG", "", "deletion")),
            (1, "ACG", "a", (2, "CG", "", "deletion")),
            (1, "ACG", "AT", (2, "CG", "T", "indel")),
            (1, "AC", "GT", (1, "AC", "GT", "substitution")),
            (1, "ACG", "AGG", (2, "C", "G", "SNV")),
            (1, "ACG", "TCC", (1, "ACG", "TCC", "substitution")),
            (1, "ACGT", "acgTT", (4, "", "T", "insertion")),
            (1, "ACGT", "AT", (2, "CG", "", "deletion")),
            (len(BASES), "T", "TC", (len(BASES) + 1, "", "C", "insertion")),
            (len(BASES), "T", "C", (len(BASES), "T", "C", "SNV")),
            (len(BASES) - 1, "GT", "G", (len(BASES), "T", "", "deletion")),
        ],
    )
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_are_without_what_they_share(
        self, bases: ContigBases, position: int, ref: str, alt: str, expected: tuple[int, str, str, str], end: str
    ) -> None:
        block = on_1((position, ref, alt), end=end)
        verdicts = judged(block, bases)
        assert alleles(block, verdicts) == [(0, 0, *expected)]
        assert verdicts.fates.tolist() == [ANNOTATED]
        assert verdicts.alleles.verified.all()

    @pytest.mark.parametrize("length", [999, 1_000, 1_001, 5_000])
    def test_may_be_long(self, tmp_path: Path, length: int) -> None:
        text = "ACGTTGCA" * 1_000
        bases = sequence(tmp_path, text, line_bases=60)
        block = checked(row(3, text[2 : 2 + length], "G"), row(3, "G", "G" + "T" * (length - 1)))
        verdicts = judged(block, bases)
        assert alleles(block, verdicts) == [
            (0, 0, 4, text[3 : 2 + length], "", "deletion"),
            (1, 0, 4, "", "T" * (length - 1), "insertion"),
        ]

    def test_of_several_come_in_the_order_of_the_file(self, bases: ContigBases) -> None:
        block = on_1((1, "A", "G,<DEL>,AT"), (1, "A", "C"), (2, "CG", "C,TG"))
        verdicts = judged(block, bases)
        assert alleles(block, verdicts) == [
            (0, 0, 1, "A", "G", "SNV"),
            (0, 2, 2, "", "T", "insertion"),
            (1, 0, 1, "A", "C", "SNV"),
            (2, 0, 3, "G", "", "deletion"),
            (2, 1, 2, "C", "T", "SNV"),
        ]
        assert +verdicts.notes == {"SOME_ALLELES_PASSED": 1}
        assert verdicts.alleles.simple.tolist() == [False, False, True, False, False]
        assert verdicts.alleles.are_snvs.tolist() == [True, False, True, False, True]
        assert verdicts.alleles.ends.tolist() == [1, 1, 1, 3, 2]

    def test_count_records_from_the_beginning_of_the_block(self, tmp_path: Path) -> None:
        block = checked(row(1, "A", "C", contig="MT"), row(1, "A", "G"), row(1, "A", "C,G"))
        verdicts = judged(block, sequence(tmp_path), run=1)
        assert [one[:2] for one in alleles(block, verdicts)] == [(1, 0), (2, 0), (2, 1)]
        assert len(verdicts.fates) == 2


class TestFates:
    @pytest.mark.parametrize(
        ("alt", "reason"),
        [
            (".", "NO_ALTERNATE_ALLELE"),
            ("*", "OVERLAPPING_DELETION"),
            ("<NON_REF>", "REFERENCE_BLOCK"),
            ("<*>", "REFERENCE_BLOCK"),
            ("A", "SAME_AS_REF"),
            ("a", "SAME_AS_REF"),
            ("N", "AMBIGUOUS_BASES"),
            ("An", "AMBIGUOUS_BASES"),
            ("<DEL>", "SYMBOLIC_ALLELE"),
            ("A[2:5[", "BREAKEND"),
            ("A.", "BREAKEND"),
            ("", "UNKNOWN_ALLELE"),
            ("R", "UNKNOWN_ALLELE"),
            ("<NON_REF>,*", "OVERLAPPING_DELETION"),
            ("A,<DEL>", "SAME_AS_REF"),
        ],
    )
    def test_of_records_that_cannot_be_annotated_name_the_reason(
        self, bases: ContigBases, alt: str, reason: str
    ) -> None:
        verdicts = judged(on_1((1, "A", alt), (2, "C", "G")), bases)
        assert verdicts.fates.tolist() == [PASSED, ANNOTATED]
        assert verdicts.passed == {reason: 1}
        assert len(verdicts.alleles) == 1

    def test_keep_symbolic_alleles_and_breakends(self, bases: ContigBases) -> None:
        verdicts = judged(on_1((1, "A", "<DEL>"), (2, "C", "G,<DUP>,]2:5]C,*")), bases)
        found = [(one.record, one.index, one.position, one.alt) for one in verdicts.structural]
        assert found == [(0, 0, 1, b"<DEL>"), (1, 1, 2, b"<DUP>"), (1, 2, 2, b"]2:5]C")]

    @pytest.mark.parametrize(("ref", "alt"), [("G", "T"), ("g", "T"), ("AG", "A"), ("G", "GT"), ("AG", "TT,C")])
    def test_reject_what_contradicts_the_reference(self, bases: ContigBases, ref: str, alt: str) -> None:
        block = on_1((1, ref, alt), (3, "G", "T"))
        verdicts = judged(block, bases)
        assert verdicts.fates.tolist() == [REJECTED, ANNOTATED]
        assert [one[0] for one in alleles(block, verdicts)] == [1]
        (rejection,) = verdicts.rejections
        assert (rejection.line, rejection.contig, rejection.position) == (4, "1", 1)
        assert rejection.reason == "REF_MISMATCH"
        expected = BASES[: len(ref)]
        assert rejection.detail == f"the file says '{ref.upper()}' and the reference has '{expected}'"
        assert rejection.text == excerpt(block.columns.line(0))

    def test_reject_in_the_order_of_kinds_but_with_their_lines(self, bases: ContigBases) -> None:
        verdicts = judged(on_1((1, "GG", "A,C"), (1, "A", "C"), (2, "T", "A")), bases)
        assert sorted(one.line for one in verdicts.rejections) == [4, 6]

    @pytest.mark.parametrize(
        ("position", "ref", "alt"),
        [
            (9, "A", "C"),  # N in the reference
            (8, "TAC", "T"),
            (8, "TAC", "G,T"),
            (1, "N", "C"),  # N in REF
            (1, "N", "C,G"),
            (1, "NC", "A"),
            (1, "AN", "A"),
            (9, "N", "C"),  # in both
            (8, "TN", "T"),
        ],
    )
    def test_take_unknown_bases_for_what_they_are(self, bases: ContigBases, position: int, ref: str, alt: str) -> None:
        verdicts = judged(on_1((position, ref, alt)), bases)
        agrees = ref == BASES[position - 1 : position - 1 + len(ref)]
        assert verdicts.fates.tolist() == [ANNOTATED if agrees else TRACKS_ONLY]
        assert +verdicts.notes == ({} if agrees else {"REFERENCE_IS_N": 1})
        assert verdicts.alleles.verified.tolist() == [agrees] * len(alt.split(","))
        assert verdicts.rejections == []

    def test_reject_a_known_base_that_differs_beside_an_unknown_one(self, bases: ContigBases) -> None:
        assert judged(on_1((8, "GA", "G")), bases).fates.tolist() == [REJECTED]
        assert judged(on_1((1, "NG", "T")), bases).fates.tolist() == [REJECTED]

    def test_without_a_sequence_leave_tracks_only(self) -> None:
        block = on_1((1, "G", "T"), (1, "G", "T,C"), (2, "G", "<DEL>"))
        verdicts = judged(block, None)
        assert verdicts.fates.tolist() == [TRACKS_ONLY, TRACKS_ONLY, PASSED]
        assert +verdicts.notes == Counter(NO_SEQUENCE=2)
        assert len(alleles(block, verdicts)) == 3
        assert not verdicts.alleles.verified.any()

    def test_of_a_repeated_allele_are_the_same(self, bases: ContigBases) -> None:
        judge = Judge()
        block = on_1((1, "A", "G,T"), (1, "A", "G,T"), (1, "A", "<DEL>"), (1, "A", "<DEL>"))
        for _ in range(2):
            verdicts = judge.judge(block, block.runs[0], sequence=bases)
            assert verdicts.fates.tolist() == [ANNOTATED, ANNOTATED, PASSED, PASSED]


class TestPassAll:
    def test_passes_every_record(self) -> None:
        block = checked(row(1, contig="1"), row(1, contig="chrEBV"), row(2, contig="chrEBV"))
        verdicts = pass_all(block.runs[1])
        assert verdicts.fates.tolist() == [PASSED, PASSED]
        assert verdicts.passed == {"AUXILIARY_CONTIG": 2}
        assert len(verdicts.alleles) == 0
