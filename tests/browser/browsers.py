"""The browser that the tests share: when it dies, the test that it died in fails, and the next one gets another."""

from collections.abc import Callable

from playwright.sync_api import Browser


class Browsers:
    """Launches a browser when it is first asked for, and again whenever the latest has gone."""

    def __init__(self, launch: Callable[[], Browser]) -> None:
        self._launch = launch
        self._launched: list[Browser] = []

    def living(self) -> Browser:
        if not self._launched or not self._launched[-1].is_connected():
            self._launched.append(self._launch())
        return self._launched[-1]

    def close(self) -> None:
        for browser in self._launched:
            browser.close()
