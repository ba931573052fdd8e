"""Blocks shared by processes, with stand-ins for what annotates them."""

import multiprocessing
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn, cast

import pytest

from annotator.chunk import BlockAnnotator
from annotator.errors import EngineError, InvalidVcfError
from annotator.pipeline import annotate_blocks
from annotator.reading import TextBlock

LARGE = 4 * 1024 * 1024  # far more than fits into a connection at once


class Echo:
    """Gives back what a function makes of a block's text."""

    def __init__(self, change: Callable[[bytes], Any]) -> None:
        self._change = change

    def annotate(self, block: TextBlock) -> Any:
        return self._change(block.text)


def blocks(*texts: bytes) -> Iterator[TextBlock]:
    return (TextBlock(number=number, first_line=1, text=text) for number, text in enumerate(texts))


def outcomes(change: Callable[[bytes], Any], *texts: bytes, processes: int = 2) -> list[Any]:
    def make() -> BlockAnnotator:
        return cast(BlockAnnotator, Echo(change))

    with at_most(seconds=60):
        return [outcome for _, outcome in annotate_blocks(blocks(*texts), make=make, processes=processes)]


@contextmanager
def at_most(*, seconds: int) -> Iterator[None]:
    """This function will fail what waits for ever."""

    def fail(_number: int, _frame: FrameType | None) -> NoReturn:
        raise AssertionError(f"not done after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class TestOutcomes:
    @pytest.mark.parametrize("processes", [1, 2, 3])
    def test_come_in_the_order_of_the_file(self, processes: int) -> None:
        texts = [b"%d" % number for number in range(40)]

        def dawdle(text: bytes) -> bytes:
            time.sleep(random.Random(text).random() / 100)
            return text

        assert outcomes(dawdle, *texts, processes=processes) == texts

    def test_and_blocks_may_be_large(self) -> None:
        texts = [b"x" * LARGE] * 8
        assert outcomes(lambda text: text, *texts) == texts

    def test_may_be_few(self) -> None:
        assert outcomes(bytes.upper, processes=3) == []
        assert outcomes(bytes.upper, b"a", processes=3) == [b"A"]

    @pytest.mark.parametrize("processes", [1, 2])
    def test_are_faults_where_a_line_is_at_fault(self, processes: int) -> None:
        def refuse(text: bytes) -> bytes:
            if text == b"bad":
                raise InvalidVcfError("BAD_REF", message="REF is empty.", advice="Correct it.", line=7, column="REF")
            return text

        first, fault, last = outcomes(refuse, b"good", b"bad", b"good", processes=processes)
        assert (first, last) == (b"good", b"good")
        assert isinstance(fault, InvalidVcfError)
        assert (fault.code, fault.line, fault.column) == ("BAD_REF", 7, "REF")


class TestFaultsOfTheReader:
    @pytest.mark.parametrize("processes", [1, 2, 3])
    def test_are_told_after_what_stands_before_them(self, processes: int) -> None:
        fault = InvalidVcfError("NUL_BYTE", message="A byte is 0.", advice="Send text.", line=9, column=None)

        def read() -> Iterator[TextBlock]:
            yield from blocks(b"a", b"b", b"c")
            raise fault

        def dawdle(text: bytes) -> bytes:
            time.sleep(0.05)
            return text

        found: list[Any] = []
        steps = annotate_blocks(read(), make=lambda: cast(BlockAnnotator, Echo(dawdle)), processes=processes)
        with at_most(seconds=60), pytest.raises(InvalidVcfError) as caught:
            found.extend(outcome for _, outcome in steps)
        assert caught.value is fault
        assert found == [b"a", b"b", b"c"]


class TestWorkers:
    def test_tell_what_went_wrong(self) -> None:
        def fail(_text: bytes) -> bytes:
            raise OSError("the disk is gone")

        with pytest.raises(EngineError, match="A worker process failed: OSError: the disk is gone"):
            outcomes(fail, b"a")

    def test_that_are_killed_are_noticed(self) -> None:
        def die(_text: bytes) -> bytes:
            os.kill(os.getpid(), signal.SIGKILL)
            return b""

        with pytest.raises(EngineError, match="ended before its time, with -9"):
            outcomes(die, b"a", b"b")

    def test_end_when_nobody_wants_the_rest(self) -> None:
        steps = annotate_blocks(blocks(*[b"a"] * 20), make=lambda: cast(BlockAnnotator, Echo(bytes.upper)), processes=2)
        with at_most(seconds=60):
            next(steps)
            assert len(multiprocessing.active_children()) == 2
            steps.close()
        assert multiprocessing.active_children() == []

    @pytest.mark.skipif(sys.platform != "linux", reason="handles of processes are Linux's")
    def test_end_with_the_process_that_started_them(self) -> None:
        script = (
            "import os, time\n"
            "from annotator.pipeline import annotate_blocks\n"
            "from annotator.reading import TextBlock\n"
            "class Sleeper:\n"
            "    def annotate(self, block):\n"
            "        print(os.getpid(), flush=True)\n"
            "        time.sleep(600)\n"
            "block = TextBlock(number=0, first_line=1, text=b'a')\n"
            "next(annotate_blocks(iter([block]), make=Sleeper, processes=2))\n"
        )
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            worker = os.pidfd_open(int(parent.stdout.readline()))
            parent.kill()
            ready, _, _ = select.select([worker], [], [], 20)
            os.close(worker)
        assert ready
