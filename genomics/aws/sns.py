"""Messages to an SNS topic."""

from collections.abc import Mapping

from genomics.aws import clients
from genomics.aws.answers import translated


def publish(topic: str, *, message: str, attributes: Mapping[str, str]) -> None:
    """This function will send a message to the topic with that ARN; subscribers may filter by its attributes.

    Raises ServiceUnavailableError and ServiceRefusedError.
    """
    with translated():
        clients.sns().publish(
            TopicArn=topic,
            Message=message,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )
