"""The product's own audits, run after a trial."""

import io
from collections.abc import Callable

from django.core.management import call_command
from django.core.management.base import CommandError


def run(command: str, *options: str, say: Callable[[str], None]) -> str:
    """This function will let the product compare its rows with what is stored; it gives what is wrong."""
    said = io.StringIO()
    try:
        call_command(command, *options, stdout=said)
    except (CommandError, SystemExit) as error:
        return f"{error} {said.getvalue()}"
    finally:
        for line in said.getvalue().splitlines():
            say(f"{command}{' --fix' if '--fix' in options else ''}: {line}")
    return ""


def mend(*commands: str, say: Callable[[str], None]) -> None:
    """This function will let the product clear away what kills have left between two steps."""
    for command in commands:
        run(command, "--fix", "--older-than", "1s", say=say)
