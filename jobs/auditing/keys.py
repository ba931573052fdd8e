"""The keys of objects, read back: which job an object belongs to. `jobs.storage` makes them."""

import re
import uuid
from dataclasses import dataclass

from jobs import storage

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FORMS = {
    storage.INPUTS: re.compile(rf"({_UUID})/({_UUID})/input"),
    storage.RESULTS: re.compile(rf"({_UUID})/({_UUID})/([0-9]{{1,5}})/[^/]+"),
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """A lab and a job, which order as the keys do: both as S3 lists them and as PostgreSQL sorts their ids."""

    lab_id: uuid.UUID
    job_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    place: Place
    attempt: int  # 0 for inputs


def parse(role: str, *, key: str) -> Parsed | None:
    """This function will tell where an object of that bucket belongs, or None for a key that is not of ours."""
    match = _FORMS[role].fullmatch(key)
    if match is None:
        return None
    place = Place(lab_id=uuid.UUID(match[1]), job_id=uuid.UUID(match[2]))
    return Parsed(place=place, attempt=int(match[3]) if role == storage.RESULTS else 0)
