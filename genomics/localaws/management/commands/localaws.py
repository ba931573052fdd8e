"""manage.py localaws: the local AWS as a process of its own."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from genomics.localaws.server import PortInUseError, serve


class Command(BaseCommand):
    help = "Serve S3, Glacier, SQS, SNS, DynamoDB, IAM, Lambda and Step Functions on loopback until SIGTERM or Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.LOCAL_AWS_PORT)
        parser.add_argument("--data", type=Path, default=settings.VAR_DIR / "aws", help="folder of all its data")

    def handle(self, *_args: Any, port: int, data: Path, **_options: Any) -> None:
        try:
            serve(data, port=port, retrieval_times=settings.LOCAL_AWS_RETRIEVAL_TIMES)
        except PortInUseError as error:
            raise CommandError(str(error)) from error
