"""What all tests share: a real PostgreSQL, a local AWS, the cast, and jobs in any state."""

import os
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import psycopg
import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import connections
from django.test import Client

from genomics.celery import app as celery_app
from genomics.localaws import postgres
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs.models import Job
from tests import cleaning
from tests.genomics.localaws.fixtures import aws, local_aws
from tests.jobs.factory import make_job

__all__ = ["aws", "celery_app", "local_aws"]

# A busy machine is no fault of what is tested.
hypothesis.settings.register_profile("busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy")

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_MAY_SKIP = ("shared_data", "stripe_account")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """This function will run the tests on PostgreSQL from pip, unless DATABASE_URL names another server."""
    if not settings.EMBEDDED_POSTGRES:
        yield
        return
    postgres.start(settings.POSTGRES_DIR)
    _trust_the_machine()
    connections["default"].settings_dict["HOST"] = str(postgres.socket_dir(settings.POSTGRES_DIR))
    yield
    connections.close_all()
    postgres.stop(settings.POSTGRES_DIR)


def _trust_the_machine() -> None:
    """This function will let PostgreSQL not wait for the disk: what a power cut leaves of tests is of no worth."""
    with psycopg.connect(postgres.url(settings.POSTGRES_DIR), autocommit=True) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """This function will let quick cleaning follow the tests that commit."""
    cleaning.use()


@pytest.fixture(autouse=True)
def _quick(settings: object) -> None:
    """This function will make passwords cheap and rate limits silent; tests of those say so themselves."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    settings.ACCOUNT_RATE_LIMITS = False  # type: ignore[attr-defined]
    settings.FORECAST_LIFETIME = timedelta(0)  # type: ignore[attr-defined]
    settings.RATE_LIMITING = False  # type: ignore[attr-defined]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """This function will turn a skip into a failure in CI: only reference data and a Stripe account may be absent."""
    report = yield
    may_skip = any(item.get_closest_marker(name) for name in _MAY_SKIP)
    if os.environ.get("CI") and report.skipped and not may_skip:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but in CI only tests marked {' or '.join(_MAY_SKIP)} may skip."
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """This function will say loudly that nothing was tried at Stripe itself."""
    skipped = terminalreporter.stats.get("skipped", [])
    untried = [report for report in skipped if "stripe_account" in report.keywords]
    if untried:
        terminalreporter.write_sep("!", "NOT TRIED AT STRIPE ITSELF", yellow=True)
        terminalreporter.write_line(
            f"{len(untried)} tests need the key of a Stripe test account: STRIPE_TEST_SECRET_KEY=sk_test_… make test"
        )


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """This function will give the folder of reference data, or skip the test that needs it."""
    folder = Path(os.environ.get("GENOMICS_SHARED_DATA", settings.BASE_DIR.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("The reference data are not here (GENOMICS_SHARED_DATA).")
    return folder


@pytest.fixture
def now() -> datetime:
    return NOW


def _user(email: str, *, plan: Plan = Plan.FREE, **fields: bool) -> User:
    user = User.objects.create_user(email, "correct horse battery", **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    Lab.objects.of(user).update(plan=plan)
    return user


@pytest.fixture
def free_user(db: None) -> User:
    return _user("free@lab.example")


@pytest.fixture
def premium_user(db: None) -> User:
    return _user("premium@lab.example", plan=Plan.PREMIUM)


@pytest.fixture
def stranger(db: None) -> User:
    return _user("stranger@elsewhere.example")


@pytest.fixture
def admin_user(db: None) -> User:
    return _user("admin@genomics.example", is_staff=True, is_superuser=True)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


@pytest.fixture
def job(free_user: User) -> Job:
    """This function will give a waiting job of the free lab, without an input in S3."""
    return make_job(free_user, now=NOW)
