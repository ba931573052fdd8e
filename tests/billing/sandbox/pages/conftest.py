import pytest

from billing.sandbox.sandbox import Sandbox
from tests.billing.sandbox.pages.browser import Browser


@pytest.fixture
def visitor(sandbox: Sandbox) -> Browser:
    return Browser(sandbox=sandbox)
