"""A proxy on loopback between the clients and the local AWS, where faults of SQS are made."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any

from genomics.localaws.chaos.faults import Answer, Fate, Faults, Outage, accepted
from genomics.localaws.chaos.messages import BadRequestError, Request, read_request

HOST = "127.0.0.1"
_CHUNK_BYTES = 64 * 1024
_FOLLOW_SECONDS = 0.05  # how soon the listener follows a change of the faults


@contextmanager
def running(faults: Faults, *, port: int, upstream_port: int) -> Iterator[None]:
    """This function will serve the proxy in a thread for the length of a with block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="faults", daemon=True)
    thread.start()
    proxy = Proxy(faults, port=port, upstream_port=upstream_port)
    following = asyncio.run_coroutine_threadsafe(proxy.start(), loop).result()
    try:
        yield
    finally:
        following.cancel()
        asyncio.run_coroutine_threadsafe(proxy.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class Proxy:
    """Passes requests on, one connection of its own for each, unless the faults say otherwise."""

    def __init__(self, faults: Faults, *, port: int, upstream_port: int) -> None:
        self._faults = faults
        self._port = port
        self._upstream_port = upstream_port
        self._server: asyncio.Server | None = None  # None while connections are refused
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> "asyncio.Task[None]":
        """This function will listen, and give the task that opens and closes the port as the faults say."""
        await self._listen()
        return asyncio.create_task(self._follow())

    async def stop(self) -> None:
        await self._close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self) -> None:
        while True:
            refusing = self._faults.outage is Outage.REFUSING
            if refusing and self._server is not None:
                await self._close()
            elif not refusing and self._server is None:
                await self._listen()
            await asyncio.sleep(_FOLLOW_SECONDS)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self._port)

    async def _close(self) -> None:
        """This function will free the port and cut off whoever is connected."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while (request := await read_request(reader, writer)) is not None:
                if not await self._answer(request, reader, writer):
                    break
        except (OSError, BadRequestError, asyncio.IncompleteReadError):
            writer.transport.abort()
        finally:
            self._writers.discard(writer)
            with suppress(OSError):
                writer.close()

    async def _answer(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """This function will answer a request and tell whether the connection may carry another one."""
        if refusal := self._faults.refusal(request):
            await _write(writer, refusal)
            return True
        fate, delay = self._faults.fate(request)
        if fate is Fate.SENT:
            await self._pass(request, reader, writer)
            return False
        await _write(writer, accepted(request))
        copies = {Fate.DROPPED: 0, Fate.DELAYED: 1, Fate.DOUBLED: 2}[fate]
        self._later(self._send(request, copies=copies, delay=delay))
        return True

    async def _pass(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """This function will bring the request to the local AWS and its answer back, as it comes.

        A client that leaves takes its request along: an open long poll of a dead one would swallow messages.
        """
        answer, upstream = await asyncio.open_connection(HOST, self._upstream_port)
        left = asyncio.create_task(reader.read(1))
        relayed = asyncio.create_task(_relay(answer, writer))
        try:
            upstream.write(request.encoded())
            await upstream.drain()
            await asyncio.wait({left, relayed}, return_when=asyncio.FIRST_COMPLETED)
            if relayed.done():
                relayed.result()
        finally:
            for task in (left, relayed):
                task.cancel()
            await asyncio.gather(left, relayed, return_exceptions=True)
            upstream.transport.abort()

    async def _send(self, request: Request, *, copies: int, delay: float) -> None:
        await asyncio.sleep(delay)
        for _ in range(copies):
            answer, upstream = await asyncio.open_connection(HOST, self._upstream_port)
            try:
                upstream.write(request.encoded())
                await answer.read()
            finally:
                upstream.close()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _relay(answer: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await answer.read(_CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()


async def _write(writer: asyncio.StreamWriter, answer: Answer) -> None:
    head = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    head += [f"{name}: {value}" for name, value in answer.headers]
    head += [f"Content-Length: {len(answer.body)}", "", ""]
    writer.write("\r\n".join(head).encode() + answer.body)
    await writer.drain()
