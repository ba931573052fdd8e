"""A browser that dies takes no other test with it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Error

from tests.browser.browsers import Browsers


class TestBrowsers:
    def test_replace_one_that_died(self, launch_browser: Callable[[], Browser]) -> None:
        browsers = Browsers(launch_browser)
        first = browsers.living()
        assert browsers.living() is first
        with pytest.raises(Error):
            first.new_browser_cdp_session().send("Browser.crash")
        second = browsers.living()
        assert second is not first
        second.new_context().close()
        assert browsers.living() is second
        browsers.close()
