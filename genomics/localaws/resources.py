"""How each type of resource is made and kept: one handler per CloudFormation type, in a table."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from genomics.aws.template import Resource, TemplateError
from genomics.localaws import functions
from genomics.localaws.functions import Clients
from genomics.localaws.settling import Change, Setting, holds, scalar, settle, unless_missing

Handler = Callable[[Resource, Clients], "Change"]


def _bucket(resource: Resource, clients: Clients) -> Change:
    s3, name, properties = clients("s3"), resource.ref, resource.properties
    created = unless_missing(lambda: s3.head_bucket(Bucket=name)) is None
    if created:
        region = s3.meta.region_name
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **place)
    encryption, cors, lifecycle = _encryption(properties), _cors(properties), _lifecycle(properties)
    notifications = _notifications(properties)
    access = properties.get("PublicAccessBlockConfiguration")
    return settle(
        [
            Setting(
                wanted=encryption,
                read=lambda: s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"],
                write=lambda: s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=encryption),
            ),
            Setting(
                wanted=access,
                read=lambda: s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
                write=lambda: s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=access),
            ),
            Setting(
                wanted=cors,
                read=lambda: {"CORSRules": s3.get_bucket_cors(Bucket=name)["CORSRules"]},
                write=lambda: s3.put_bucket_cors(Bucket=name, CORSConfiguration=cors),
            ),
            Setting(
                wanted=lifecycle,
                read=lambda: {"Rules": s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]},
                write=lambda: s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration=lifecycle),
            ),
            Setting(
                wanted=notifications,
                read=lambda: s3.get_bucket_notification_configuration(Bucket=name),
                write=lambda: s3.put_bucket_notification_configuration(
                    Bucket=name, NotificationConfiguration=notifications
                ),
            ),
        ],
        created=created,
    )


def _encryption(properties: Mapping[str, Any]) -> dict[str, Any] | None:
    if "BucketEncryption" not in properties:
        return None
    rules = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]} for rule in rules]}


def _cors(properties: Mapping[str, Any]) -> dict[str, Any] | None:
    if "CorsConfiguration" not in properties:
        return None
    api_names = {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds", "Id": "ID"}
    rules = properties["CorsConfiguration"]["CorsRules"]
    return {"CORSRules": [{api_names.get(name, name): value for name, value in rule.items()} for rule in rules]}


def _lifecycle(properties: Mapping[str, Any]) -> dict[str, Any] | None:
    if "LifecycleConfiguration" not in properties:
        return None
    return {"Rules": [_lifecycle_rule(rule) for rule in properties["LifecycleConfiguration"]["Rules"]]}


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    made = {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "AbortIncompleteMultipartUpload" in rule:
        made["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    if "Transitions" in rule:
        made["Transitions"] = [
            {"Days": int(item["TransitionInDays"]), "StorageClass": item["StorageClass"]}
            for item in rule["Transitions"]
        ]
    return made


def _notifications(properties: Mapping[str, Any]) -> dict[str, Any] | None:
    if "NotificationConfiguration" not in properties:
        return None
    rules = properties["NotificationConfiguration"]["TopicConfigurations"]
    return {"TopicConfigurations": [{"TopicArn": rule["Topic"], "Events": [rule["Event"]]} for rule in rules]}


def _bucket_policy(resource: Resource, clients: Clients) -> Change:
    s3, name, policy = clients("s3"), resource.properties["Bucket"], resource.properties["PolicyDocument"]
    current = unless_missing(lambda: s3.get_bucket_policy(Bucket=name)["Policy"])
    if current is not None and json.loads(current) == policy:
        return Change.UNCHANGED
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    return Change.CREATED if current is None else Change.UPDATED


def _queue(resource: Resource, clients: Clients) -> Change:
    sqs, name = clients("sqs"), resource.attributes["QueueName"]
    wanted = {key: value for key, value in resource.properties.items() if key not in {"QueueName", "Tags"}}
    url = unless_missing(lambda: sqs.get_queue_url(QueueName=name)["QueueUrl"])
    if url is None:
        sqs.create_queue(QueueName=name, Attributes=_attribute_texts(wanted))
        return Change.CREATED
    return settle([_queue_setting(sqs, url, wanted)], created=False)


def _queue_policy(resource: Resource, clients: Clients) -> Change:
    sqs, policy = clients("sqs"), resource.properties["PolicyDocument"]
    changes = [
        settle([_queue_setting(sqs, url, {"Policy": policy})], created=False) for url in resource.properties["Queues"]
    ]
    return Change.UPDATED if Change.UPDATED in changes else Change.UNCHANGED


def _queue_setting(sqs: Any, url: str, wanted: dict[str, Any]) -> Setting:
    def read() -> dict[str, Any]:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return {name: json.loads(value) if value.startswith("{") else value for name, value in attributes.items()}

    return Setting(
        wanted=wanted,
        read=read,
        write=lambda: sqs.set_queue_attributes(QueueUrl=url, Attributes=_attribute_texts(wanted)),
    )


def _attribute_texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: json.dumps(value) if isinstance(value, dict) else scalar(value) for name, value in values.items()}


def _topic(resource: Resource, clients: Clients) -> Change:
    sns = clients("sns")
    if unless_missing(lambda: sns.get_topic_attributes(TopicArn=resource.ref)) is not None:
        return Change.UNCHANGED
    sns.create_topic(Name=resource.attributes["TopicName"])
    return Change.CREATED


def _topic_policy(resource: Resource, clients: Clients) -> Change:
    sns, policy = clients("sns"), resource.properties["PolicyDocument"]
    settings = [_topic_policy_setting(sns, arn, policy) for arn in resource.properties["Topics"]]
    return settle(settings, created=False)


def _topic_policy_setting(sns: Any, arn: str, policy: Mapping[str, Any]) -> Setting:
    return Setting(
        wanted=policy,
        read=lambda: json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]),
        write=lambda: sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy)),
    )


def _subscription(resource: Resource, clients: Clients) -> Change:
    sns, properties = clients("sns"), resource.properties
    fixed = {"TopicArn", "Protocol", "Endpoint", "Region"}
    wanted = {name: value for name, value in properties.items() if name not in fixed}
    attributes = _attribute_texts(wanted)
    known = sns.list_subscriptions_by_topic(TopicArn=properties["TopicArn"])["Subscriptions"]
    for one in known:
        if (one["Protocol"], one["Endpoint"]) == (properties["Protocol"], properties["Endpoint"]):
            return settle([_subscription_setting(sns, one["SubscriptionArn"], attributes)], created=False)
    sns.subscribe(
        TopicArn=properties["TopicArn"],
        Protocol=properties["Protocol"],
        Endpoint=properties["Endpoint"],
        Attributes=attributes,
    )
    return Change.CREATED


def _subscription_setting(sns: Any, arn: str, attributes: dict[str, str]) -> Setting:
    def write() -> None:
        for name, value in attributes.items():
            sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=value)

    return Setting(
        wanted=attributes,
        read=lambda: sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"],
        write=write,
    )


def _table(resource: Resource, clients: Clients) -> Change:
    dynamodb, name, properties = clients("dynamodb"), resource.ref, resource.properties
    recovery = properties.get("PointInTimeRecoverySpecification")
    shape = {
        key: properties[key]
        for key in ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        if key in properties
    }
    current = unless_missing(lambda: dynamodb.describe_table(TableName=name)["Table"])
    if current is None:
        dynamodb.create_table(TableName=name, BillingMode=properties["BillingMode"], **shape)
    elif not holds(current, shape):
        raise TemplateError(f"table {name} exists with another key or index: empty the local AWS and start anew")
    return settle(
        [
            Setting(
                wanted=recovery and {"PointInTimeRecoveryStatus": "ENABLED"},
                read=lambda: dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"][
                    "PointInTimeRecoveryDescription"
                ],
                write=lambda: dynamodb.update_continuous_backups(
                    TableName=name, PointInTimeRecoverySpecification=recovery
                ),
            )
        ],
        created=current is None,
    )


def _role(resource: Resource, clients: Clients) -> Change:
    iam, name, properties = clients("iam"), resource.ref, resource.properties
    trust = properties["AssumeRolePolicyDocument"]
    created = unless_missing(lambda: iam.get_role(RoleName=name)) is None
    if created:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    settings = [
        Setting(
            wanted=trust,
            read=lambda: iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"],
            write=lambda: iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust)),
        )
    ]
    settings += [_role_policy(iam, name, policy) for policy in properties.get("Policies", [])]
    return settle(settings, created=created)


def _role_policy(iam: Any, role: str, policy: Mapping[str, Any]) -> Setting:
    name, document = policy["PolicyName"], policy["PolicyDocument"]
    return Setting(
        wanted=document,
        read=lambda: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"],
        write=lambda: iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document)),
    )


def _instance_profile(resource: Resource, clients: Clients) -> Change:
    iam, name = clients("iam"), resource.ref
    (role,) = resource.properties["Roles"]
    current = unless_missing(lambda: iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"])
    if current is None:
        iam.create_instance_profile(InstanceProfileName=name)
    elif [item["RoleName"] for item in current["Roles"]] == [role]:
        return Change.UNCHANGED
    for item in current["Roles"] if current else []:
        iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=item["RoleName"])
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    return Change.CREATED if current is None else Change.UPDATED


def _state_machine(resource: Resource, clients: Clients) -> Change:
    machines, properties = clients("stepfunctions"), resource.properties
    definition, role = properties["Definition"], properties["RoleArn"]
    current = unless_missing(lambda: machines.describe_state_machine(stateMachineArn=resource.ref))
    if current is None:
        machines.create_state_machine(name=resource.attributes["Name"], definition=json.dumps(definition), roleArn=role)
        return Change.CREATED
    if (json.loads(current["definition"]), current["roleArn"]) == (definition, role):
        return Change.UNCHANGED
    machines.update_state_machine(stateMachineArn=resource.ref, definition=json.dumps(definition), roleArn=role)
    return Change.UPDATED


def make_vault(name: str, clients: Clients) -> Change:
    """This function will make a Glacier vault: no resource of CloudFormation's, only a name among the outputs."""
    glacier = clients("glacier")
    if unless_missing(lambda: glacier.describe_vault(vaultName=name)) is not None:
        return Change.UNCHANGED
    glacier.create_vault(vaultName=name)
    return Change.CREATED


HANDLERS: dict[str, Handler] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::IAM::InstanceProfile": _instance_profile,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::EventInvokeConfig": functions.invoke_config,
    "AWS::Lambda::Function": functions.function,
    "AWS::Lambda::Permission": functions.permission,
    "AWS::Logs::LogGroup": functions.log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::StepFunctions::StateMachine": _state_machine,
}
