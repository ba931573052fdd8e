"""What is known of sites is written alike in C and in Python."""

import ctypes
import random

import numpy as np
import pytest

from annotator import site_texts
from annotator.site_texts import named
from annotator.spans import Spans, spans_of


@pytest.fixture(params=["python", "c"])
def both_ways(request: pytest.FixtureRequest, loops: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_texts, "_LIBRARY", loops if request.param == "c" else None)


@pytest.mark.usefixtures("both_ways")
class TestNamed:
    def test_writes_the_number_as_identifier_and_before_the_text(self) -> None:
        texts = spans_of([b"K=1", b"", b"K=2", b""])
        values = named(np.array([7, 4294967295, 0, 0], dtype=np.uint32), texts, field=b"DBSNP")
        assert values.identifiers.list() == [b"rs7", b"rs4294967295", b"", b""]
        assert values.texts.list() == [b"DBSNP=rs7;K=1", b"DBSNP=rs4294967295", b"K=2", b""]

    def test_leaves_the_text_alone_without_a_field(self) -> None:
        values = named(np.array([7, 0], dtype=np.uint32), spans_of([b"K=1", b"K=2"]), field=b"")
        assert (values.identifiers.list(), values.texts.list()) == ([b"rs7", b""], [b"K=1", b"K=2"])

    def test_has_no_identifiers_without_numbers(self) -> None:
        values = named(None, spans_of([b"K=1"]), field=b"DBSNP")
        assert (values.identifiers.list(), values.texts.list()) == ([b""], [b"K=1"])

    def test_takes_pieces_of_a_larger_text_in_any_order(self) -> None:
        chance = random.Random(3)
        text = bytes(chance.choices(b"ABC;=", k=200))
        begins = np.array([chance.randrange(100) for _ in range(50)], dtype=np.int64)
        ends = begins + np.array([chance.randrange(60) for _ in begins], dtype=np.int64)
        spans = Spans(text=np.frombuffer(text, dtype=np.uint8), begins=begins, ends=ends)
        assert named(None, spans, field=b"").texts.list() == [text[b:e] for b, e in zip(begins, ends, strict=True)]
