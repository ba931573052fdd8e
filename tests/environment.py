"""Sets the environment of the tests before Django reads it: a state folder and ports that no other run shares."""

import gc
import os
import shutil
import socket
from pathlib import Path


def free_port() -> int:
    """This function will name a port of this machine that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def pytest_collection_finish() -> None:
    """This function will keep all that was imported and collected out of the garbage collector's rounds."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    shutil.rmtree(_VAR_DIR, ignore_errors=True)


gc.disable()  # until the tests are collected: none of the million objects that are made until then is garbage

_VAR_DIR = Path(__file__).resolve().parents[1] / "var" / "tests" / str(os.getpid())
_PORT = free_port()
_WEB_PORT = free_port()
_SANDBOX_PORT = free_port()

os.environ.update(
    VAR_DIR=str(_VAR_DIR),
    LOCAL_AWS="1",
    LOCAL_AWS_PORT=str(_PORT),
    AWS_ENDPOINT_URL=f"http://127.0.0.1:{_PORT}",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    # The buckets accept uploads from WEB_ORIGIN: the live server of the browser tests listens there.
    WEB_PORT=str(_WEB_PORT),
    BILLING_MODE="sandbox",
    STRIPE_SECRET_KEY="",
    SANDBOX_PORT=str(_SANDBOX_PORT),
    DJANGO_LIVE_TEST_SERVER_ADDRESS=f"localhost:{_WEB_PORT}",
    # pytest-playwright runs its own event loop beside Django's synchronous code
    DJANGO_ALLOW_ASYNC_UNSAFE="true",
)
