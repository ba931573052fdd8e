import pytest
from django.conf import settings

from genomics.aws import clients, sqs
from genomics.queues import backlog
from tests.genomics.localaws.fixtures import client


class TestWaiting:
    def test_counts_the_messages_of_the_queue_of_the_task(self, aws: object) -> None:
        assert backlog.waiting("mail.send") == 0
        for _ in range(2):
            sqs.send(settings.STACK.queue_urls["mail"], body="work")
        assert backlog.waiting("mail.send") == 2
        assert backlog.waiting("mail.sweep") == 0

    def test_takes_silence_for_an_empty_queue(self, monkeypatch: pytest.MonkeyPatch) -> None:
        nobody = client("sqs", endpoint="http://127.0.0.1:9")
        monkeypatch.setattr(clients, "sqs", lambda: nobody)
        assert backlog.waiting("mail.send") == 0
