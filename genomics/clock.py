"""The time as the database tells it: one clock for all hosts that hold leases."""

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """This function will read the database's clock. It costs one short query; raises Django's database errors."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone() or (None,)
    assert isinstance(moment, datetime)
    return moment
