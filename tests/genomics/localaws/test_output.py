import io

from genomics.localaws.output import Output


class TestWrite:
    def test_puts_the_part_in_front(self) -> None:
        stream = io.StringIO()
        Output(stream).write("web", "hello")
        assert stream.getvalue() == "web         | hello\n"

    def test_outlives_a_closed_terminal(self) -> None:
        stream = io.StringIO()
        stream.close()
        Output(stream).write("web", "hello")
