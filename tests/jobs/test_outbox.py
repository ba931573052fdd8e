import pytest
from django.conf import settings
from django.db import transaction

from genomics.localaws.server import LocalAws
from genomics.users.models import User
from jobs import outbox
from tests.conftest import NOW
from tests.genomics.localaws.fixtures import client
from tests.jobs.factory import make_job

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = settings.STACK.queue_urls["maintenance"]


def _hints() -> int:
    """This function will take the publisher's hints from the queue and give their number."""
    hints = 0
    ask = {"QueueUrl": QUEUE, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0}
    while messages := client("sqs").receive_message(**ask).get("Messages"):
        hints += len(messages)
    return hints


@pytest.fixture(autouse=True)
def _nothing_sent_yet(aws: LocalAws) -> None:
    aws.empty()


class TestHint:
    def test_is_sent_once_the_event_is_committed(self) -> None:
        with transaction.atomic():
            outbox.hint()
            assert _hints() == 0
        assert _hints() == 1

    def test_is_not_sent_for_what_was_rolled_back(self) -> None:
        with transaction.atomic():
            outbox.hint()
            transaction.set_rollback(True)
        assert _hints() == 0

    @pytest.mark.usefixtures("publisher_at_work")
    def test_is_not_needed_while_a_publisher_works(self) -> None:
        outbox.hint()
        assert _hints() == 0

    def test_is_given_by_every_move(self, free_user: User) -> None:
        job = make_job(free_user, now=NOW)
        assert job.sequence == 1
        assert _hints() == 1
