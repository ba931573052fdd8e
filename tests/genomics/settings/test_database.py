import pytest
from django.db import connection


@pytest.mark.django_db
class TestSessions:
    def test_that_hang_in_a_transaction_are_given_up(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            assert cursor.fetchone() == ("1min",)
