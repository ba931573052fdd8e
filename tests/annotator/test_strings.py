"""Columns of strings from pieces of a text."""

import numpy as np

from annotator.strings import strings


def test_pieces_of_ascii() -> None:
    found = strings(np.frombuffer(b"abc", dtype=np.uint8), np.array([1, 0, 2]), np.array([3, 0, 3]))
    assert found.to_pylist() == ["bc", None, "c"]


def test_what_is_no_utf_8_is_replaced() -> None:
    text = np.frombuffer("é".encode() + b"\xff", dtype=np.uint8)
    found = strings(text, np.array([0, 2, 2]), np.array([2, 3, 2]))
    assert found.to_pylist() == [
        "é",
        "\N{REPLACEMENT CHARACTER}",
        None,
    ]


def test_none() -> None:
    assert len(strings(np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))) == 0
