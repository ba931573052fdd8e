"""The places of moto's state that the journal keeps: objects, open uploads, items; and who changes them."""

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.s3.models import S3Backend, s3_backends

from genomics.localaws import journal
from genomics.localaws.patching import Patch


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """All versions of one key of a bucket."""

    bucket: str
    key: str

    def read(self) -> Any:
        found = _bucket(self.bucket)
        return None if found is None else found.keys.getlist(self.key)

    def write(self, value: Any) -> None:
        if (found := _bucket(self.bucket)) is not None:
            _put(found.keys, self.key, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One open upload with its parts."""

    bucket: str
    upload_id: str

    def read(self) -> Any:
        found = _bucket(self.bucket)
        return None if found is None else found.multiparts.get(self.upload_id)

    def write(self, value: Any) -> None:
        if (found := _bucket(self.bucket)) is not None:
            _put(found.multiparts, self.upload_id, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What a table holds under one partition key."""

    table: str
    type: str
    value: str

    def read(self) -> Any:
        found = _table(self.table)
        return None if found is None else found.items.get(self._key)

    def write(self, value: Any) -> None:
        if (found := _table(self.table)) is not None:
            _put(found.items, self._key, value)

    @property
    def _key(self) -> DynamoType:
        return DynamoType({self.type: self.value})


def _put(place: dict[Any, Any], key: Any, value: Any) -> None:
    """This function will set a plain entry, around what moto's own dicts do beside that."""
    if value is None:
        dict.pop(place, key, None)
    else:
        dict.__setitem__(place, key, value)


def _bucket(name: str) -> Any:
    return next((found.buckets[name] for found in _all(s3_backends) if name in found.buckets), None)


def _table(name: str) -> Any:
    return next((found.tables[name] for found in _all(dynamodb_backends) if name in found.tables), None)


def _all(backends: Any) -> Iterator[Any]:
    for regions in list(backends.values()):
        yield from list(regions.values())


def _object(_backend: Any, bucket: str, key: str, *_more: Any) -> Iterator[journal.Place]:
    yield Object(bucket=bucket, key=key)


def _copy(_backend: Any, _source: Any, bucket: str, key: str, *_more: Any) -> Iterator[journal.Place]:
    yield Object(bucket=bucket, key=key)


def _upload(_backend: Any, bucket: str, upload_id: str, *_more: Any) -> Iterator[journal.Place]:
    """This function will name the upload, and the object that it may become."""
    yield Upload(bucket=bucket, upload_id=upload_id)
    found = _bucket(bucket)
    if found is not None and upload_id in found.multiparts:
        yield Object(bucket=bucket, key=found.multiparts[upload_id].key_name)


def _item(
    _backend: Any, table: str, attributes: dict[str, Any], *_args: Any, **_options: Any
) -> Iterator[journal.Place]:
    found = _table(table)
    typed = None if found is None else attributes.get(found.hash_key_attr)
    if typed:  # otherwise moto refuses the request
        ((kind, value),) = typed.items()
        yield Item(table=table, type=kind, value=value)


def _touching(change: Callable[..., Any], places: Callable[..., Iterator[journal.Place]]) -> Callable[..., Any]:
    signature = inspect.signature(change)

    @functools.wraps(change)
    def changed(*args: Any, **options: Any) -> Any:
        named = signature.bind(*args, **options).arguments  # moto calls itself by position and by name
        for place in places(*named.values()):
            journal.touch(place)
        return change(*args, **options)

    return changed


def _touching_new_upload(create: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(create)
    def created(backend: Any, bucket: str, *args: Any, **options: Any) -> Any:
        upload = create(backend, bucket, *args, **options)
        journal.touch(Upload(bucket=bucket, upload_id=upload.id))
        return upload

    return created


_CHANGES: tuple[tuple[Any, str, Callable[..., Iterator[journal.Place]]], ...] = (
    (S3Backend, "put_object", _object),
    (S3Backend, "delete_object", _object),
    (S3Backend, "copy_object", _copy),
    (S3Backend, "upload_part", _upload),
    (S3Backend, "upload_part_copy", _upload),
    (S3Backend, "complete_multipart_upload", _upload),
    (S3Backend, "abort_multipart_upload", _upload),
    (DynamoDBBackend, "put_item", _item),
    (DynamoDBBackend, "update_item", _item),
    (DynamoDBBackend, "delete_item", _item),
)


def journaled(patches: Sequence[Patch]) -> tuple[Patch, ...]:
    """This function will give the patches, and those that note each change around what they make of moto's methods."""
    noting = [
        Patch(owner=owner, name=name, replacement=_touching(_effective(patches, owner, name), places))
        for owner, name, places in _CHANGES
    ]
    create = _effective(patches, S3Backend, "create_multipart_upload")
    noting.append(Patch(owner=S3Backend, name="create_multipart_upload", replacement=_touching_new_upload(create)))
    inside = {(patch.owner, patch.name) for patch in noting}
    return (*(patch for patch in patches if (patch.owner, patch.name) not in inside), *noting)


def _effective(patches: Sequence[Patch], owner: Any, name: str) -> Callable[..., Any]:
    replaced = [patch.replacement for patch in patches if (patch.owner, patch.name) == (owner, name)]
    effective: Callable[..., Any] = replaced[-1] if replaced else getattr(owner, name)
    return effective
