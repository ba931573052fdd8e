"""The names of buckets, queues, topics and tables, read from the CloudFormation template without asking AWS."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genomics.aws.intrinsics import Evaluator, TemplateError, parse, references

__all__ = ["Resource", "Stack", "StackNames", "Template", "TemplateError"]

COMPUTE_PLANE = ("AWS::AutoScaling::", "AWS::CloudWatch::", "AWS::EC2::", "AWS::ElasticLoadBalancingV2::")
_VAULT_OUTPUT = "VaultName"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackNames:
    """The names that the product uses; keys are roles (`annotation`), as the template's logical ids say them."""

    account: str
    region: str
    endpoint: str | None  # None: AWS itself
    buckets: Mapping[str, str]
    queues: Mapping[str, str]
    queue_urls: Mapping[str, str]
    dead_letter_queues: Mapping[str, str]
    dead_letter_queue_urls: Mapping[str, str]
    topics: Mapping[str, str]  # ARNs
    state_machines: Mapping[str, str]  # ARNs
    vaults: Mapping[str, str]
    tables: Mapping[str, str]
    indexes: Mapping[str, tuple[str, ...]]  # of the tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource with all its properties evaluated; `ref` is what `!Ref` gives."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    ref: str
    attributes: Mapping[str, str]

    @property
    def is_compute_plane(self) -> bool:
        return self.type.startswith(COMPUTE_PLANE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A template evaluated for one place: resources with those they depend on first, and outputs."""

    resources: tuple[Resource, ...]
    outputs: Mapping[str, str]

    @property
    def vaults(self) -> dict[str, str]:
        """The names of Glacier vaults, by role: among the outputs, since CloudFormation has no such resource."""
        return {
            _role(name.removesuffix(_VAULT_OUTPUT)): value
            for name, value in self.outputs.items()
            if name.endswith(_VAULT_OUTPUT)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A parsed CloudFormation template."""

    document: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path) -> "Template":
        """This function will read the template at `path`; it raises TemplateError when it is not one."""
        return cls.parse(path.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> "Template":
        document = parse(text)
        if not isinstance(document.get("Resources"), dict):
            raise TemplateError("the template has no Resources")
        return cls(document=document)

    def names(
        self,
        *,
        account: str,
        region: str,
        parameters: Mapping[str, str] | None = None,
        partition: str = "aws",
        endpoint: str | None = None,
    ) -> StackNames:
        """This function will give the names that the stack has at one place.

        `endpoint` is the URL of a local AWS; None means AWS itself, whose queue URLs differ.
        """
        stack = self.resolve(
            account=account, region=region, parameters=parameters, partition=partition, endpoint=endpoint
        )
        queues = list(_of_type(stack, "AWS::SQS::Queue", suffix="Queue"))
        dead = {resource.attributes["Arn"]: resource for _, resource in queues}
        targets = {role: dead[arn] for role, queue in queues if (arn := _dead_letter_arn(queue))}
        ids = {target.logical_id for target in targets.values()}
        work = [(role, queue) for role, queue in queues if queue.logical_id not in ids]
        tables = list(_of_type(stack, "AWS::DynamoDB::Table", suffix="Table"))
        return StackNames(
            account=account,
            region=region,
            endpoint=endpoint,
            buckets={role: bucket.ref for role, bucket in _of_type(stack, "AWS::S3::Bucket", suffix="Bucket")},
            queues={role: queue.attributes["QueueName"] for role, queue in work},
            queue_urls={role: queue.ref for role, queue in work},
            dead_letter_queues={role: queue.attributes["QueueName"] for role, queue in targets.items()},
            dead_letter_queue_urls={role: queue.ref for role, queue in targets.items()},
            topics={role: topic.ref for role, topic in _of_type(stack, "AWS::SNS::Topic", suffix="Topic")},
            state_machines={
                role: machine.ref
                for role, machine in _of_type(stack, "AWS::StepFunctions::StateMachine", suffix="StateMachine")
            },
            vaults=stack.vaults,
            tables={role: table.ref for role, table in tables},
            indexes={
                role: tuple(index["IndexName"] for index in table.properties.get("GlobalSecondaryIndexes", ()))
                for role, table in tables
            },
        )

    def resolve(
        self,
        *,
        account: str,
        region: str,
        parameters: Mapping[str, str] | None = None,
        partition: str = "aws",
        endpoint: str | None = None,
        stack_name: str = "genomics",
    ) -> Stack:
        """This function will evaluate the whole template; it raises TemplateError where that fails."""
        place = _Place(account=account, region=region, partition=partition, endpoint=endpoint, stack_name=stack_name)
        names = {
            **place.pseudo_parameters(),
            **_parameter_values(self.document.get("Parameters", {}), given=parameters or {}),
        }
        scope = _Scope(names=names, resources={})
        evaluator = Evaluator(scope=scope, conditions=self.document.get("Conditions", {}))
        for logical_id, declared in _in_order(self._present(evaluator)):
            properties = evaluator.evaluate(declared.get("Properties", {}))
            scope.resources[logical_id] = place.identify(logical_id, type_=declared["Type"], properties=properties)
        outputs = {
            name: evaluator.evaluate(output["Value"])
            for name, output in self.document.get("Outputs", {}).items()
            if "Condition" not in output or evaluator.holds(output["Condition"])
        }
        return Stack(resources=tuple(scope.resources.values()), outputs=outputs)

    def _present(self, evaluator: Evaluator) -> dict[str, Any]:
        return {
            logical_id: declared
            for logical_id, declared in self.document["Resources"].items()
            if "Condition" not in declared or evaluator.holds(declared["Condition"])
        }


def _of_type(stack: Stack, type_: str, *, suffix: str) -> Iterator[tuple[str, Resource]]:
    for resource in stack.resources:
        if resource.type == type_:
            yield _role(resource.logical_id.removesuffix(suffix)), resource


def _role(logical_id: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", logical_id).lower()


def _dead_letter_arn(queue: Resource) -> str | None:
    arn: str | None = queue.properties.get("RedrivePolicy", {}).get("deadLetterTargetArn")
    return arn


def _parameter_values(declared: Mapping[str, Any], *, given: Mapping[str, str]) -> dict[str, object]:
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise TemplateError(f"the template has no parameter {', '.join(unknown)}")
    values: dict[str, object] = {}
    for name, parameter in declared.items():
        raw = given.get(name, parameter.get("Default"))
        if raw is None:
            raise TemplateError(f"parameter {name} has no default and no value was given")
        _check_parameter(name, str(raw), parameter)
        is_list = parameter["Type"] == "CommaDelimitedList" or parameter["Type"].startswith("List<")
        values[name] = [part.strip() for part in str(raw).split(",")] if is_list else str(raw)
    return values


def _check_parameter(name: str, value: str, parameter: Mapping[str, Any]) -> None:
    pattern, allowed = parameter.get("AllowedPattern"), parameter.get("AllowedValues")
    if pattern is not None and not re.fullmatch(pattern, value):
        raise TemplateError(f"parameter {name}: {value!r} does not match {pattern}")
    if allowed is not None and value not in [str(item) for item in allowed]:
        raise TemplateError(f"parameter {name}: {value!r} is none of {', '.join(map(str, allowed))}")


def _in_order(resources: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    done: set[str] = set()

    def visit(logical_id: str, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        if logical_id in path:
            raise TemplateError(f"circular dependency: {' -> '.join([*path, logical_id])}")
        if logical_id in done or logical_id not in resources:
            return
        declared = resources[logical_id]
        explicit = declared.get("DependsOn", [])
        for needed in [explicit] if isinstance(explicit, str) else explicit:
            yield from visit(needed, (*path, logical_id))
        for needed in references(declared.get("Properties", {})):
            yield from visit(needed, (*path, logical_id))
        done.add(logical_id)
        yield logical_id, declared

    for logical_id in resources:
        yield from visit(logical_id, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    names: Mapping[str, object]
    resources: dict[str, Resource]

    def ref(self, name: str) -> object:
        if name in self.names:
            return self.names[name]
        if name in self.resources:
            return self.resources[name].ref
        raise TemplateError(f"{name} is neither a parameter nor a resource")

    def attribute(self, resource: str, name: str) -> str:
        if resource not in self.resources:
            raise TemplateError(f"{resource} is not a resource")
        found = self.resources[resource]
        if found.is_compute_plane:
            return f"{resource}.{name}"
        if name not in found.attributes:
            raise TemplateError(f"{resource} has no attribute {name} that can be known before it exists")
        return found.attributes[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    account: str
    region: str
    partition: str
    endpoint: str | None
    stack_name: str

    def pseudo_parameters(self) -> dict[str, object]:
        return {
            "AWS::AccountId": self.account,
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::StackName": self.stack_name,
            "AWS::URLSuffix": self._url_suffix,
        }

    @property
    def _url_suffix(self) -> str:
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def arn(self, service: str, name: str, *, in_region: bool = True, in_account: bool = True) -> str:
        region, account = self.region if in_region else "", self.account if in_account else ""
        return f"arn:{self.partition}:{service}:{region}:{account}:{name}"

    def queue_url(self, name: str) -> str:
        endpoint = self.endpoint or f"https://sqs.{self.region}.{self._url_suffix}"
        return f"{endpoint.rstrip('/')}/{self.account}/{name}"

    def identify(self, logical_id: str, *, type_: str, properties: Mapping[str, Any]) -> Resource:
        if type_ in _IDENTITIES:
            ref, attributes = _IDENTITIES[type_](self, logical_id, properties)
        else:
            ref, attributes = logical_id, {}
        return Resource(logical_id=logical_id, type=type_, properties=properties, ref=ref, attributes=attributes)


_Identity = tuple[str, dict[str, str]]  # what Ref gives, what GetAtt gives


def _bucket(place: _Place, logical_id: str, properties: Mapping[str, Any]) -> _Identity:
    name = _own_name(logical_id, properties, "BucketName")
    return name, {"Arn": place.arn("s3", name, in_region=False, in_account=False)}


def _queue(place: _Place, logical_id: str, properties: Mapping[str, Any]) -> _Identity:
    name = _own_name(logical_id, properties, "QueueName")
    url = place.queue_url(name)
    return url, {"Arn": place.arn("sqs", name), "QueueName": name, "QueueUrl": url}


def _topic(place: _Place, logical_id: str, properties: Mapping[str, Any]) -> _Identity:
    name = _own_name(logical_id, properties, "TopicName")
    arn = place.arn("sns", name)
    return arn, {"TopicArn": arn, "TopicName": name}


def _state_machine(place: _Place, logical_id: str, properties: Mapping[str, Any]) -> _Identity:
    name = _own_name(logical_id, properties, "StateMachineName")
    arn = place.arn("states", f"stateMachine:{name}")
    return arn, {"Arn": arn, "Name": name}


def _table(place: _Place, logical_id: str, properties: Mapping[str, Any]) -> _Identity:
    name = _own_name(logical_id, properties, "TableName")
    return name, {"Arn": place.arn("dynamodb", f"table/{name}")}


def _function(place: _Place, logical_id: str, properties: Mapping[str, Any]) -> _Identity:
    name = _own_name(logical_id, properties, "FunctionName")
    return name, {"Arn": place.arn("lambda", f"function:{name}")}


def _log_group(place: _Place, logical_id: str, properties: Mapping[str, Any]) -> _Identity:
    name = _own_name(logical_id, properties, "LogGroupName")
    return name, {"Arn": place.arn("logs", f"log-group:{name}:*")}


def _role_identity(place: _Place, logical_id: str, properties: Mapping[str, Any]) -> _Identity:
    # CloudFormation adds random letters to a name of its own making: only the local AWS has exactly this one.
    name = properties.get("RoleName", f"{place.stack_name}-{logical_id}")
    return name, {"Arn": place.arn("iam", f"role/{name}", in_region=False)}


def _instance_profile(place: _Place, logical_id: str, properties: Mapping[str, Any]) -> _Identity:
    name = properties.get("InstanceProfileName", f"{place.stack_name}-{logical_id}")
    return name, {"Arn": place.arn("iam", f"instance-profile/{name}", in_region=False)}


def _own_name(logical_id: str, properties: Mapping[str, Any], key: str) -> str:
    if key not in properties:
        raise TemplateError(f"{logical_id} needs a {key}: names must be known before the stack exists")
    return str(properties[key])


_IDENTITIES: dict[str, Callable[[_Place, str, Mapping[str, Any]], _Identity]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::IAM::InstanceProfile": _instance_profile,
    "AWS::IAM::Role": _role_identity,
    "AWS::Lambda::Function": _function,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::StepFunctions::StateMachine": _state_machine,
}
