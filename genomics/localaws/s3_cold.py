"""S3's archive classes: objects that sleep, restores that take their time, announce themselves and expire.

Stock moto restores at once, tells nobody unless somebody looks, never refuses a second request and never expires.
An object in GLACIER or DEEP_ARCHIVE is refused (InvalidObjectState) until a copy of it was restored; the copy ends
after the days that were asked for. GLACIER_IR is read like any other object and cannot be restored.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from moto.s3 import models, notifications, responses
from moto.s3.exceptions import InvalidObjectState, PreconditionFailed
from moto.s3.notifications import S3NotificationEvent

from genomics.localaws import journal, journal_places
from genomics.localaws.cold import BULK, EXPEDITED, STANDARD, conditions
from genomics.localaws.patching import Patch
from genomics.localaws.refusals import Refusal

_TIERS: dict[str, tuple[str, ...]] = {
    "GLACIER": (EXPEDITED, STANDARD, BULK),
    "DEEP_ARCHIVE": (STANDARD, BULK),
}
_FASTEST_FIRST = (EXPEDITED, STANDARD, BULK)
_ATTRIBUTE = "restored_copy"
_stock_response_dict = models.FakeKey.response_dict
_stock_copy_object = responses.S3Response.copy_object
_stock_event = notifications._get_s3_event

_waking: set[tuple[str, str]] = set()  # bucket and key of the objects whose restored copy is coming or there


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredCopy:
    """The temporary copy of an archived object: on its way until `ready_at`, gone from `expires_at` on."""

    tier: str
    ready_at: datetime
    expires_at: datetime
    announced: bool

    @property
    def header(self) -> str:
        """What S3 answers as `x-amz-restore`."""
        if datetime.now(UTC) < self.ready_at:
            return 'ongoing-request="true"'
        return f'ongoing-request="false", expiry-date="{self.expires_at:%a, %d %b %Y %H:%M:%S GMT}"'


class NotInActiveTierError(InvalidObjectState):
    code = "ObjectNotInActiveTierError"


def remember() -> None:
    """This function will look which restored copies there are: after the state was read from a snapshot."""
    _waking.clear()
    _waking.update(place for place, key in _objects() if _copy_of(key) is not None)


def tick() -> bool:
    """This function will announce copies that have become ready, drop those that have expired, and tell if any."""
    return any([_let_pass(bucket, name) for bucket, name in list(_waking)])  # noqa: C419  # all of them


def answer_restore(response: Any, *, body: bytes, bucket: str, name: str) -> Any:
    """This function will answer a RestoreObject: 202 when a copy is on its way, 200 when there is one already."""
    key = response.backend.get_object(bucket, name)
    days, tier = _asked(body)
    try:
        _check_restore(key, days=days, tier=tier)
        journal.touch(journal_places.Object(bucket=bucket, key=name))
        return _restore(key, tier=tier, lifetime=conditions.day * days), {}, ""
    except Refusal as refusal:
        code, message = refusal.code, refusal.message
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
        return refusal.status, {"Content-Type": "application/xml"}, text


def check_readable(key: Any) -> None:
    """This function will refuse to copy from an object that sleeps."""
    copy = _copy_of(key)
    if key.storage_class in _TIERS and (copy is None or datetime.now(UTC) < copy.ready_at):
        raise NotInActiveTierError(storage_class=key.storage_class)


def _asked(body: bytes) -> tuple[int, str]:
    """This function will give days and tier of a RestoreRequest."""
    texts = {element.tag.rpartition("}")[2]: element.text or "" for element in ET.fromstring(body).iter()}  # noqa: S314
    return int(texts.get("Days", "0") or 0), texts.get("Tier") or STANDARD


def _check_restore(key: Any, *, days: int, tier: str) -> None:
    if key is None:
        raise Refusal(status=404, code="NoSuchKey", message="The specified key does not exist.")
    tiers = _TIERS.get(key.storage_class, ())
    if not tiers:
        message = "Restore is not allowed in this storage tier."
        raise Refusal(status=403, code="ObjectAlreadyInActiveTierError", message=message)
    if tier not in tiers or days < 1:
        message = f"{tier} for {days} days is no way to restore {key.storage_class}."
        raise Refusal(status=400, code="InvalidArgument", message=message)
    if conditions.throttled:
        raise Refusal(status=503, code="SlowDown", message="Please reduce your request rate.")
    if tier == EXPEDITED and not conditions.expedited_capacity:
        message = "Glacier expedited retrievals are currently not available, please try again later"
        raise Refusal(status=503, code="GlacierExpeditedRetrievalNotAvailable", message=message)


def _restore(key: Any, *, tier: str, lifetime: timedelta) -> int:
    """This function will do what a request asks for, and give the status of the answer."""
    now, copy = datetime.now(UTC), _copy_of(key)
    ready_at = now + conditions.times[tier]
    if copy is None:
        _keep(key, RestoredCopy(tier=tier, ready_at=ready_at, expires_at=ready_at + lifetime, announced=False))
        _announce(key, S3NotificationEvent.OBJECT_RESTORE_POST_EVENT)
        return 202
    if now >= copy.ready_at:  # it stays longer
        _keep(key, replace(copy, expires_at=now + lifetime))
        return 200
    if _FASTEST_FIRST.index(tier) >= _FASTEST_FIRST.index(copy.tier):
        message = "Object restore is already in progress"
        raise Refusal(status=409, code="RestoreAlreadyInProgress", message=message)
    _keep(key, replace(copy, tier=tier, ready_at=min(copy.ready_at, ready_at)))  # a faster tier speeds it up
    return 202


def _let_pass(bucket: str, name: str) -> bool:
    key = next((backend.get_object(bucket, name) for backend in _backends() if bucket in backend.buckets), None)
    copy = None if key is None else key.__dict__.get(_ATTRIBUTE)
    if key is None or copy is None:
        _waking.discard((bucket, name))
        return False
    now = datetime.now(UTC)
    if now >= copy.expires_at:
        key.__dict__.pop(_ATTRIBUTE)
        _waking.discard((bucket, name))
        _announce(key, S3NotificationEvent.OBJECT_RESTORE_DELETE_EVENT)
        return True
    if now < copy.ready_at or copy.announced:
        return False
    _keep(key, replace(copy, announced=True))
    _announce(key, S3NotificationEvent.OBJECT_RESTORE_COMPLETED_EVENT)
    return True


def _copy_of(key: Any) -> RestoredCopy | None:
    copy: RestoredCopy | None = key.__dict__.get(_ATTRIBUTE)
    return None if copy is None or datetime.now(UTC) >= copy.expires_at else copy


def _keep(key: Any, copy: RestoredCopy) -> None:
    key.__dict__[_ATTRIBUTE] = copy
    _waking.add((key.bucket_name, key.name))


def _announce(key: Any, event: S3NotificationEvent) -> None:
    bucket = models.s3_backends[key.account_id][key.partition].get_bucket(key.bucket_name)
    notifications.send_event(key.account_id, event, bucket, key=key)


def _objects() -> Iterator[tuple[tuple[str, str], Any]]:
    for backend in _backends():
        for bucket in list(backend.buckets.values()):
            for name in list(bucket.keys):
                key = bucket.keys.get(name)
                if isinstance(key, models.FakeKey):
                    yield (bucket.name, name), key


def _backends() -> Iterator[Any]:
    for partitions in list(models.s3_backends.values()):
        yield from list(partitions.values())


def _response_dict(key: Any) -> dict[str, Any]:
    shown: dict[str, Any] = _stock_response_dict.fget(key)  # type: ignore[attr-defined]
    copy = _copy_of(key)
    if copy is not None:
        shown["x-amz-restore"] = copy.header
    return shown


def _copy_object(response: Any) -> Any:
    """This function will refuse to overwrite when asked so, as S3 does; moto does it for PutObject only."""
    wanted = response.headers.get("If-None-Match") == "*"
    if wanted and response.backend.get_object(response.bucket_name, response.parse_key_name()) is not None:
        raise PreconditionFailed("If-None-Match")
    return _stock_copy_object(response)


def _event(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, list[dict[str, Any]]]:
    """This function will add what S3 says of a restored copy to the event."""
    event = _stock_event(event_name, bucket, key, notification_id)
    copy = _copy_of(key)
    if event_name == S3NotificationEvent.OBJECT_RESTORE_COMPLETED_EVENT and copy is not None:
        restored = {
            "lifecycleRestorationExpiryTime": _shown(copy.expires_at),
            "lifecycleRestoreStorageClass": key.storage_class,
        }
        event["Records"][0]["glacierEventData"] = {"restoreEventData": restored}
    return event


def _shown(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


PATCHES = (
    Patch(owner=models.FakeKey, name="response_dict", replacement=property(_response_dict)),
    Patch(owner=notifications, name="_get_s3_event", replacement=_event),
    Patch(owner=responses.S3Response, name="copy_object", replacement=_copy_object),
)
