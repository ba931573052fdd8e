import pytest

from genomics.lines import one_line


class TestOneLine:
    @pytest.mark.parametrize(
        "text",
        [
            "a\r\nBcc: b@evil.example",
            "a\nb",
            "a\x00b",
            "a\x1b[31mb",
            "a\u2028b",
            "a\u2029b",
            "a\x85b",
            "a\u202eb",
            "a\u2066b",
        ],
    )
    def test_leaves_nothing_that_ends_a_line_or_turns_it(self, text: str) -> None:
        line = one_line(text)
        assert line.isprintable()
        assert len(line.splitlines()) == 1
        assert line.startswith("a ")

    @pytest.mark.parametrize("text", ["sample.vcf", "Zürich–Łódź", "样本.vcf", "a ~ <b> & 'c'", "نمی\u200cخواهم"])
    def test_keeps_ordinary_text(self, text: str) -> None:
        assert one_line(text) == text

    def test_shortens_in_the_middle(self) -> None:
        line = one_line("a" * 300 + ".vcf", limit=40)
        assert len(line) == 40
        assert line.startswith("aaa")
        assert "…" in line
        assert line.endswith(".vcf")

    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
    def test_keeps_to_tiny_limits(self, limit: int) -> None:
        assert len(one_line("abcdefgh", limit=limit)) == limit

    def test_does_not_touch_what_fits(self) -> None:
        assert one_line("a" * 40, limit=40) == "a" * 40
