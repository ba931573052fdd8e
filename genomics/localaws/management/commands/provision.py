"""manage.py provision: the CloudFormation template, applied to the local AWS."""

from typing import Any

import boto3
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from archive import lambda_package
from genomics.aws.template import Template, TemplateError
from genomics.localaws.cloudformation import Change, apply

_CODE_BUCKET = "genomics-code"


class Command(BaseCommand):
    help = "Make the buckets, queues, topics, tables and roles of the template on the local AWS; repeat at will."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--endpoint", default=settings.AWS_ENDPOINT_URL, help="URL of the local AWS")

    def handle(self, *_args: Any, endpoint: str, verbosity: int, **_options: Any) -> None:
        if not endpoint:
            raise CommandError(
                "No AWS endpoint is set, so this would change a real account. Deploy there with the same file:\n"
                f"  aws cloudformation deploy --template-file {settings.STACK_TEMPLATE} "
                f"--stack-name genomics-{settings.STACK_STAGE} --capabilities CAPABILITY_IAM"
            )
        try:
            stack = Template.load(settings.STACK_TEMPLATE).resolve(
                account=settings.AWS_ACCOUNT_ID,
                region=settings.AWS_REGION,
                parameters={**settings.STACK_PARAMETERS, "CodeBucket": _CODE_BUCKET},
                endpoint=endpoint,
                stack_name=f"genomics-{settings.STACK_STAGE}",
            )
            if settings.RESTORE_EXECUTOR == "lambda":
                _bring_code(_client("s3", endpoint=endpoint))
            outcomes = apply(stack, client=lambda service: _client(service, endpoint=endpoint))
        except TemplateError as error:
            raise CommandError(str(error)) from error
        changed = [outcome for outcome in outcomes if outcome.change is not Change.UNCHANGED]
        if verbosity < 1:
            return
        for outcome in changed:
            self.stdout.write(f"{outcome.change:<8} {outcome.resource.type:<25} {outcome.resource.ref}")
        self.stdout.write(f"{len(changed)} of {len(outcomes)} resources changed" if changed else "Nothing to change.")


def _bring_code(s3: Any) -> None:
    """This function will do what an operator does on AWS: `make lambda`, and the package into a bucket."""
    package = settings.VAR_DIR / "lambda" / "restore.zip"
    lambda_package.write(package)
    s3.create_bucket(Bucket=_CODE_BUCKET)
    s3.put_object(Bucket=_CODE_BUCKET, Key=package.name, Body=package.read_bytes())


def _client(service: str, *, endpoint: str) -> Any:
    return boto3.client(service, endpoint_url=endpoint, region_name=settings.AWS_REGION)  # type: ignore[call-overload]
