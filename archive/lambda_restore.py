"""The restore from Glacier's vaults as a Lambda function: the topic vault-events calls it when a retrieval has ended.

All that it needs to know is the errand in the message. It imports neither Django nor Celery and asks no database: the
item of the job in DynamoDB tells whether anybody waits for the bytes.

1. The item says RESTORING, and not yet that this retrieval is done.
2. The bytes are carried into hot storage in verified ranges, or are there, and are read once more as a whole.
3. The item is told (`restored_*`, never the status), if the job is still being restored.
4. The notifications queue is told. A worker goes on from there, and the archive is deleted last.

Every step may be cut off: the same message, given again by Lambda or by the function itself when its time is nearly
over, goes on with what is missing. When none comes any more, the workers restore (archive.recall).
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from archive import transfer
from archive.errors import ChecksumMismatchError
from archive.transfer import Between, Errand, Report
from genomics.aws import dynamodb, functions, glacier, s3, sqs
from genomics.aws.dynamodb import Item, Table, Value
from genomics.aws.errors import NotInVaultError

logger = logging.getLogger(__name__)

_KEY = "job_id"
_STATUS = "status"
_RESTORING = "RESTORING"  # as jobs.models says it
_SLEEPING = "ARCHIVED"
_MOST_CALLS = 10  # of itself, for one message; what takes longer is left to the workers

Clock = Callable[[], datetime]


class OutOfTimeError(Exception):
    """The function's time is nearly over."""


class NotYetError(Exception):
    """The item still says that the result sleeps: it is a little late. Lambda gives the message again in a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What the function works with."""

    vault: str
    bucket: str  # of results
    table: Table
    notifications: str  # URL of the queue
    part_bytes: int = s3.PART_BYTES  # 2ⁿ MiB
    margin: timedelta = timedelta(seconds=60)  # enough for one part, however slow; then the rest is the next call's


def handle(event: dict[str, Any], context: Any) -> None:
    """This function will restore what the message of a topic is about. Lambda calls it; an error lets it call again."""
    logging.getLogger().setLevel(logging.INFO)
    places = Places(
        vault=os.environ["VAULT_NAME"],
        bucket=os.environ["RESULTS_BUCKET"],
        table=Table(name=os.environ["JOBS_TABLE"], key=_KEY),
        notifications=os.environ["NOTIFICATIONS_QUEUE_URL"],
    )
    run(event, context, places=places, clock=lambda: datetime.now(UTC))


def run(event: dict[str, Any], context: Any, *, places: Places, clock: Clock) -> None:
    """This function will restore, and let itself be called again with the same event when the time is too short."""

    def go_on() -> None:
        if timedelta(milliseconds=context.get_remaining_time_in_millis()) < places.margin:
            raise OutOfTimeError

    calls = int(event.get("calls", 1))
    try:
        for record in event["Records"]:
            restore(record["Sns"]["Message"], places=places, between=go_on, clock=clock)
    except OutOfTimeError:
        if calls >= _MOST_CALLS:
            logger.error("Given up after %s calls: a worker will restore it.", calls)
            return
        logger.info("Call %s ends before its time does; the next one goes on.", calls)
        functions.call_later(context.invoked_function_arn, event={**event, "calls": calls + 1})


