"""Sets the environment of the tests before Django reads it: state of their own, and a free port for the local AWS."""

import os
import socket
from pathlib import Path


def free_port() -> int:
    """This function will name a port of this machine that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


_VAR_DIR = Path(__file__).resolve().parents[1] / "var" / "test"
_PORT = free_port()

os.environ.update(
    VAR_DIR=str(_VAR_DIR),
    LOCAL_AWS="1",
    LOCAL_AWS_PORT=str(_PORT),
    AWS_ENDPOINT_URL=f"http://127.0.0.1:{_PORT}",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    # pytest-playwright runs its own event loop beside Django's synchronous code
    DJANGO_ALLOW_ASYNC_UNSAFE="true",
)
