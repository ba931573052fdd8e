import pytest

from genomics.localaws.bench.figures import Figure, percentile, spread, table


class TestPercentile:
    @pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.95, 95), (1.0, 100), (0.0, 1)])
    def test_is_the_smallest_value_that_so_many_do_not_exceed(self, share: float, value: float) -> None:
        assert percentile(range(100, 0, -1), share=share) == value

    def test_of_one_value_is_that_value(self) -> None:
        assert percentile([3.0], share=0.95) == 3.0


class TestSpread:
    def test_gives_milliseconds_and_judges_the_goal_by_p95(self) -> None:
        p50, p95 = spread("wait", [0.1] * 90 + [0.6] * 10, below_p95=0.5)
        assert (p50.value, p95.value) == (100, 600)
        assert p95.missed
        assert not p50.verdict


class TestTable:
    def test_lines_up_and_names_what_was_missed(self) -> None:
        figures = [
            Figure(name="fast", value=12.34, unit="ms", below=20),
            Figure(name="slow", value=1234.5, unit="ms", below=20),
            Figure(name="many", value=3.14159, unit="per s"),
        ]
        head, rule, fast, slow, many = table(figures).splitlines()
        assert len({len(line) for line in (head, rule, fast, slow, many)}) == 1
        assert "12.3" in fast
        assert "met" in fast
        assert "1,234" in slow
        assert "MISSED" in slow
        assert "3.1" in many
