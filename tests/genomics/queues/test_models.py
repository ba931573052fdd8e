from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError

from genomics.queues.models import DeadLetter, State

pytestmark = pytest.mark.django_db


def make_letter(now: datetime, **fields: Any) -> DeadLetter:
    defaults = {"message_id": "m-1", "queue": "mail", "body": "hello", "receive_count": 8}
    return DeadLetter.objects.create(**{**defaults, "sent_at": now, "collected_at": now, **fields})


class TestDeadLetter:
    @pytest.mark.parametrize(
        "fields",
        [
            {"state": "GONE", "actor": "admin:1"},
            {"state": State.DROPPED, "actor": "admin:1"},
            {"state": State.WAITING, "actor": "admin:1"},
        ],
    )
    def test_cannot_be_decided_by_nobody_or_never(self, now: datetime, fields: dict[str, str]) -> None:
        with pytest.raises(IntegrityError):
            make_letter(now, **fields)

    def test_is_there_once(self, now: datetime) -> None:
        make_letter(now)
        with pytest.raises(IntegrityError):
            make_letter(now)
