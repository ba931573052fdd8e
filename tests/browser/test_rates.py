"""What a person sees who asks too often."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from genomics.settings.security import RATE_LIMITS, Rate
from genomics.users.models import User
from tests.browser.watching import Watch
from tests.jobs.factory import make_job


@pytest.fixture(autouse=True)
def _seldom(settings: Any) -> Iterator[None]:
    settings.RATE_LIMITING = True
    settings.RATE_LIMITS = {**RATE_LIMITS, "job-read": Rate(count=1, period=timedelta(minutes=1))}
    yield
    cache.clear()


class TestTooManyTries:
    def test_are_answered_by_a_page_of_ours(
        self, page: Page, url: str, watch: Watch, sign_in: Callable[[User], None], free_user: User
    ) -> None:
        sign_in(free_user)
        path = reverse("jobs:log", args=[make_job(free_user, now=timezone.now()).pk])
        for status in (404, 429):
            watch.expect(str(status))
            answer = page.goto(url + path)
            assert answer is not None
            assert answer.status == status
            assert answer.headers.get("retry-after") == {429: "60"}.get(status)
        expect(page.get_by_role("heading", name="Too many tries")).to_be_visible()
        watch.check_look()
