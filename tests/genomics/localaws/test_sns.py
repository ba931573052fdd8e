from django.conf import settings
from moto.sns.models import sns_backends

from genomics.localaws.server import LocalAws
from tests.genomics.localaws.fixtures import client


class TestPublish:
    def test_keeps_no_message(self, aws: LocalAws) -> None:
        topic = settings.STACK.topics["job-events"]
        assert client("sns").publish(TopicArn=topic, Message="one")["MessageId"]
        kept = sns_backends[settings.AWS_ACCOUNT_ID][settings.AWS_REGION].topics[topic].sent_notifications
        assert kept == []
