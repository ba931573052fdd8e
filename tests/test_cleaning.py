"""After a test that commits, the tables are as Django's `flush` leaves them."""

import threading

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from genomics.users.models import User
from jobs.models import Job
from tests import cleaning

pytestmark = pytest.mark.django_db(transaction=True)


def _counts() -> dict[str, int]:
    """This function will count the rows of all tables that have any."""
    counts = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
            counts[table] = cursor.fetchone()[0]
    return {table: count for table, count in counts.items() if count}


class TestEmpty:
    def test_leaves_what_flush_leaves(self, job: Job, admin_user: User) -> None:
        assert _counts()["jobs_job"] == 1
        cleaning.empty(connection)
        emptied = _counts()
        call_command("flush", verbosity=0, interactive=False)
        assert emptied == _counts()
        assert emptied["auth_permission"] > 100

    def test_waits_for_a_session_that_still_writes(self) -> None:
        wrote, may_end = threading.Event(), threading.Event()

        def write() -> None:
            with transaction.atomic():
                User.objects.create_user("late@lab.example")
                wrote.set()
                may_end.wait(30)
            connection.close()

        thread = threading.Thread(target=write)
        thread.start()
        assert wrote.wait(30)
        threading.Timer(0.2, may_end.set).start()
        cleaning.empty(connection)
        thread.join()
        assert not User.objects.exists()

    def test_follows_each_test(self) -> None:
        """The tests before this one left users."""
        assert not User.objects.exists()
