import io

from genomics.localaws.output import Output


class TestWrite:
    def test_puts_the_part_in_front(self) -> None:
        terminal = io.StringIO()
        Output(terminal).write("web", "hello")
        assert terminal.getvalue() == "web         | hello\n"

    def test_records_everything_and_shows_some(self) -> None:
        terminal, record = io.StringIO(), io.StringIO()
        output = Output(terminal, record=record, shown={"up"})
        output.write("web", "hello")
        output.write("up", "ready")
        assert terminal.getvalue() == "up          | ready\n"
        assert record.getvalue() == "web         | hello\nup          | ready\n"

    def test_outlives_a_closed_terminal(self) -> None:
        terminal, record = io.StringIO(), io.StringIO()
        terminal.close()
        Output(terminal, record=record, shown={"web"}).write("web", "hello")
        assert record.getvalue() == "web         | hello\n"
