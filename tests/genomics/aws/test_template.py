import subprocess
import sys
from pathlib import Path

import pytest

from genomics.aws.template import Stack, StackNames, Template, TemplateError

ROOT = Path(__file__).resolve().parents[3]
STACK = ROOT / "docker" / "aws" / "stack.yaml"
ACCOUNT, REGION = "123456789012", "eu-central-1"
ROLES = {"annotation", "archive", "restore", "mail", "billing", "maintenance", "notifications"}


@pytest.fixture(scope="module")
def template() -> Template:
    return Template.load(STACK)


@pytest.fixture
def names(template: Template) -> StackNames:
    return template.names(account=ACCOUNT, region=REGION, parameters={"Stage": "prod"})


def _stack(resources: str, *, rest: str = "") -> Template:
    return Template.parse(f"Resources:\n{resources}\n{rest}")


class TestNames:
    def test_names_everything_the_product_uses(self, names: StackNames) -> None:
        assert names.buckets == {
            role: f"genomics-prod-{role}-{ACCOUNT}-{REGION}" for role in ("inputs", "results", "archive")
        }
        assert set(names.queues) == set(names.dead_letter_queues) == ROLES
        assert names.queues["annotation"] == "genomics-prod-annotation"
        assert names.dead_letter_queues["annotation"] == "genomics-prod-annotation-dead"
        assert names.topics == {
            role: f"arn:aws:sns:{REGION}:{ACCOUNT}:genomics-prod-{role}" for role in ("job-events", "vault-events")
        }
        assert names.state_machines == {
            "retention": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:genomics-prod-retention"
        }
        assert names.tables == {"jobs": "genomics-prod-jobs"}
        assert names.indexes == {"jobs": ("user_id_index",)}
        assert names.vaults == {"archive": "genomics-prod-archive"}

    def test_gives_the_queue_urls_of_aws_without_an_endpoint(self, names: StackNames) -> None:
        assert names.queue_urls["mail"] == f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/genomics-prod-mail"

    def test_gives_local_queue_urls_with_an_endpoint(self, template: Template) -> None:
        names = template.names(account=ACCOUNT, region=REGION, endpoint="http://127.0.0.1:4600/")
        assert names.queue_urls["mail"] == f"http://127.0.0.1:4600/{ACCOUNT}/genomics-dev-mail"
        assert names.dead_letter_queue_urls["mail"].endswith("/genomics-dev-mail-dead")

    def test_follows_the_partition(self, template: Template) -> None:
        names = template.names(account=ACCOUNT, region="cn-north-1", partition="aws-cn")
        assert names.topics["job-events"].startswith("arn:aws-cn:sns:cn-north-1:")
        assert names.queue_urls["mail"].startswith("https://sqs.cn-north-1.amazonaws.com.cn/")

    def test_keeps_bucket_names_within_the_limit_of_s3(self, template: Template) -> None:
        names = template.names(
            account=ACCOUNT,
            region="ap-southeast-1",
            parameters={"Prefix": "a" * 12, "Stage": "b" * 8},
        )
        assert max(len(name) for name in names.buckets.values()) <= 63

    @pytest.mark.parametrize("parameters", [{"Stage": "Not Good"}, {"Stge": "dev"}])
    def test_refuses_bad_parameters(self, template: Template, parameters: dict[str, str]) -> None:
        with pytest.raises(TemplateError):
            template.names(account=ACCOUNT, region=REGION, parameters=parameters)


class TestStatements:
    def test_speak_of_the_names_that_are_used(self, template: Template, names: StackNames) -> None:
        stack = template.resolve(account=ACCOUNT, region=REGION, parameters={"Stage": "prod"})
        found = {resource.logical_id: resource for resource in stack.resources}
        (policy,) = found["WorkerRole"].properties["Policies"]
        statements = {item["Sid"]: item for item in policy["PolicyDocument"]["Statement"]}
        vault = f"arn:aws:glacier:{REGION}:{ACCOUNT}:vaults/{names.vaults['archive']}"
        assert statements["KeepArchiveInVault"]["Resource"] == vault
        restored, _ = found["VaultEventsTopicPolicy"].properties["PolicyDocument"]["Statement"]
        assert restored["Condition"]["ArnEquals"]["aws:SourceArn"] == f"arn:aws:s3:::{names.buckets['archive']}"


