"""Work that only one process does at a time, agreed upon through PostgreSQL."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection

# A lock on a 64-bit number is listed by its halves, with 1 as the last column.
_IS_HELD = """
    SELECT EXISTS (
        SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE locktype = 'advisory' AND datname = current_database()
            AND classid::bigint = %s AND objid::bigint = %s AND objsubid = 1 AND granted
    )
"""


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """This function will tell whether this process is now the only one in a block of that name; it never waits.

    The lock belongs to the database session, so the block may hold many short transactions. A process that dies,
    or whose connection breaks, gives the lock back; its block must therefore be harmless when it is not alone after
    all. Not to be nested under one name: the inner block would find itself alone too.
    """
    key = _key(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        (held,) = cursor.fetchone() or (False,)
    session = connection.connection
    try:
        yield bool(held)
    finally:
        if held and connection.connection is session:
            _give_back(key)


def is_held(name: str) -> bool:
    """This function will tell whether a process is alone in a block of that name right now; it keeps nobody out."""
    high, low = divmod(_key(name), 2**32)
    with connection.cursor() as cursor:
        cursor.execute(_IS_HELD, [high % 2**32, low])
        (held,) = cursor.fetchone() or (False,)
    return bool(held)


def _give_back(key: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
    except Error:  # a lock that stays with a living session would stop the work everywhere
        connection.close()


def _key(name: str) -> int:
    """This function will give the 64-bit number under which PostgreSQL knows the lock."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
