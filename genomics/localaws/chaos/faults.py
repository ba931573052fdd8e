"""What can be wrong with SQS: the state that a test sets and the proxy obeys."""

import enum
import hashlib
import json
import random
import threading
import uuid
from collections import Counter
from dataclasses import dataclass

from genomics.localaws.chaos.messages import Request


class Outage(enum.StrEnum):
    """All of SQS is away, in one of three ways."""

    UNAVAILABLE = "answers 503"
    REFUSING = "refuses connections"
    MISSING_QUEUE = "queues are missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disorder:
    """What happens to the messages of one queue: shares (0 to 1) of those sent, and the longest delay."""

    queue: str  # the name that its URL ends with
    dropped: float = 0.0
    doubled: float = 0.0
    delayed: float = 0.0
    delay_seconds: float = 0.0


class Fate(enum.StrEnum):
    """What becomes of one message that somebody sends."""

    SENT = "sent"
    DROPPED = "dropped"
    DOUBLED = "doubled"
    DELAYED = "delayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer that the proxy makes up."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/x-amz-json-1.0"),)


class Faults:
    """The faults of the moment; set by the test's threads, read by the proxy's."""

    def __init__(self, *, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self._lock = threading.Lock()
        self._outage: Outage | None = None
        self._disorder: Disorder | None = None
        self.fates: Counter[Fate] = Counter()
        self.refusals: Counter[Outage] = Counter()

    @property
    def outage(self) -> Outage | None:
        """None: SQS works."""
        return self._outage

    def begin(self, fault: Outage | Disorder) -> None:
        with self._lock:
            if isinstance(fault, Outage):
                self._outage = fault
            else:
                self._disorder = fault

    def end(self) -> None:
        with self._lock:
            self._outage = self._disorder = None

    def refusal(self, request: Request) -> Answer | None:
        """This function will give the answer of an SQS that is away, None for a request that shall pass."""
        outage = self._outage
        if outage is None or not request.for_sqs:
            return None
        self.refusals[outage] += 1
        if outage is Outage.MISSING_QUEUE:
            return _missing_queue()
        return Answer(status=503, body=b'{"__type":"com.amazonaws.sqs#ServiceUnavailable"}')

    def fate(self, request: Request) -> tuple[Fate, float]:
        """This function will decide what becomes of a request, and how many seconds it waits before that."""
        with self._lock:
            disorder = self._disorder
            if disorder is None or not request.sends_to(disorder.queue):
                return Fate.SENT, 0.0
            draw = self._random.random()
            delay = 0.0
            if draw < disorder.dropped:
                fate = Fate.DROPPED
            elif draw < disorder.dropped + disorder.doubled:
                fate = Fate.DOUBLED
            elif draw < disorder.dropped + disorder.doubled + disorder.delayed:
                fate, delay = Fate.DELAYED, self._random.uniform(0, disorder.delay_seconds)
            else:
                fate = Fate.SENT
            self.fates[fate] += 1
            return fate, delay


def accepted(request: Request) -> Answer:
    """This function will give the answer of an SQS that has taken a message."""
    body = json.dumps(
        {
            "MessageId": str(uuid.uuid4()),
            "MD5OfMessageBody": hashlib.md5(request.message.encode(), usedforsecurity=False).hexdigest(),
        }
    )
    return Answer(status=200, body=body.encode())


def _missing_queue() -> Answer:
    return Answer(
        status=400,
        body=b'{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}',
        headers=(
            ("Content-Type", "application/x-amz-json-1.0"),
            ("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender"),
        ),
    )
