import time
from datetime import datetime

import pytest
from django.conf import settings

from genomics.aws import clients, sqs
from genomics.queues import overview
from genomics.queues.models import State
from tests.genomics.localaws.fixtures import client
from tests.genomics.queues.test_models import make_letter

pytestmark = pytest.mark.django_db


class TestLook:
    def test_counts_messages_and_dead_letters_of_each_queue(self, aws: object, now: datetime) -> None:
        sqs.send(settings.STACK.queue_urls["mail"], body="work")
        sqs.send(settings.STACK.dead_letter_queue_urls["mail"], body="no work")
        make_letter(now)
        make_letter(now, message_id="m-2", state=State.DROPPED, actor="admin:1", decided_at=now)
        rows = {row.role: row for row in overview.look()}
        assert set(rows) == set(settings.STACK.queues)
        mail = rows["mail"]
        assert mail.counts is not None
        assert mail.dead is not None
        assert (mail.counts.waiting, mail.dead.waiting, mail.dead_letters, mail.problem) == (1, 1, 1, "")

    def test_names_a_missing_queue(self, aws: object) -> None:
        url = settings.STACK.dead_letter_queue_urls["restore"]
        attributes = {"MessageRetentionPeriod": "1209600", "SqsManagedSseEnabled": "true"}
        client("sqs").delete_queue(QueueUrl=url)
        try:
            rows = {row.role: row for row in overview.look()}
        finally:
            client("sqs").create_queue(QueueName=url.rpartition("/")[2], Attributes=attributes)
        assert rows["restore"].problem == "There is no queue genomics-dev-restore-dead."
        assert rows["restore"].counts is not None
        assert rows["mail"].problem == ""

    def test_needs_few_seconds_when_sqs_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        nobody = client("sqs", endpoint="http://127.0.0.1:9")
        monkeypatch.setattr(clients, "sqs", lambda: nobody)
        began = time.monotonic()
        rows = overview.look()
        assert time.monotonic() - began < 3
        assert {row.problem for row in rows} == {"SQS does not answer."}
