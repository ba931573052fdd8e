"""The Lambda function on the local AWS, as `manage.py provision` makes it where RESTORE_EXECUTOR is lambda."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from tests.genomics.localaws.fixtures import client

_NAME = "genomics-dev-restore"


@contextmanager
def provisioned() -> Iterator[str]:
    """This function will give the name of the function, which listens to the topic until the block ends."""
    parameters = {**settings.STACK_PARAMETERS, "RestoreExecutor": "lambda"}
    with override_settings(RESTORE_EXECUTOR="lambda", STACK_PARAMETERS=parameters):
        call_command("provision", verbosity=0)
        try:
            yield _NAME
        finally:
            _remove()


def _remove() -> None:
    topics, topic = client("sns"), settings.STACK.topics["vault-events"]
    for one in topics.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        if one["Protocol"] == "lambda":
            topics.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    client("lambda").delete_function(FunctionName=_NAME)
    client("logs").delete_log_group(logGroupName=f"/aws/lambda/{_NAME}")
