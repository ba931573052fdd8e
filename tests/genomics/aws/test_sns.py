import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from genomics.aws import sns
from genomics.aws.errors import ServiceRefusedError
from genomics.localaws.server import LocalAws
from tests.genomics.localaws.fixtures import client

TOPIC = settings.STACK.topics["job-events"]


@pytest.fixture
def subscriber(aws: LocalAws) -> Iterator[str]:
    """This function will give the URL of a queue that the topic delivers to."""
    sqs, topics = client("sqs"), client("sns")
    url = sqs.create_queue(QueueName="test-sns")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    subscription = topics.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    yield url
    topics.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=url)


class TestPublish:
    def test_brings_message_and_attributes_to_subscribers(self, subscriber: str) -> None:
        sns.publish(TOPIC, message="hello", attributes={"status": "PENDING", "lab": "7"})
        (message,) = client("sqs").receive_message(QueueUrl=subscriber)["Messages"]
        envelope: dict[str, Any] = json.loads(message["Body"])
        assert envelope["Message"] == "hello"
        assert envelope["MessageAttributes"] == {
            "status": {"Type": "String", "Value": "PENDING"},
            "lab": {"Type": "String", "Value": "7"},
        }

    @pytest.mark.usefixtures("aws")
    def test_tells_a_topic_that_is_missing(self) -> None:
        with pytest.raises(ServiceRefusedError):
            sns.publish(f"{TOPIC}-not", message="hello", attributes={})
