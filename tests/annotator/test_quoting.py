"""Text of a file, made fit for messages."""

import pytest

from annotator.errors import InvalidVcfError
from annotator.quoting import EXCERPT_CHARACTERS, excerpt, visible


class TestVisible:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("é 基 x", "é 基 x"),
            ("a\0b", r"a\x00b"),
            ("a\tb\r\n", r"a\tb\r\n"),
            ("\x1b[31mred", r"\x1b[31mred"),
            ("a\x7f\x9b", r"a\x7f\x9b"),
            ("a\u202eb", r"a\u202eb"),
            ("a\ud800", r"a\ud800"),
        ],
    )
    def test_escapes_what_cannot_be_seen(self, text: str, shown: str) -> None:
        assert visible(text) == shown

    def test_leaves_what_it_has_escaped_alone(self) -> None:
        assert visible(visible("a\0b")) == visible("a\0b")


class TestExcerpt:
    def test_gives_a_short_text_whole(self) -> None:
        assert excerpt(b"x" * EXCERPT_CHARACTERS) == "x" * EXCERPT_CHARACTERS

    @pytest.mark.parametrize("text", [b"x" * 61, b"\0" * 30, b"x" * 10_000_000, "é".encode() * 200])
    def test_shortens_a_long_one_and_says_so(self, text: bytes) -> None:
        assert len(excerpt(text)) == EXCERPT_CHARACTERS
        assert excerpt(text).endswith("…")

    def test_shows_bytes_that_are_no_text(self) -> None:
        assert excerpt(b"M\xfcller") == r"M\xfcller"

    def test_takes_text_too(self) -> None:
        assert excerpt("a\0b") == r"a\x00b"


class TestInvalidVcfError:
    def test_never_holds_control_characters_whoever_made_the_message(self) -> None:
        error = InvalidVcfError("X", message="a\0b", advice="c\x1bd", column="e\nf")
        assert (error.message, error.advice, error.column) == (r"a\x00b", r"c\x1bd", r"e\nf")
        assert str(error).isprintable()
