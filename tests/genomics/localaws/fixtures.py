"""Fixtures around the local AWS, for all tests: the root conftest imports them by name."""

import functools
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from django.conf import settings
from django.core.management import call_command

from genomics.localaws.server import LocalAws


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """This function will serve a provisioned local AWS at settings.AWS_ENDPOINT_URL, in this process."""
    server = LocalAws(tmp_path_factory.mktemp("aws"), port=settings.LOCAL_AWS_PORT)
    server.start()
    call_command("provision", verbosity=0)
    yield server
    server.stop()


@pytest.fixture
def aws(local_aws: LocalAws) -> Iterator[LocalAws]:
    """This function will give the provisioned local AWS with empty buckets, queues and tables, and leave them so."""
    local_aws.empty()  # tests that commit send hints, whether they look at them or not
    yield local_aws
    local_aws.empty()


def client(service: str, *, endpoint: str | None = None) -> Any:
    """This function will give a boto3 client that does not retry, so that a refusal shows at once.

    Those of the shared local AWS are made once: reading the rules of a service takes longer than most requests.
    """
    return _new_client(service, endpoint) if endpoint else _shared_client(service, settings.AWS_ENDPOINT_URL)


@functools.cache
def _shared_client(service: str, endpoint: str) -> Any:
    return _new_client(service, endpoint)


def _new_client(service: str, endpoint: str) -> Any:
    config = Config(
        signature_version="s3v4" if service == "s3" else None,
        s3={"addressing_style": "path"},
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    return boto3.client(  # type: ignore[call-overload]
        service,
        config=config,
        endpoint_url=endpoint,
        region_name=settings.AWS_REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
