import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from genomics import rates
from genomics.mail.models import Mail
from genomics.settings.security import RATE_LIMITS, Rate
from genomics.users.models import User
from jobs import live
from jobs.models import Job, Status

SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _on(settings: Any) -> Iterator[None]:
    settings.RATE_LIMITING = True
    settings.RATE_LIMITS = {**RATE_LIMITS, "job-change": Rate(count=3, period=timedelta(minutes=1))}
    yield
    if connection.connection is not None:  # tests with real transactions leave the cache's table as it is
        cache.clear()


def _request(user: User | None, *, address: str = "192.0.2.1", content_type: str = "text/plain") -> HttpRequest:
    request = RequestFactory().post("/", "{}", content_type, REMOTE_ADDR=address)
    request.user = user or AnonymousUser()
    return request


@pytest.mark.django_db
class TestIsAllowed:
    def test_allows_as_many_as_the_table_says(self, free_user: User) -> None:
        answers = [rates.is_allowed(_request(free_user), action="job-change") for _ in range(5)]
        assert answers == [True, True, True, False, False]

    def test_counts_each_user_alone(self, free_user: User, stranger: User) -> None:
        for _ in range(4):
            rates.is_allowed(_request(free_user), action="job-change")
        assert rates.is_allowed(_request(stranger), action="job-change")

    def test_counts_who_is_not_signed_in_by_address(self) -> None:
        answers = [rates.is_allowed(_request(None), action="job-change") for _ in range(4)]
        assert answers == [True, True, True, False]
        assert rates.is_allowed(_request(None, address="192.0.2.2"), action="job-change")

    def test_counts_reading_too(self, free_user: User) -> None:
        request = RequestFactory().get("/")
        request.user = free_user
        assert [rates.is_allowed(request, action="job-change") for _ in range(4)][-1] is False

    def test_allows_again_when_the_period_is_over(self, free_user: User, settings: Any) -> None:
        settings.RATE_LIMITS = {"job-change": Rate(count=1, period=timedelta(seconds=2))}
        assert rates.is_allowed(_request(free_user), action="job-change")
        assert not rates.is_allowed(_request(free_user), action="job-change")
        time.sleep(2.01)
        assert rates.is_allowed(_request(free_user), action="job-change")

    def test_costs_a_few_milliseconds(self, free_user: User, settings: Any) -> None:
        settings.RATE_LIMITS = {"job-change": Rate(count=600, period=timedelta(minutes=1))}
        began = time.perf_counter()
        for _ in range(50):
            rates.is_allowed(_request(free_user), action="job-change")
        assert (time.perf_counter() - began) / 50 < 0.1  # 0.002 s on a free machine


@pytest.mark.django_db(transaction=True)
class TestIsAllowedAtOnce:
    def test_counts_every_call_of_many_processes(self, free_user: User) -> None:
        def ask(_: int) -> bool:
            try:
                return rates.is_allowed(_request(free_user), action="job-change")
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(ask, range(16)))
        assert answers.count(True) == 3


@pytest.mark.django_db
class TestLimited:
    def test_answers_429_and_says_when_to_come_back(self, free_user: User) -> None:
        view = rates.limited("job-change")(lambda request: HttpResponse("done"))
        answers = [view(_request(free_user)) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1]["Retry-After"] == "60"
        assert "Too many tries" in answers[-1].content.decode()

    def test_answers_json_to_who_sends_json(self, free_user: User) -> None:
        view = rates.limited("job-change")(lambda request: HttpResponse("done"))
        answers = [view(_request(free_user, content_type="application/json")) for _ in range(4)]
        assert b'"RATE_LIMITED"' in answers[-1].content
        assert answers[-1]["Content-Type"] == "application/json"

    def test_knows_its_table_when_the_view_is_made(self) -> None:
        with pytest.raises(KeyError):
            rates.limited("job-chnage")