class TestResolve:
    def test_puts_each_resource_after_those_it_needs(self, template: Template) -> None:
        stack = template.resolve(account=ACCOUNT, region=REGION)
        order = [resource.logical_id for resource in stack.resources]
        assert order.index("AnnotationDeadLetterQueue") < order.index("AnnotationQueue")
        assert order.index("NotificationsQueuePolicy") < order.index("VaultEventsSubscription")
        assert order.index("WorkerRole") < order.index("WorkerInstanceProfile")

    def test_splits_lists_of_origins(self, template: Template) -> None:
        parameters = {"WebOrigins": "https://a.example, https://b.example"}
        stack = template.resolve(account=ACCOUNT, region=REGION, parameters=parameters)
        (inputs,) = [resource for resource in stack.resources if resource.logical_id == "InputsBucket"]
        (rule,) = inputs.properties["CorsConfiguration"]["CorsRules"]
        assert rule["AllowedOrigins"] == ["https://a.example", "https://b.example"]

    def test_gives_every_output_a_text(self, template: Template) -> None:
        outputs = template.resolve(account=ACCOUNT, region=REGION).outputs
        assert outputs["AnnotationQueueArn"] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:genomics-dev-annotation"
        assert all(isinstance(value, str) and value for value in outputs.values())

    def test_leaves_out_what_its_condition_leaves_out(self) -> None:
        template = _stack(
            "  A: {Type: 'AWS::SNS::Topic', Condition: Never, Properties: {TopicName: a}}\n"
            "  B: {Type: 'AWS::SNS::Topic', Properties: {TopicName: b}}",
            rest="Conditions: {Never: !Equals [a, b]}",
        )
        stack = template.resolve(account=ACCOUNT, region=REGION)
        assert [resource.logical_id for resource in stack.resources] == ["B"]

    def test_lets_the_compute_plane_be_referred_to(self) -> None:
        template = _stack(
            "  Group: {Type: 'AWS::EC2::SecurityGroup', Properties: {}}\n"
            "  Topic: {Type: 'AWS::SNS::Topic', Properties: {TopicName: !GetAtt Group.GroupId}}"
        )
        group, topic = template.resolve(account=ACCOUNT, region=REGION).resources
        assert group.is_compute_plane
        assert topic.properties["TopicName"] == "Group.GroupId"

    def test_refuses_circles(self) -> None:
        template = _stack(
            "  A: {Type: 'AWS::SNS::Topic', DependsOn: B, Properties: {TopicName: a}}\n"
            "  B: {Type: 'AWS::SNS::Topic', DependsOn: [A], Properties: {TopicName: b}}"
        )
        with pytest.raises(TemplateError, match="A -> B -> A"):
            template.resolve(account=ACCOUNT, region=REGION)

    def test_refuses_names_that_only_aws_could_choose(self) -> None:
        template = _stack("  A: {Type: 'AWS::SQS::Queue', Properties: {}}")
        with pytest.raises(TemplateError, match="QueueName"):
            template.resolve(account=ACCOUNT, region=REGION)


def _actions(template: Template, role: str) -> set[str]:
    """This function will give what the role's policies allow, with never a wildcard among it."""
    stack = template.resolve(account=ACCOUNT, region=REGION)
    (resource,) = [resource for resource in stack.resources if resource.logical_id == role]
    statements = [one for policy in resource.properties["Policies"] for one in policy["PolicyDocument"]["Statement"]]
    actions = [[one["Action"]] if isinstance(one["Action"], str) else one["Action"] for one in statements]
    allowed = {action for group in actions for action in group}
    assert not any("*" in action for action in allowed)
    return allowed


