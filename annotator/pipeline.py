"""Blocks in, annotated blocks out, in the order of the file: in this process, or shared by several.

A worker is forked from this process before it touches any block, so it starts with what is loaded already. It takes
blocks off its connection as they come, whatever it is doing, so this process never waits to hand one over while the
worker waits to hand one back. It ends when the connection does: with this process at the latest.
"""

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from annotator.chunk import AnnotatedBlock, BlockAnnotator
from annotator.errors import EngineError, InvalidVcfError, WorkerLostError
from annotator.reading import TextBlock

_BLOCKS_PER_WORKER = 2  # one at work, one on its way

Outcome = AnnotatedBlock | InvalidVcfError
Step = tuple[TextBlock, Outcome]


@dataclass(slots=True, kw_only=True, eq=False)
class _Worker:
    process: BaseProcess
    connection: Connection
    blocks: list[TextBlock] = field(default_factory=list)  # at work and on their way, in order


def annotate_blocks(
    blocks: Iterator[TextBlock], *, make: Callable[[], BlockAnnotator], processes: int
) -> Generator[Step]:
    """Give each block with what it has become, in order; the caller stops at the first one that is at fault.

    With one process everything happens here; with more, that many workers share the blocks. Raises EngineError when a
    worker ends before its time.
    """
    if processes == 1:
        annotator = make()
        for block in blocks:
            yield block, _outcome(annotator, block)
        return
    workers: list[_Worker] = []
    try:
        for _ in range(processes):
            workers.append(_start(make, workers))
        yield from _share(blocks, workers)
    finally:
        for worker in workers:
            worker.connection.close()
            worker.process.kill()
            worker.process.join()


def _outcome(annotator: BlockAnnotator, block: TextBlock) -> Outcome:
    try:
        return annotator.annotate(block)
    except InvalidVcfError as fault:
        return fault


def _share(blocks: Iterator[TextBlock], workers: list[_Worker]) -> Iterator[Step]:
    done: dict[int, Step] = {}
    following = 0
    more = True
    held: InvalidVcfError | None = None
    while True:
        while more and (worker := _freest(workers)) is not None and len(done) < _BLOCKS_PER_WORKER * len(workers):
            try:
                block = next(blocks, None)
            except InvalidVcfError as fault:  # the blocks before it have their say first
                block, held = None, fault
            more = block is not None
            if block is not None:
                _send(worker, block)
        while following in done:
            yield done.pop(following)
            following += 1
        busy = {worker.connection: worker for worker in workers if worker.blocks}
        if not busy:
            if held is not None:
                raise held
            if not more:
                return
            continue
        for ready in wait(list(busy)):
            step = _receive(busy[ready])  # type: ignore[index]
            done[step[0].number] = step


def _freest(workers: list[_Worker]) -> _Worker | None:
    worker = min(workers, key=lambda one: len(one.blocks))
    return worker if len(worker.blocks) < _BLOCKS_PER_WORKER else None


def _send(worker: _Worker, block: TextBlock) -> None:
    try:
        worker.connection.send(block)
    except OSError:
        raise _lost(worker) from None
    worker.blocks.append(block)


def _receive(worker: _Worker) -> Step:
    try:
        answer = worker.connection.recv()
    except (EOFError, OSError):
        raise _lost(worker) from None
    if isinstance(answer, str):
        raise EngineError(f"A worker process failed: {answer}.")
    return worker.blocks.pop(0), answer


def _lost(worker: _Worker) -> WorkerLostError:
    worker.process.join(timeout=1)
    return WorkerLostError(worker.process.exitcode)


def _start(make: Callable[[], BlockAnnotator], others: list[_Worker]) -> _Worker:
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    inherited = [here, *(other.connection for other in others)]
    process = context.Process(target=_work, args=(make, there, inherited), name="annotator", daemon=True)
    process.start()
    there.close()
    return _Worker(process=process, connection=here)


def _work(make: Callable[[], BlockAnnotator], connection: Connection, inherited: list[Connection]) -> None:
    for other in inherited:  # while any process holds the other end open, no end of the connection would be noticed
        other.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells all of them; the first process decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    blocks: queue.SimpleQueue[TextBlock] = queue.SimpleQueue()
    threading.Thread(target=_take_in, args=(connection, blocks), daemon=True).start()
    with contextlib.suppress(ConnectionError):
        try:
            annotator = make()
            while True:
                connection.send(_outcome(annotator, blocks.get()))
        except ConnectionError:
            raise
        except Exception as error:  # to be told by the first process
            connection.send(f"{type(error).__name__}: {error}")


def _take_in(connection: Connection, blocks: "queue.SimpleQueue[TextBlock]") -> None:
    try:
        while True:
            blocks.put(connection.recv())
    except (EOFError, OSError):
        os._exit(0)  # nobody is left to work for
