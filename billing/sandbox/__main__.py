"""`python -m billing.sandbox`: serve the sandbox on loopback until Ctrl-C."""

import argparse
import logging
import signal
import sys
from types import FrameType

from billing.sandbox.errors import SandboxError
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.server import Server
from billing.sandbox.world import Rules

_KEY = "sk_test_GenomicsCloudSandboxKey0"


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        sandbox = Sandbox(
            store=options.store,
            base_url=options.url or f"http://localhost:{options.port}",
            api_key=options.key,
            rules=Rules(after_retries=options.after_retries),
        )
        if options.chaos:
            sandbox.set_chaos(**dict(switch.split("=", 1) for switch in options.chaos))
        server = Server(sandbox, port=options.port)
    except (SandboxError, OSError) as error:
        print(f"The sandbox cannot start: {error}", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, _stop)
    server.start()
    print(f"Stripe sandbox: no real money. Control page: http://localhost:{server.port}/_sandbox/", flush=True)
    try:
        server.wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m billing.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=12111, help="on 127.0.0.1 (default: %(default)s)")
    parser.add_argument(
        "--store", default="var/sandbox.sqlite3", help="SQLite file, or :memory: (default: %(default)s)"
    )
    parser.add_argument("--url", help="under which browsers reach the pages (default: http://localhost:PORT)")
    parser.add_argument("--key", default=_KEY, help="the one API key that opens it (default: %(default)s)")
    parser.add_argument(
        "--after-retries",
        choices=("cancel", "unpaid", "past_due"),
        default="cancel",
        help="what becomes of a subscription whose payment failed at every retry (default: %(default)s)",
    )
    parser.add_argument("--chaos", nargs="*", metavar="SWITCH=VALUE", help="such as duplicate=1 drop=0.2; see chaos.py")
    return parser


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
