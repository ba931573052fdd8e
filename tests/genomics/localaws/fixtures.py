"""Fixtures around the local AWS, for all tests: the root conftest imports them by name."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from django.conf import settings

from genomics.aws.template import Template
from genomics.localaws.cloudformation import apply
from genomics.localaws.server import LocalAws


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """This function will serve a provisioned local AWS at settings.AWS_ENDPOINT_URL, in this process."""
    server = LocalAws(tmp_path_factory.mktemp("aws"), port=settings.LOCAL_AWS_PORT)
    server.start()
    apply(
        Template.load(settings.STACK_TEMPLATE).resolve(
            account=settings.AWS_ACCOUNT_ID,
            region=settings.AWS_REGION,
            parameters=settings.STACK_PARAMETERS,
            endpoint=server.url,
        ),
        client=client,
    )
    yield server
    server.stop()


@pytest.fixture
def aws(local_aws: LocalAws) -> Iterator[LocalAws]:
    """This function will give the provisioned local AWS, and leave its buckets, queues and tables empty."""
    yield local_aws
    local_aws.empty()


def client(service: str, *, endpoint: str | None = None) -> Any:
    """This function will give a boto3 client that does not retry, so that a refusal shows at once."""
    config = Config(
        signature_version="s3v4" if service == "s3" else None,
        s3={"addressing_style": "path"},
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    return boto3.client(  # type: ignore[call-overload]
        service,
        config=config,
        endpoint_url=endpoint or settings.AWS_ENDPOINT_URL,
        region_name=settings.AWS_REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
