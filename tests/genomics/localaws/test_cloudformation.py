import io
import json
import zipfile
from typing import Any

import pytest
from django.conf import settings

from genomics.aws.template import Stack, Template, TemplateError
from genomics.localaws.cloudformation import Change, apply
from genomics.localaws.server import LocalAws
from tests.genomics.localaws.fixtures import client


def _resolve(text: str) -> Stack:
    return Template.parse(text).resolve(
        account=settings.AWS_ACCOUNT_ID, region=settings.AWS_REGION, endpoint=settings.AWS_ENDPOINT_URL
    )


def _stack(prefix: str, **parameters: str) -> Stack:
    """This function will give the product's own stack under another prefix: the tests' own stays as it is."""
    return Template.load(settings.STACK_TEMPLATE).resolve(
        account=settings.AWS_ACCOUNT_ID,
        region=settings.AWS_REGION,
        endpoint=settings.AWS_ENDPOINT_URL,
        stack_name=prefix,
        parameters={"Prefix": prefix, **parameters},
    )


def _changes(stack: Stack) -> dict[str, Change]:
    return {outcome.resource.logical_id: outcome.change for outcome in apply(stack, client=client)}


def _put_code(code: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("handler.py", code)
    client("s3").put_object(Bucket="byfn-code", Key="restore.zip", Body=content.getvalue())


class TestApply:
    def test_makes_everything_once(self, aws: LocalAws) -> None:
        first, second = _changes(_stack("once")), _changes(_stack("once"))
        assert Change.UNCHANGED not in first.values()
        assert set(second.values()) == {Change.UNCHANGED}

    def test_gives_resources_the_names_that_were_known_before(self, aws: LocalAws) -> None:
        names = settings.STACK
        buckets = {bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]}
        assert set(names.buckets.values()) <= buckets
        for role, name in names.queues.items():
            assert client("sqs").get_queue_url(QueueName=name)["QueueUrl"] == names.queue_urls[role]
        topics = {topic["TopicArn"] for topic in client("sns").list_topics()["Topics"]}
        assert set(names.topics.values()) <= topics
        table = client("dynamodb").describe_table(TableName=names.tables["jobs"])["Table"]
        assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == list(names.indexes["jobs"])

    def test_sets_what_the_template_says(self, aws: LocalAws) -> None:
        bucket, url = settings.STACK.buckets["inputs"], settings.STACK.queue_urls["annotation"]
        s3, sqs = client("s3"), client("sqs")
        assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"][0]["AllowedMethods"] == ["PUT"]
        assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]
        assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["AbortIncompleteMultipartUpload"]
        assert "SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
        values = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert values["VisibilityTimeout"] == "120"
        assert json.loads(values["RedrivePolicy"])["maxReceiveCount"] == 8
        assert "SecureTransport" in values["Policy"]

    def test_makes_the_vault_and_tells_the_topic_of_restored_copies(self, aws: LocalAws) -> None:
        name = settings.STACK.vaults["archive"]
        assert client("glacier").describe_vault(vaultName=name)["VaultName"] == name
        rules = client("s3").get_bucket_notification_configuration(Bucket=settings.STACK.buckets["archive"])
        (rule,) = rules["TopicConfigurations"]
        assert (rule["TopicArn"], rule["Events"]) == (
            settings.STACK.topics["vault-events"],
            ["s3:ObjectRestore:Completed"],
        )
        policy = client("sns").get_topic_attributes(TopicArn=rule["TopicArn"])["Attributes"]["Policy"]
        assert "s3.amazonaws.com" in policy

    def test_carries_vault_events_to_the_notifications_queue(self, aws: LocalAws) -> None:
        client("sns").publish(TopicArn=settings.STACK.topics["vault-events"], Message='{"job": 7}')
        url = settings.STACK.queue_urls["notifications"]
        (message,) = client("sqs").receive_message(QueueUrl=url)["Messages"]
        assert message["Body"] == '{"job": 7}'

    def test_corrects_what_was_changed_by_hand(self, aws: LocalAws) -> None:
        stack = _stack("byhand")
        apply(stack, client=client)
        (bucket,) = [item.ref for item in stack.resources if item.logical_id == "InputsBucket"]
        (url,) = [item.ref for item in stack.resources if item.logical_id == "MailQueue"]
        client("s3").delete_bucket_cors(Bucket=bucket)
        client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5"})
        changes = _changes(stack)
        assert changes["InputsBucket"] is changes["MailQueue"] is Change.UPDATED
        assert changes["ResultsBucket"] is changes["AnnotationQueue"] is Change.UNCHANGED
        assert client("s3").get_bucket_cors(Bucket=bucket)["CORSRules"]
        assert set(_changes(stack).values()) == {Change.UNCHANGED}

    def test_corrects_a_state_machine_that_was_changed_by_hand(self, aws: LocalAws) -> None:
        stack = _stack("machine")
        apply(stack, client=client)
        (machine,) = [item for item in stack.resources if item.logical_id == "RetentionStateMachine"]
        states = client("stepfunctions")
        other = '{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}'
        states.update_state_machine(stateMachineArn=machine.ref, definition=other)
        assert _changes(stack)["RetentionStateMachine"] is Change.UPDATED
        told = states.describe_state_machine(stateMachineArn=machine.ref)
        assert json.loads(told["definition"]) == machine.properties["Definition"]
        assert set(_changes(stack).values()) == {Change.UNCHANGED}

    def test_follows_the_template_when_it_changes(self, aws: LocalAws) -> None:
        apply(_stack("origins"), client=client)
        changes = _changes(_stack("origins", WebOrigins="https://lab.example"))
        updated = {logical_id for logical_id, change in changes.items() if change is Change.UPDATED}
        assert updated == {"InputsBucket", "ResultsBucket"}

    def test_makes_the_function_that_restores_where_it_is_wanted(self, aws: LocalAws) -> None:
        def stack() -> Stack:
            return _stack("byfn", RestoreExecutor="lambda", CodeBucket="byfn-code")

        assert "RestoreFunction" not in {item.logical_id for item in _stack("byfn").resources}
        client("s3").create_bucket(Bucket="byfn-code")
        _put_code("def handle(event, context): return 1")
        first, second = _changes(stack()), _changes(stack())
        assert first["RestoreFunction"] is first["RestoreSubscription"] is first["RestorePermission"] is Change.CREATED
        assert set(second.values()) == {Change.UNCHANGED}
        _put_code("def handle(event, context): return 2")
        changed = {logical_id for logical_id, change in _changes(stack()).items() if change is not Change.UNCHANGED}
        assert changed == {"RestoreFunction"}
        (group,) = client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/byfn-dev-restore")["logGroups"]
        assert group["retentionInDays"] == 90

    def test_never_touches_a_table_of_another_shape(self, aws: LocalAws) -> None:
        table = (
            "Resources: {{T: {{Type: 'AWS::DynamoDB::Table', Properties: {{TableName: shape, "
            "BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{{AttributeName: {key}, AttributeType: S}}], "
            "KeySchema: [{{AttributeName: {key}, KeyType: HASH}}]}}}}}}"
        )
        apply(_resolve(table.format(key="one")), client=client)
        with pytest.raises(TemplateError, match="another key"):
            apply(_resolve(table.format(key="two")), client=client)

    def test_refuses_unknown_types_before_it_changes_anything(self, aws: LocalAws) -> None:
        stack = _resolve(
            "Resources:\n"
            "  Topic: {Type: 'AWS::SNS::Topic', Properties: {TopicName: never-made}}\n"
            "  Odd: {Type: 'AWS::Braket::Thing', Properties: {}}"
        )
        with pytest.raises(TemplateError, match="AWS::Braket::Thing"):
            apply(stack, client=client)
        topics: list[Any] = client("sns").list_topics()["Topics"]
        assert not [topic for topic in topics if topic["TopicArn"].endswith("never-made")]

    def test_skips_the_compute_plane(self, aws: LocalAws) -> None:
        stack = _resolve("Resources: {Fleet: {Type: 'AWS::AutoScaling::AutoScalingGroup', Properties: {}}}")
        assert apply(stack, client=client) == []
