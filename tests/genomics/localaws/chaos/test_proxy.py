"""The proxy in front of the real local AWS, asked by boto3 as the product asks."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from django.conf import settings

from genomics.localaws.chaos import proxy
from genomics.localaws.chaos.faults import Disorder, Fate, Faults, Outage
from genomics.localaws.chaos.patience import until
from genomics.localaws.server import LocalAws
from tests.environment import free_port
from tests.genomics.localaws.fixtures import client

QUEUE = "genomics-dev-annotation"


@pytest.fixture
def faults() -> Faults:
    return Faults(seed=1)


@pytest.fixture
def endpoint(aws: LocalAws, faults: Faults) -> Iterator[str]:
    port = free_port()
    with proxy.running(faults, port=port, upstream_port=settings.LOCAL_AWS_PORT):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def queue() -> str:
    url: str = settings.STACK.queue_urls["annotation"]
    assert url.endswith(QUEUE)
    return url


def _count(queue: str) -> int:
    attributes = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


class TestPassing:
    def test_brings_requests_and_answers_through(self, endpoint: str, queue: str) -> None:
        sqs = client("sqs", endpoint=endpoint)
        sqs.send_message(QueueUrl=queue, MessageBody="hint")
        (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2)["Messages"]
        assert message["Body"] == "hint"

    def test_passes_bodies_of_other_services(self, endpoint: str) -> None:
        s3, bucket = client("s3", endpoint=endpoint), settings.STACK.buckets["results"]
        body = bytes(range(256)) * 1000
        s3.put_object(Bucket=bucket, Key="k", Body=body)
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body


class TestOutages:
    def test_answers_503(self, endpoint: str, queue: str, faults: Faults) -> None:
        faults.begin(Outage.UNAVAILABLE)
        with pytest.raises(ClientError) as refused:
            client("sqs", endpoint=endpoint).send_message(QueueUrl=queue, MessageBody="hint")
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert _count(queue) == 0

    def test_says_that_the_queue_is_missing(self, endpoint: str, queue: str, faults: Faults) -> None:
        faults.begin(Outage.MISSING_QUEUE)
        sqs: Any = client("sqs", endpoint=endpoint)
        with pytest.raises(sqs.exceptions.QueueDoesNotExist):
            sqs.receive_message(QueueUrl=queue)

    def test_refuses_connections_and_takes_them_again(self, endpoint: str, queue: str, faults: Faults) -> None:
        faults.begin(Outage.REFUSING)
        sqs = client("sqs", endpoint=endpoint)

        def refused() -> bool:
            try:
                sqs.send_message(QueueUrl=queue, MessageBody="hint")
            except EndpointConnectionError:
                return True
            return False

        assert until(refused, seconds=5, pause=0.02)
        faults.end()
        assert until(lambda: not refused(), seconds=5, pause=0.02)

    def test_spares_other_services(self, endpoint: str, faults: Faults) -> None:
        faults.begin(Outage.UNAVAILABLE)
        assert client("s3", endpoint=endpoint).list_buckets()["Buckets"]


class TestDisorder:
    @pytest.mark.parametrize(
        ("disorder", "fate", "arrive"),
        [
            (Disorder(queue=QUEUE, dropped=1), Fate.DROPPED, 0),
            (Disorder(queue=QUEUE, doubled=1), Fate.DOUBLED, 2),
            (Disorder(queue=QUEUE, delayed=1, delay_seconds=0.1), Fate.DELAYED, 1),
        ],
    )
    def test_does_to_a_message_what_is_asked(
        self, endpoint: str, queue: str, faults: Faults, disorder: Disorder, fate: Fate, arrive: int
    ) -> None:
        faults.begin(disorder)
        answer = client("sqs", endpoint=endpoint).send_message(QueueUrl=queue, MessageBody="hint")
        assert answer["MessageId"]
        assert until(lambda: _count(queue) == arrive, seconds=5, pause=0.02)
        assert faults.fates == {fate: 1}

    def test_leaves_other_queues_alone(self, endpoint: str, faults: Faults) -> None:
        faults.begin(Disorder(queue=QUEUE, dropped=1))
        mail = settings.STACK.queue_urls["mail"]
        client("sqs", endpoint=endpoint).send_message(QueueUrl=mail, MessageBody="hint")
        assert _count(mail) == 1
