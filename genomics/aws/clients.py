"""boto3 clients, one per process and service; credentials, region and endpoint from botocore's environment."""

import functools
import os
from typing import TYPE_CHECKING, Literal

import boto3
from botocore.config import Config

if TYPE_CHECKING:  # the stubs are not installed in production
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_BASE = Config(
    connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 4}, max_pool_connections=20
)


@functools.cache
def s3() -> "S3Client":
    """This function will give the S3 client: SigV4, path-style names on the local AWS, virtual hosts on AWS."""
    addressing: Literal["path", "virtual"] = "path" if os.environ.get("AWS_ENDPOINT_URL") else "virtual"
    config = Config(signature_version="s3v4", s3={"addressing_style": addressing})
    return boto3.client("s3", config=_BASE.merge(config))


@functools.cache
def sqs() -> "SQSClient":
    return boto3.client("sqs", config=_BASE)
