"""Records accounted for, however the file is cut."""

import pickle

import pytest

from annotator.errors import InvalidVcfError
from annotator.ledger import REASONS, Ledger, Rejection


def rejection(line: int) -> Rejection:
    return Rejection(line=line, contig="chr1", position=line * 10, reason="REF_MISMATCH", detail="…", text="chr1\\t…")


def ledger_of(lines: range, *, max_listed: int = 5) -> Ledger:
    """This function will account for lines: of four, one each is annotated, passed, rejected, annotated with a note."""
    ledger = Ledger(max_listed=max_listed)
    for line in lines:
        match line % 4:
            case 0:
                ledger.annotated += 1
                ledger.verified += 1
            case 1:
                ledger.passed["BREAKEND"] += 1
            case 2:
                ledger.reject(rejection(line))
            case 3:
                ledger.annotated += 1
                ledger.notes["REFERENCE_IS_N"] += 1
    return ledger


class TestLedger:
    def test_adds_up(self) -> None:
        found = ledger_of(range(103)).to_json()
        assert found["records_read"] == 103 == found["annotated"] + found["passed"] + found["rejected"]
        assert found["verified"] == 26

    def test_tells_reasons_in_words(self) -> None:
        found = ledger_of(range(8)).to_json()
        assert found["reason_texts"] == {
            reason: REASONS[reason] for reason in ("BREAKEND", "REFERENCE_IS_N", "REF_MISMATCH")
        }

    def test_lists_the_first_rejections(self) -> None:
        found = ledger_of(range(100)).to_json()
        assert [entry["line"] for entry in found["rejections"]] == [2, 6, 10, 14, 18]
        assert found["rejections"][0] == {
            "line": 2,
            "contig": "chr1",
            "position": 20,
            "reason": "REF_MISMATCH",
            "detail": "…",
            "text": "chr1\\t…",
        }
        assert (found["rejections_listed"], found["rejected"]) == (5, 25)

    def test_lists_them_by_line_in_whatever_order_they_come(self) -> None:
        ledger = Ledger(max_listed=2)
        for line in (9, 7, 8, 3, 1, 2):
            ledger.reject(rejection(line))
        assert [entry.line for entry in ledger.listed] == [1, 2]
        assert ledger.rejected.total() == 6

    def test_may_list_nothing(self) -> None:
        assert ledger_of(range(10), max_listed=0).to_json()["rejections"] == []


class TestMerge:
    @pytest.mark.parametrize("step", [1, 3, 40, 100])
    def test_gives_the_same_for_every_cut(self, step: int) -> None:
        whole = Ledger(max_listed=5)
        for start in range(0, 100, step):
            whole.merge(pickle.loads(pickle.dumps(ledger_of(range(start, min(start + step, 100))))))
        assert whole.to_json() == ledger_of(range(100)).to_json()


class TestRejectLine:
    def fault(self) -> InvalidVcfError:
        return InvalidVcfError("BAD_REF", message="REF is empty.", advice="Fill it.", line=7, column="REF")

    def test_keeps_the_beginning_of_the_line(self) -> None:
        ledger = Ledger(max_listed=5)
        ledger.reject_line(b"chr1\t55\t.\t\t\x1b" + b"A" * 500, fault=self.fault())
        (entry,) = ledger.to_json()["rejections"]
        assert (entry["line"], entry["contig"], entry["position"]) == (7, "chr1", 55)
        assert (entry["reason"], entry["detail"]) == ("BAD_REF", "REF is empty.")
        assert entry["text"].startswith(r"chr1\t55\t.\t\t\x1bAAA")
        assert len(entry["text"]) == 60
        assert ledger.bad_lines == 1

    @pytest.mark.parametrize("text", [b"", b"chr1", b"chr1\tx\t.", b"chr1\t" + b"9" * 5_000, "chr1\t٣\t.".encode()])
    def test_needs_no_position(self, text: bytes) -> None:
        ledger = Ledger(max_listed=5)
        ledger.reject_line(text, fault=self.fault())
        assert ledger.listed[0].position is None
        assert ledger.records_read == 1
