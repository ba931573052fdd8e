"""How the resources around Lambda functions are made and kept."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

from genomics.aws.template import Resource
from genomics.localaws.settling import Change, Setting, settle, unless_missing

Clients = Callable[[str], Any]  # boto3 client by service name


def function(resource: Resource, clients: Clients) -> Change:
    functions, name, properties = clients("lambda"), resource.ref, resource.properties
    settings = {key: properties[key] for key in ("Handler", "Role", "MemorySize", "Timeout", "Environment", "Runtime")}
    place = properties["Code"]
    # moto does not find the bytes where our S3 keeps them: it gets the package itself.
    package = clients("s3").get_object(Bucket=place["S3Bucket"], Key=place["S3Key"])["Body"].read()
    current = unless_missing(lambda: functions.get_function(FunctionName=name)["Configuration"])
    if current is None:
        kind = {"Architectures": properties["Architectures"]} if "Architectures" in properties else {}
        functions.create_function(FunctionName=name, Code={"ZipFile": package}, **kind, **settings)
        return Change.CREATED
    digest = base64.b64encode(hashlib.sha256(package).digest()).decode()
    return settle(
        [
            Setting(
                wanted=digest,
                read=lambda: current["CodeSha256"],
                write=lambda: functions.update_function_code(FunctionName=name, ZipFile=package),
            ),
            Setting(
                wanted=settings,
                read=lambda: current,
                write=lambda: functions.update_function_configuration(FunctionName=name, **settings),
            ),
        ],
        created=False,
    )


def invoke_config(resource: Resource, clients: Clients) -> Change:
    functions, properties = clients("lambda"), resource.properties
    name = properties["FunctionName"]
    wanted = {key: value for key, value in properties.items() if key not in {"FunctionName", "Qualifier"}}
    return settle(
        [
            Setting(
                wanted=wanted,
                read=lambda: functions.get_function_event_invoke_config(FunctionName=name),
                write=lambda: functions.put_function_event_invoke_config(FunctionName=name, **wanted),
            )
        ],
        created=False,
    )


def permission(resource: Resource, clients: Clients) -> Change:
    functions, properties = clients("lambda"), resource.properties
    name, number = properties["FunctionName"], resource.logical_id
    policy = unless_missing(lambda: functions.get_policy(FunctionName=name)["Policy"])
    if policy is not None and any(one["Sid"] == number for one in json.loads(policy)["Statement"]):
        return Change.UNCHANGED
    functions.add_permission(StatementId=number, **properties)
    return Change.CREATED


def log_group(resource: Resource, clients: Clients) -> Change:
    logs, name = clients("logs"), resource.ref
    found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    current = next((group for group in found if group["logGroupName"] == name), None)
    if current is None:
        logs.create_log_group(logGroupName=name)
    days = resource.properties["RetentionInDays"]
    return settle(
        [
            Setting(
                wanted=days,
                read=lambda: (current or {}).get("retentionInDays"),
                write=lambda: logs.put_retention_policy(logGroupName=name, retentionInDays=days),
            )
        ],
        created=current is None,
    )
