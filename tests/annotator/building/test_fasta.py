"""FASTA files of any form become one plain form."""

from pathlib import Path

import pysam
import pytest

from annotator.building.fasta import copy_sequences, sequence_lengths
from annotator.errors import InvalidReferenceError
from annotator.sequence import Sequence
from tests.annotator.building.sources import BASES, LENGTH, fasta, put


class TestSequenceLengths:
    @pytest.mark.parametrize("name", ["a.fa", "a.fa.gz"])
    def test_gives_them_in_order(self, tmp_path: Path, name: str) -> None:
        path = put(tmp_path / name, fasta("c2", "c1"))
        assert list(sequence_lengths(path).items()) == [("c2", LENGTH), ("c1", LENGTH)]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "is empty"),
            ("ACGT\n", "line 1: FASTA begins with '>', but here is ACGT"),
            ("\n\n<html>\n", "line 1: FASTA begins with '>'"),
            (">c1\nACGT\n>c1\nACGT\n", "line 3: the name c1 occurs twice"),
            (">c1\n>c2\nACGT\n", "c1 has no bases"),
            (">c1\nACGT\nAC GT\n", "line 3: "),
            (">c1\nACGT\n>c2\nACGT\nACG!\n", "line 5: ! begins"),
            (">\nACGT\n", "line 1: a sequence has no name"),
            ("> c1\nACGT\n", "line 1: a sequence has no name"),
        ],
    )
    def test_tells_what_is_wrong_and_where(self, tmp_path: Path, text: str, message: str) -> None:
        with pytest.raises(InvalidReferenceError) as raised:
            sequence_lengths(put(tmp_path / "a.fa", text))
        assert message in str(raised.value)

    def test_refuses_a_truncated_archive(self, tmp_path: Path) -> None:
        path = put(tmp_path / "a.fa.gz", fasta("c1"))
        path.write_bytes(path.read_bytes()[:-12])
        with pytest.raises(InvalidReferenceError, match="cut off"):
            sequence_lengths(path)

    def test_refuses_a_damaged_archive(self, tmp_path: Path) -> None:
        path = put(tmp_path / "a.fa.gz", fasta("c1"))
        path.write_bytes(path.read_bytes()[:-8] + b"\0" * 8)
        with pytest.raises(InvalidReferenceError, match="damaged"):
            sequence_lengths(path)

    def test_refuses_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidReferenceError, match="no file"):
            sequence_lengths(tmp_path / "none.fa")

    def test_refuses_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidReferenceError, match="folder"):
            sequence_lengths(tmp_path)


class TestCopySequences:
    @pytest.mark.parametrize("width", [1, 7, 60, 61, LENGTH])
    def test_makes_lines_of_one_length(self, tmp_path: Path, width: int) -> None:
        paths = [put(tmp_path / "a.fa.gz", fasta("c1", "c2", width=width)), put(tmp_path / "b.fa", fasta("c3"))]
        copy_sequences(paths, names={"c1": "c1", "c2": "two", "c3": "c3"}, output=tmp_path / "out.fa")
        assert (tmp_path / "out.fa").read_text() == "".join(
            f">{name}\n" + "".join(f"{BASES[start : start + 60]}\n" for start in range(0, LENGTH, 60))
            for name in ("c1", "two", "c3")
        )
        sequence = Sequence(tmp_path / "out.fa")
        assert sequence.lengths == {"c1": LENGTH, "two": LENGTH, "c3": LENGTH}
        assert sequence.contig("two").bases(start=55, end=65).decode() == BASES[55:65]

    def test_writes_the_index_that_faidx_writes(self, tmp_path: Path) -> None:
        copy_sequences(
            [put(tmp_path / "a.fa", fasta("c1", "c2"))], names={"c1": "c1", "c2": "c2"}, output=tmp_path / "o"
        )
        ours = (tmp_path / "o.fai").read_text()
        (tmp_path / "o.fai").unlink()
        pysam.faidx(str(tmp_path / "o"))
        assert (tmp_path / "o.fai").read_text() == ours

    def test_keeps_case_and_drops_carriage_returns(self, tmp_path: Path) -> None:
        path = put(tmp_path / "a.fa", ">c1\r\nacgtNNRY\r\nAC\r\n")
        copy_sequences([path], names={"c1": "c1"}, output=tmp_path / "out.fa")
        assert (tmp_path / "out.fa").read_text() == ">c1\nacgtNNRYAC\n"
