"""Progress on a terminal, and elsewhere."""

import io

from annotator.commands.bars import Bars


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestBars:
    def test_draw_on_a_terminal(self) -> None:
        terminal = Terminal()
        bars = Bars(terminal)
        bars("Reading", 0.0)
        bars("Reading", 0.5)
        bars("Writing", 0.25)
        bars.close()
        lines = terminal.getvalue().split("\n")
        assert len(lines) == 3
        assert lines[0].startswith("\rReading ")
        assert lines[0].endswith(f"{'█' * 24} 100%")
        assert lines[1].endswith(f"{'█' * 24} 100%")
        assert "░" in lines[1]

    def test_print_one_line_for_each_step_elsewhere(self) -> None:
        stream = io.StringIO()
        bars = Bars(stream)
        for part in (0.0, 0.5, 1.0):
            bars("Reading", part)
        bars("Writing", 1.0)
        bars.close()
        assert stream.getvalue() == "Reading\nWriting\n"

    def test_close_twice_without_harm(self) -> None:
        terminal = Terminal()
        bars = Bars(terminal)
        bars.close()
        bars("Reading", 0.0)
        bars.close()
        bars.close()
        assert terminal.getvalue().count("\n") == 1