class TestStackFile:
    def test_gives_every_work_queue_the_same_care(self, template: Template) -> None:
        stack = template.resolve(account=ACCOUNT, region=REGION)
        queues = [resource for resource in stack.resources if resource.type == "AWS::SQS::Queue"]
        work = [queue for queue in queues if "RedrivePolicy" in queue.properties]
        assert len(work) == len(queues) - len(work) == len(ROLES)
        for queue in work:
            assert queue.properties["VisibilityTimeout"] == 120
            assert queue.properties["ReceiveMessageWaitTimeSeconds"] == 20
            assert queue.properties["RedrivePolicy"]["maxReceiveCount"] == 8
        for queue in queues:
            assert queue.properties["MessageRetentionPeriod"] == 14 * 24 * 3600
            assert queue.properties["SqsManagedSseEnabled"] is True

    def test_lets_the_web_count_and_put_back_and_the_workers_collect_dead_letters(self, template: Template) -> None:
        stack = template.resolve(account=ACCOUNT, region=REGION)
        arns = {resource.logical_id: resource.attributes.get("Arn", "") for resource in stack.resources}
        work = {arn for name, arn in arns.items() if name.endswith("Queue") and not name.endswith("DeadLetterQueue")}
        dead = {arn for name, arn in arns.items() if name.endswith("DeadLetterQueue")}
        web, worker = _rights(stack, "WebRole"), _rights(stack, "WorkerRole")
        assert {arn for action, arn in web if action == "sqs:SendMessage"} == work
        assert {arn for action, arn in web if action == "sqs:GetQueueAttributes"} == work | dead
        assert {arn for action, arn in web if action == "sqs:ReceiveMessage"} == set()
        assert {action for action, arn in web if arn in dead} == {"sqs:GetQueueAttributes"}
        assert {action for action, arn in worker if arn in dead} == {"sqs:ReceiveMessage", "sqs:DeleteMessage"}
        assert {arn for action, arn in worker if action == "sqs:ReceiveMessage"} == work | dead

    def test_lets_workers_write_items_and_only_operators_read_them(self, template: Template) -> None:
        allowed = {
            role: {action for action in _actions(template, role) if action.startswith("dynamodb:")}
            for role in ("WebRole", "WorkerRole", "OperatorRole")
        }
        writes = {"dynamodb:DeleteItem", "dynamodb:UpdateItem"}
        assert allowed == {
            "WebRole": set(),
            "WorkerRole": writes,
            "OperatorRole": writes | {"dynamodb:BatchGetItem", "dynamodb:Scan"},
        }

    def test_lets_the_web_ask_about_archives_and_only_workers_and_operators_keep_them(self, template: Template) -> None:
        stack = template.resolve(account=ACCOUNT, region=REGION)
        (archive,) = [one.attributes["Arn"] for one in stack.resources if one.logical_id == "ArchiveBucket"]

        def rights(role: str) -> set[str]:
            own = _rights(stack, role)
            return {action for action, arn in own if arn == f"{archive}/*" or action.startswith("glacier:")}

        asks = {"s3:GetObject", "glacier:GetJobOutput", "glacier:InitiateJob", "glacier:ListJobs"}
        assert rights("WebRole") == asks
        assert rights("OperatorRole") == rights("WorkerRole") > asks

    def test_lets_the_wait_send_to_the_archive_and_do_nothing_else(self, template: Template) -> None:
        stack = template.resolve(account=ACCOUNT, region=REGION)
        resources = {resource.logical_id: resource for resource in stack.resources}
        machine, queue = resources["RetentionStateMachine"], resources["ArchiveQueue"]
        assert machine.properties["RoleArn"] == resources["RetentionRole"].attributes["Arn"]
        assert machine.properties["Definition"]["States"]["TellArchive"]["Parameters"]["QueueUrl"] == queue.ref
        assert _rights(stack, "RetentionRole") == {("sqs:SendMessage", queue.attributes["Arn"])}
        (trust,) = resources["RetentionRole"].properties["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "states.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        for role, may in (("WorkerRole", True), ("OperatorRole", True), ("WebRole", False)):
            rights = {right for right in _rights(stack, role) if right[0].startswith("states:")}
            assert rights == ({("states:StartExecution", machine.ref)} if may else set())

    def test_is_accepted_by_cfn_lint(self) -> None:
        run = subprocess.run(
            [Path(sys.executable).with_name("cfn-lint"), STACK], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout


def _rights(stack: Stack, role: str) -> set[tuple[str, str]]:
    """This function will give each action of a role with each ARN that it is allowed for."""
    (found,) = [resource for resource in stack.resources if resource.logical_id == role]
    statements = [
        statement for policy in found.properties["Policies"] for statement in policy["PolicyDocument"]["Statement"]
    ]
    return {
        (action, arn)
        for statement in statements
        for action in _listed(statement["Action"])
        for arn in _listed(statement["Resource"])
    }


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


class TestImports:
    def test_need_no_django_and_no_boto3(self) -> None:
        code = (
            "import sys, genomics.aws.template\n"
            "print(sorted({'django', 'boto3', 'botocore', 'celery', 'moto'} & set(sys.modules)))"
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
        assert run.stdout.strip() == "[]"
