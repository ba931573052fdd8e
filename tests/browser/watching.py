"""What every page must hold, whatever it shows: no complaint in the console, no foreign host, readable, and it fits."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Error, Page, Request, expect

_AXE = next((Path(__file__).parent / "vendor").glob("axe-core-*")) / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATIENCE_MS = 20_000  # of a browser on a machine that does much else
DESKTOP = (1280, 860)
PHONE = (390, 844)
_LOOKS: tuple[tuple[Literal["light", "dark"], tuple[int, int]], ...] = (("light", DESKTOP), ("dark", PHONE))


class Watch:
    """Listens to a page; `complaints` holds what went wrong, minus what the test expects to hear."""

    def __init__(self, page: Page, *, hosts: set[str]) -> None:
        self._page = page
        self._hosts = hosts
        self._heard: list[str] = []
        self._expected: list[str] = []
        page.on("console", self._hear_console)
        page.on("pageerror", self._hear_error)
        page.on("request", self._hear_request)

    def expect(self, text: str) -> None:
        """This function will let complaints pass that contain `text`: the test provokes them."""
        self._expected.append(text)

    @property
    def complaints(self) -> list[str]:
        return [heard for heard in self._heard if not any(text in heard for text in self._expected)]

    def check_look(self) -> None:
        """This function will check the page wide in light and narrow in dark; AssertionError tells what is wrong."""
        self._page.evaluate(_AXE.read_text())
        for scheme, (width, height) in _LOOKS:
            self._page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self._page.set_viewport_size({"width": width, "height": height})
            expect(self._page.locator("html")).to_have_attribute("data-bs-theme", scheme)
            where = f"{self._page.url} {scheme} {width}"
            assert self._page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{where}: too wide"
            violations = "\n".join(self._violations())
            assert not violations, f"{where}: {violations}"
        self._page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})

    def _violations(self) -> list[str]:
        found = self._page.evaluate("rules => axe.run({runOnly: rules})", _RULES)["violations"]
        return [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in found
            for node in violation["nodes"]
        ]

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._heard.append(f"console: {message.text}")

    def _hear_error(self, error: Error) -> None:
        self._heard.append(f"script: {error}")

    def _hear_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc not in self._hosts:
            self._heard.append(f"foreign host: {request.url}")