@pytest.mark.django_db
class TestAccountLimits:
    """allauth's own limits, as our settings leave them."""

    @pytest.fixture(autouse=True)
    def _as_in_production(self, settings: Any) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"confirm_email": "5/10m/key"}

    def test_stop_guessing_a_password(self, client: Client, free_user: User) -> None:
        guess = {"login": free_user.email, "password": "wrong horse"}
        pages = [client.post(reverse("account_login"), guess).content.decode() for _ in range(6)]
        assert "Too many tries" in pages[-1]
        assert "Too many tries" not in pages[4]
        right = client.post(reverse("account_login"), {**guess, "password": "correct horse battery"})
        assert right.status_code == 200, "not even the right password, for a while"

    def test_stop_guessing_from_many_addresses(self, client: Client, free_user: User) -> None:
        for number in range(6):
            page = client.post(
                reverse("account_login"),
                {"login": free_user.email, "password": "wrong horse"},
                REMOTE_ADDR=f"192.0.2.{number}",
            )
        assert "Too many tries" in page.content.decode()

    def test_stop_asking_for_codes(self, client: Client, free_user: User) -> None:
        answers = [client.post(reverse("account_reset_password"), {"email": free_user.email}) for _ in range(6)]
        assert [answer.status_code for answer in answers[:5]] == [302] * 5
        assert answers[5].status_code == 429 or b"Too many tries" in answers[5].content
        assert Mail.objects.count() == 5

    def test_stop_guessing_a_code(self, client: Client, free_user: User) -> None:
        client.post(reverse("account_reset_password"), {"email": free_user.email})
        url = reverse("account_confirm_password_reset_code")
        answers = [client.post(url, {"code": f"BBBB-BBB{letter}"}) for letter in "BCDF"]
        assert answers[1].status_code == 200
        assert answers[3].status_code == 302, "the code is void after a few guesses"
        assert client.get(url).status_code == 302

    def test_are_not_led_astray_by_a_forged_address(self, client: Client) -> None:
        for number in range(21):
            forged = f"198.51.100.{number}"
            page = client.post(reverse("account_signup"), {"email": ""}, headers={"X-Forwarded-For": forged})
        assert page.status_code == 429
        assert page["Retry-After"] == "60"

    def test_take_the_address_that_the_trusted_proxy_saw(self, client: Client, settings: Any) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        for number in range(21):
            forged = f"198.51.100.{number}, 203.0.113.9"
            page = client.post(reverse("account_signup"), {"email": ""}, headers={"X-Forwarded-For": forged})
        assert page.status_code == 429
        other = client.post(reverse("account_signup"), {"email": ""}, headers={"X-Forwarded-For": "203.0.113.10"})
        assert other.status_code == 200

    def test_need_as_many_proxies_as_the_settings_say(self, client: Client, settings: Any) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
        with pytest.raises(ImproperlyConfigured):
            client.post(reverse("account_signup"), {"email": ""}, headers={"X-Forwarded-For": "203.0.113.10"})


class TestTheSharedCache:
    def test_holds_more_counters_than_one_attacker_can_make(self, settings: Any) -> None:
        cache_settings = settings.CACHES["default"]
        assert cache_settings["BACKEND"].endswith("DatabaseCache")
        assert cache_settings["OPTIONS"]["MAX_ENTRIES"] >= 10_000


@pytest.mark.django_db
class TestTheViews:
    """Each kind of action has its own counter, and those who are over the limit change nothing."""

    @pytest.fixture(autouse=True)
    def _once(self, settings: Any) -> None:
        settings.RATE_LIMITS = dict.fromkeys(RATE_LIMITS, Rate(count=1, period=timedelta(minutes=1)))

    def test_of_jobs_are_limited(self, client_of: SignIn, free_user: User, job: Job) -> None:
        client = client_of(free_user)
        client.post(reverse("jobs:cancel", args=[job.pk]))
        answer = client.post(reverse("jobs:retry", args=[job.pk]))
        assert answer.status_code == 429
        assert Job.objects.get(pk=job.pk).status == Status.CANCELLED
        assert client.get(reverse("jobs:log", args=[job.pk])).status_code == 404
        assert client.get(reverse("jobs:file", args=[job.pk, "INPUT"])).status_code == 429

    def test_of_uploads_are_limited_and_say_so_in_json(self, client_of: SignIn, free_user: User) -> None:
        client, url = client_of(free_user), reverse("jobs:upload-begin")
        answers = [client.post(url, {"name": 1}, content_type="application/json") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [400, 429]
        assert answers[1].json()["error"]["code"] == "RATE_LIMITED"

    def test_ask_a_stranger_to_sign_in_first(self, client: Client, job: Job) -> None:
        for _ in range(3):
            assert client.post(reverse("jobs:cancel", args=[job.pk])).status_code == 302

    def test_do_not_count_what_open_pages_ask(self, client: Client, job: Job) -> None:
        asked = live.for_job(job, now=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(asked.url, {"t": asked.token, "v": asked.version})
        assert answer.status_code in {200, 204}
        assert not [query["sql"] for query in queries if '"cache"' in query["sql"]]
