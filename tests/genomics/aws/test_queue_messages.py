import time
from datetime import timedelta

import pytest
from django.conf import settings

from genomics.aws.queue_messages import keep_invisible
from tests.genomics.localaws.fixtures import client

URL = settings.STACK.queue_urls["annotation"]


@pytest.mark.usefixtures("aws")
class TestKeepInvisible:
    def test_keeps_a_message_from_being_delivered_again(self) -> None:
        sqs = client("sqs")
        sqs.send_message(QueueUrl=URL, MessageBody="work")
        message = sqs.receive_message(QueueUrl=URL, VisibilityTimeout=1)["Messages"][0]
        keep_invisible(URL, receipt_handle=message["ReceiptHandle"], duration=timedelta(seconds=30))
        time.sleep(1.2)
        assert "Messages" not in sqs.receive_message(QueueUrl=URL)

    def test_only_logs_when_the_message_is_gone(self, caplog: pytest.LogCaptureFixture) -> None:
        keep_invisible(URL, receipt_handle="nothing", duration=timedelta(seconds=30))
        assert "was not kept invisible" in caplog.text
