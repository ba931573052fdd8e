"""A vault in this process's memory, for tests: what it does is told to it."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive import transfer
from archive.errors import (
    ArchiveMissingError,
    NoExpeditedCapacityError,
    RetrievalFailedError,
    RetrievalGoneError,
    RetrievalNotReadyError,
    VaultThrottledError,
)
from archive.models import Tier, VaultName
from archive.transfer import Errand, HotFile
from archive.vaults.base import Archive, Event, Held, Order, Standing, State, translated


@dataclass(frozen=True, slots=True, kw_only=True)
class _Retrieval:
    archive_id: str
    errand: Errand
    ready_at: datetime
    expires_at: datetime
    fails: bool


class MemoryVault:
    """Archives and retrievals in dicts; hot files are in S3, as for the other vaults."""

    name = VaultName.MEMORY
    lag = timedelta(0)

    def __init__(self, *, clock: Callable[[], datetime], part_bytes: int) -> None:
        self.capacity = True  # False: none for tier EXPEDITED
        self.throttled = False
        self.failing = False  # True: retrievals that begin now will end without bytes
        self.duration = timedelta(0)  # of retrievals that begin now
        self.lifetime = timedelta(hours=24)  # of the bytes that they bring
        self._clock = clock
        self._part_bytes = part_bytes
        self._archives: dict[str, bytes] = {}
        self._stored_at: dict[str, datetime] = {}
        self._retrievals: dict[str, _Retrieval] = {}

    def store(self, source: HotFile, *, name: str) -> Archive:
        with translated():
            transfer.check_size(source)
            data = transfer.read(source, start=0, stop=source.size_bytes)
        sha256 = hashlib.sha256(data).hexdigest()
        transfer.check_digest(source, sha256=sha256)
        self._archives[name] = data
        self._stored_at[name] = self._clock()
        return Archive(archive_id=name, size_bytes=len(data), sha256=sha256, checksum=sha256, storage_class="")

    def begin_retrieval(self, order: Order) -> str:
        ticket, archive_id = order.errand.retrieval_id, order.archive.archive_id
        before = self._retrievals.get(ticket)
        if before is not None and self._standing(before).state in {State.RUNNING, State.READY}:
            return ticket
        if archive_id not in self._archives:
            raise ArchiveMissingError(archive_id)
        if self.throttled:
            raise VaultThrottledError("throttled")
        if order.tier is Tier.EXPEDITED and not self.capacity:
            raise NoExpeditedCapacityError("no capacity")
        ready_at = self._clock() + self.duration
        self._retrievals[ticket] = _Retrieval(
            archive_id=archive_id,
            errand=order.errand,
            ready_at=ready_at,
            expires_at=ready_at + self.lifetime,
            fails=self.failing,
        )
        return ticket

    def state(self, archive: Archive, *, ticket: str) -> Standing:
        if archive.archive_id not in self._archives:
            raise ArchiveMissingError(archive.archive_id)
        found = self._retrievals.get(ticket)
        return Standing(state=State.GONE) if found is None else self._standing(found)

    def fetch(self, archive: Archive, *, ticket: str, target: HotFile) -> None:
        with translated():
            if transfer.is_there(target):
                return
            state = self.state(archive, ticket=ticket).state
            if state is not State.READY:
                raise _REFUSALS[state](ticket)
            data = self._archives[archive.archive_id]
            transfer.carry(lambda start, stop: data[start:stop], target=target, part_bytes=self._part_bytes)

    def delete(self, archive_id: str) -> None:
        self._archives.pop(archive_id, None)

    def look(self, archive: Archive) -> Held:
        if archive.archive_id not in self._archives:
            raise ArchiveMissingError(archive.archive_id)
        return self._held(archive.archive_id)

    def held(self, *, prefix: str = "") -> Iterator[Held]:
        yield from (self._held(name) for name in sorted(self._archives) if name.startswith(prefix))

    def parse_event(self, body: str) -> tuple[Event, ...]:
        try:
            ticket = json.loads(body)["memory"]
            found = self._retrievals[ticket]
        except (ValueError, KeyError, TypeError, RecursionError):
            return ()
        return (Event(archive_id=found.archive_id, ticket=ticket, errand=found.errand, standing=self._standing(found)),)

    def message(self, ticket: str) -> str:
        """This function will give the message that a topic would carry when this retrieval ends."""
        return json.dumps({"memory": ticket})

    def _held(self, name: str) -> Held:
        data = self._archives[name]
        return Held(
            archive_id=name,
            name=name,
            size_bytes=len(data),
            checksum=hashlib.sha256(data).hexdigest(),
            stored_at=self._stored_at[name],
        )

    def _standing(self, found: _Retrieval) -> Standing:
        now = self._clock()
        if now < found.ready_at:
            return Standing(state=State.RUNNING)
        if found.fails:
            return Standing(state=State.FAILED)
        if now >= found.expires_at:
            return Standing(state=State.GONE)
        return Standing(state=State.READY, ready_at=found.ready_at, expires_at=found.expires_at)


_REFUSALS: dict[State, type[Exception]] = {
    State.RUNNING: RetrievalNotReadyError,
    State.FAILED: RetrievalFailedError,
    State.GONE: RetrievalGoneError,
}
