from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from genomics import health


@pytest.mark.django_db
class TestHealthMiddleware:
    def test_is_well_with_one_cheap_query(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1):
            answer = client.get(health.PATH)
        assert answer.status_code == 200
        assert answer.json() == {"status": "ok", "database": "ok"}
        assert answer["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("fault", [DatabaseError, InterfaceError])
    def test_says_when_the_database_is_gone(self, client: Client, fault: type[Exception]) -> None:
        def refuse(*_args: Any) -> None:
            raise fault("gone")

        with connection.execute_wrapper(refuse):
            answer = client.get(health.PATH)
        assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")

    def test_answers_a_load_balancer_that_asks_by_address_and_without_tls(self, client: Client, settings: Any) -> None:
        settings.SECURE_SSL_REDIRECT = True
        settings.ALLOWED_HOSTS = ["genomics.example"]
        assert client.get(health.PATH, headers={"Host": "10.0.0.5:8000"}).status_code == 200

    def test_takes_no_posts(self, client: Client) -> None:
        assert client.post(health.PATH).status_code == 405
