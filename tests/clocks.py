"""A host whose clock is wrong."""

from datetime import datetime, timedelta, tzinfo

import pytest


class _Ahead(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "_Ahead":
        right = datetime.now(tz) + timedelta(hours=1)
        return cls.fromtimestamp(right.timestamp(), tz)


def put_ahead(patched: pytest.MonkeyPatch) -> None:
    """This function will put the clock of this process, as Django reads it, an hour before the database's."""
    patched.setattr("django.utils.timezone.datetime", _Ahead)
