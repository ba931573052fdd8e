"""boto3 clients, one per process and service; credentials, region and endpoint from botocore's environment."""

import functools
import os

import boto3
from botocore.config import Config
from mypy_boto3_s3 import S3Client
from mypy_boto3_sqs import SQSClient

_TIMEOUTS = {"connect_timeout": 5, "read_timeout": 60}


@functools.cache
def s3() -> S3Client:
    """This function will give the S3 client: SigV4, path-style names on the local AWS, virtual hosts on AWS."""
    addressing = "path" if os.environ.get("AWS_ENDPOINT_URL") else "virtual"
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": addressing},
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=20,
        **_TIMEOUTS,
    )
    return boto3.client("s3", config=config)


@functools.cache
def sqs() -> SQSClient:
    return boto3.client("sqs", config=Config(retries={"mode": "standard", "total_max_attempts": 3}, **_TIMEOUTS))
