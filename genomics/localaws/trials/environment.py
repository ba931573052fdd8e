"""The environment of a trial: a state folder and ports that no other stack shares."""

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

_MARK = "GENOMICS_TRIAL"  # in the environment of a process that is in the trial of that name
_FOREIGN = ("AWS_", "WEB_", "DATABASE_URL", "FREE_", "PREMIUM_", "BILLING_", "STRIPE_", "SANDBOX_")
_DIRECT_SERVICES = ("S3", "SNS", "DYNAMODB", "IAM", "SFN", "STS")


def inside(name: str) -> bool:
    """This function will tell whether this process is in the environment of the trial already."""
    return os.environ.get(_MARK) == name


def enter(name: str, *, var_dir: Path, proxied: bool, changes: Mapping[str, str]) -> None:
    """This function will never return: the process starts itself anew in the trial's environment.

    Settings are read once, at the start of a process; so the command that was called for another stack, or for none,
    becomes the same command for the trial's own.
    """
    composed = compose(name, var_dir=var_dir, proxied=proxied, changes=changes)
    os.execve(sys.executable, [sys.executable, *sys.argv], composed)  # noqa: S606


def compose(name: str, *, var_dir: Path, proxied: bool, changes: Mapping[str, str]) -> dict[str, str]:
    """This function will give the trial's environment: the one here without what belongs to another stack.

    With `proxied`, SQS is reached through a port of its own, where the trial serves a proxy with faults.
    """
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
    web, aws, proxy, stripe = free_ports(4)
    direct = f"http://127.0.0.1:{aws}"
    return {
        **inherited,
        _MARK: name,
        "GENOMICS_ENV": "development",
        "LOCAL_AWS": "1",
        "VAR_DIR": str(var_dir),
        "DATABASE_URL": "",  # the embedded one, whatever a file .env says
        "WEB_PORT": str(web),
        "WEB_ORIGIN": f"http://localhost:{web}",
        "LOCAL_AWS_PORT": str(aws),
        "STRIPE_SECRET_KEY": "",
        "SANDBOX_PORT": str(stripe),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy if proxied else aws}",
        **{f"AWS_ENDPOINT_URL_{service}": direct for service in _DIRECT_SERVICES},
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCOUNT_ID": "123456789012",
        "FREE_KEPT_HOT_SECONDS": "86400",  # a trial looks at results as they were made
        **changes,
    }


def free_ports(number: int) -> list[int]:
    """This function will name different ports of this machine that nobody uses right now."""
    probes = [socket.socket() for _ in range(number)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
