"""boto3 clients, one per process and service; credentials, region and endpoint from botocore's environment."""

import functools
import os
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:  # the stubs are not installed in production
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_glacier import GlacierClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

_ATTEMPTS = 3


def s3_config(*, attempts: int = _ATTEMPTS) -> Config:
    """This function will give the settings of all S3 clients: SigV4, path-style names on the local AWS.

    On AWS the names are those of the region in every region, also in us-east-1: the content security policy
    and the signatures agree on one host.
    """
    local = bool(os.environ.get("AWS_ENDPOINT_URL"))
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if local else "virtual", "us_east_1_regional_endpoint": "regional"},
        connect_timeout=3,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=20,
    )


@functools.cache
def s3() -> "S3Client":
    return boto3.client("s3", config=s3_config())


@functools.cache
def s3_restores() -> "S3Client":
    """This function will give a client that asks once: who lacks capacity for one tier is asked for another at once."""
    return boto3.client("s3", config=s3_config(attempts=1))


@functools.cache
def glacier() -> "GlacierClient":
    return boto3.client("glacier", config=_glacier_config(attempts=_ATTEMPTS))


@functools.cache
def glacier_jobs() -> "GlacierClient":
    """This function will give a client that asks once: initiating a job twice makes two jobs."""
    return boto3.client("glacier", config=_glacier_config(attempts=1))


@functools.cache
def sqs() -> "SQSClient":
    """This function will give a client that gives up soon: before a lease ends, and before a person loses patience."""
    return boto3.client(
        "sqs",
        config=Config(
            connect_timeout=2,
            read_timeout=3,
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=20,
        ),
    )


@functools.cache
def dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=_patient_for_seconds())


@functools.cache
def sns() -> "SNSClient":
    return boto3.client("sns", config=_patient_for_seconds())


@functools.cache
def stepfunctions() -> Any:
    """This function will give a client that gives up sooner than the others: what it starts, a sweep makes up for."""
    return boto3.client(
        "stepfunctions",
        config=Config(
            connect_timeout=1,
            read_timeout=2,
            retries={"mode": "standard", "total_max_attempts": 1},
        ),
    )


@functools.cache
def functions() -> "LambdaClient":
    return boto3.client("lambda", config=_patient_for_seconds())


def _patient_for_seconds() -> Config:
    """This function will give the settings of small calls in short tasks: what is away is found out within seconds."""
    return Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})


def _glacier_config(*, attempts: int) -> Config:
    return Config(connect_timeout=3, read_timeout=60, retries={"mode": "standard", "total_max_attempts": attempts})
