import pytest

from genomics.users.forms import LineField


class TestLineField:
    @pytest.mark.parametrize(
        ("typed", "line"),
        [
            ("  Ada   Lovelace ", "Ada Lovelace"),
            ("Ada\r\nBcc: x@y.example", "Ada Bcc: x@y.example"),
            ("Ada\x1b[31m\x07", "Ada [31m"),
            ("Ada \u202egpj.exe\u2066", "Ada gpj.exe"),
            ("Ümläut 样 علي", "Ümläut 样 علي"),
            ("نمی\u200cخواهم", "نمی\u200cخواهم"),  # a joiner without which Persian is misspelt
        ],
    )
    def test_gives_one_line_that_changes_nothing_around_it(self, typed: str, line: str) -> None:
        assert LineField().clean(typed) == line
