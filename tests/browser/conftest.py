"""A real browser on a real server: every test fails when its pages complain or reach for another host."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from genomics.localaws.server import LocalAws
from genomics.users.models import User
from tests.browser.browsers import Browsers
from tests.browser.watching import DESKTOP, PATIENCE_MS, Watch

_HERE = Path(__file__).parent
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": "/usr/bin/chromium", "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    viewport = {"width": DESKTOP[0], "height": DESKTOP[1]}
    return {**browser_context_args, "viewport": viewport, "color_scheme": "light", "reduced_motion": "reduce"}


@pytest.fixture(scope="session")
def browsers(launch_browser: Callable[[], Browser]) -> Iterator[Browsers]:
    browsers = Browsers(launch_browser)
    yield browsers
    browsers.close()


@pytest.fixture
def browser(browsers: Browsers) -> Browser:
    """This function will give the browser that all tests share; the plugin's own stays dead once it has died."""
    return browsers.living()


@pytest.fixture
def context(context: BrowserContext, live_server: LiveServer, aws: LocalAws) -> BrowserContext:
    """This function will give a browser that knows the live server, which stands on the local AWS."""
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture
def url(live_server: LiveServer) -> str:
    return str(live_server.url)


@pytest.fixture(autouse=True)
def watch(page: Page, url: str) -> Iterator[Watch]:
    """This function will fail a test whose pages complained."""
    hosts = {urlsplit(one).netloc for one in (url, settings.AWS_ENDPOINT_URL, settings.SANDBOX_ORIGIN)}
    watch = Watch(page, hosts=hosts)
    yield watch
    assert watch.complaints == []


@pytest.fixture
def sign_in(page: Page, url: str, client_of: Callable[[User], Client]) -> Callable[[User], None]:
    """This function will give a function that signs the browser in, without the form."""

    def sign_in(user: User) -> None:
        session = client_of(user).cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])

    return sign_in


@pytest.fixture
def sent(page: Page) -> list[str]:
    """This function will give a list that grows by each request that would create or fill an upload."""
    seen: list[str] = []

    def note(request: Request) -> None:
        if request.method == "PUT" or "/uploads/" in request.url:
            seen.append(f"{request.method} {request.url}")

    page.on("request", note)
    return seen


@pytest.fixture
def upload_page(page: Page, url: str, sign_in: Callable[[User], None], free_user: User) -> Page:
    """This function will give the upload page of a user with a free lab."""
    sign_in(free_user)
    page.goto(url + reverse("jobs:new"))  # until `load`, before which the page's modules have run
    return page


@pytest.fixture
def small_parts(settings: Any) -> None:
    """This function will let free labs upload much, in the smallest parts that S3 joins."""
    settings.UPLOAD_PART_BYTES = 5 * 1024**2
    settings.PLAN_LIMITS = {**settings.PLAN_LIMITS, "FREE": {**settings.PLAN_LIMITS["FREE"], "max_upload_bytes": 10**8}}