def restore(message: str, *, places: Places, between: Between, clock: Clock) -> bool:
    """This function will bring back the file that a message of Glacier's is about, and tell whether it reported.

    `between` is called before each range and may raise. Raises NotYetError, and those of genomics.aws.errors that say
    to try again.
    """
    job = glacier.parse_message(message)
    errand = Errand.read(job.description) if job is not None and job.succeeded else None
    if job is None or job.completed_at is None or errand is None or errand.target.bucket != places.bucket:
        logger.info("This message is about no restore of ours that can be done.")
        return False
    report = Report(
        retrieval_id=errand.retrieval_id,
        ready_at=job.completed_at,
        size_bytes=errand.target.size_bytes,
        sha256=errand.target.sha256,
        failure="",
    )
    item = _item(errand, places=places)
    try:
        if _is_done(item, errand=errand) or (
            _is_wanted(item, errand=errand)
            and _bring(job.job_id, errand=errand, places=places, between=between)
            and _tell_item(errand, ready_at=job.completed_at, places=places, now=clock())
        ):
            _send(report, places=places)
            return True
    except ChecksumMismatchError as error:
        logger.exception("Retrieval %s has brought something else.", errand.retrieval_id)
        failure = f"ChecksumMismatchError: {error}"
        _send(replace(report, size_bytes=0, sha256="", failure=failure), places=places)
        return True
    return False


def _is_done(item: Item, *, errand: Errand) -> bool:
    """This function will tell whether an earlier call has brought the file; it may have ended before it reported."""
    return item.get(_mark_of(errand, "retrieval")) == errand.retrieval_id


def _is_wanted(item: Item, *, errand: Errand) -> bool:
    """This function will tell whether the job waits for the bytes. An item is gone when its job was deleted."""
    status = item.get(_STATUS)
    if status == _SLEEPING:
        raise NotYetError(f"Job {errand.job_id} is {status}")
    if status != _RESTORING:
        logger.info("Nobody waits for retrieval %s: its job is %s.", errand.retrieval_id, status or "deleted")
    return status == _RESTORING


def _bring(glacier_job: str, *, errand: Errand, places: Places, between: Between) -> bool:
    """This function will see to it that the bytes lie in hot storage, and tell whether they do."""

    def read(start: int, stop: int) -> bytes:
        between()
        return glacier.read_output(places.vault, job_id=glacier_job, start=start, stop=stop)

    try:
        if not transfer.is_there(errand.target, between=between):
            transfer.carry(read, target=errand.target, part_bytes=places.part_bytes, between=between)
    except NotInVaultError:
        logger.warning("The bytes of retrieval %s are gone again.", errand.retrieval_id)
        return False
    return True


def _tell_item(errand: Errand, *, ready_at: datetime, places: Places, now: datetime) -> bool:
    """This function will write into the item what was restored, and tell whether somebody still waits for it.

    Only while the job is being restored, and never over a later retrieval. A job that was deleted meanwhile has no
    item; what was brought for it is removed.
    """
    told: dict[str, Value] = {
        "retrieval": errand.retrieval_id,
        "ready_at": _text(ready_at),
        "bytes": errand.target.size_bytes,
        "sha256": errand.target.sha256,
        "at": _text(now),
    }
    written = dynamodb.write(
        places.table,
        key=errand.job_id,
        values={_mark_of(errand, name): value for name, value in told.items()},
        increasing=_mark_of(errand, "ready_at"),
        only_if={_STATUS: _RESTORING},
    )
    if written:
        return True
    item = _item(errand, places=places)
    if not item:
        s3.delete(errand.target.bucket, keys=[errand.target.key])
    logger.info("Job %s has moved on while a file of it was restored.", errand.job_id)
    return _is_done(item, errand=errand)


def _send(report: Report, *, places: Places) -> None:
    sqs.send(places.notifications, body=report.write())


def _item(errand: Errand, *, places: Places) -> Item:
    """This function will give what is looked at in the job's item; nothing without an item."""
    attributes = [_KEY, _STATUS, _mark_of(errand, "retrieval")]
    return dynamodb.read(places.table, keys=[errand.job_id], attributes=attributes).get(errand.job_id, {})


def _mark_of(errand: Errand, name: str) -> str:
    """This function will give the name of an attribute for one file of the job: restored_<name>_<file's name>."""
    return f"restored_{name}_{errand.target.key.rpartition('/')[2]}"


def _text(moment: datetime) -> str:
    """This function will write a time as the item's other times are written: such texts sort as the times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
