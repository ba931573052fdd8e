"""AWS: names come from the template, credentials and endpoint from botocore's own environment."""

import os
from datetime import timedelta

from genomics.aws import clients
from genomics.aws.template import Template
from genomics.settings import env
from genomics.settings.archive import RESTORE_EXECUTOR
from genomics.settings.core import BASE_DIR, LOCAL_AWS, PRODUCTION, WEB_ORIGIN

LOCAL_AWS_PORT = env.integer("LOCAL_AWS_PORT", "port of the local AWS on this machine", default=4600)
LOCAL_AWS_RETRIEVAL_TIMES = {
    "Expedited": env.seconds(
        "LOCAL_AWS_EXPEDITED_SECONDS",
        "so long the local AWS takes for a retrieval in tier Expedited",
        default=timedelta(seconds=3),
    ),
    "Standard": env.seconds(
        "LOCAL_AWS_STANDARD_SECONDS",
        "so long the local AWS takes for one in tier Standard",
        default=timedelta(seconds=8),
    ),
    "Bulk": env.seconds(
        "LOCAL_AWS_BULK_SECONDS", "so long the local AWS takes for one in tier Bulk", default=timedelta(seconds=15)
    ),
}
if LOCAL_AWS:
    # The same code runs locally and on AWS; only these four differ, and an explicit value wins.
    os.environ.setdefault("AWS_ENDPOINT_URL", f"http://127.0.0.1:{LOCAL_AWS_PORT}")
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

AWS_ENDPOINT_URL = env.text("AWS_ENDPOINT_URL", "endpoint of the local AWS; leave unset on AWS", default="", shown="")
AWS_REGION = env.needed_text("AWS_DEFAULT_REGION", "AWS region", development="us-east-1")
AWS_ACCOUNT_ID = env.needed_text(
    "AWS_ACCOUNT_ID", "account that the template is deployed in", development="123456789012"
)
STACK_STAGE = env.text("STACK_STAGE", "stage of the deployed template, part of all names", default="dev")
STACK_TEMPLATE = BASE_DIR / "docker" / "aws" / "stack.yaml"
STACK_PARAMETERS = {"Stage": STACK_STAGE, "WebOrigins": WEB_ORIGIN, "RestoreExecutor": RESTORE_EXECUTOR}
STACK = Template.load(STACK_TEMPLATE).names(
    parameters=STACK_PARAMETERS, account=AWS_ACCOUNT_ID, region=AWS_REGION, endpoint=AWS_ENDPOINT_URL or None
)

# Browsers send their uploads to this origin: it stands in the content security policy.
UPLOAD_ORIGIN = AWS_ENDPOINT_URL or f"https://{STACK.buckets['inputs']}.s3.{AWS_REGION}.amazonaws.com"

_S3_OPTIONS = {
    "region_name": AWS_REGION,
    "client_config": clients.s3_config(),
    "default_acl": None,
    "file_overwrite": False,
    "querystring_auth": True,
    "querystring_expire": 60,
}
STORAGES = {
    "staticfiles": {
        "BACKEND": "genomics.static_files.HashedStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
    "inputs": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {**_S3_OPTIONS, "bucket_name": STACK.buckets["inputs"]},
    },
    "results": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {**_S3_OPTIONS, "bucket_name": STACK.buckets["results"]},
    },
}
