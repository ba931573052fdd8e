import threading
from collections.abc import Callable

import pytest
from django.db import connection

from genomics import locks

pytestmark = pytest.mark.django_db(transaction=True)


def _elsewhere(question: Callable[[], bool]) -> bool:
    """This function will ask in a thread, which has a database session of its own."""
    answers: list[bool] = []

    def ask() -> None:
        try:
            answers.append(question())
        finally:
            connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return answers[0]


def _is_alone() -> bool:
    with locks.alone("test") as alone:
        return alone


class TestAlone:
    def test_holds_for_one_process_at_a_time(self) -> None:
        with locks.alone("test") as alone:
            assert alone
            assert not _elsewhere(_is_alone)
        assert _elsewhere(_is_alone)

    def test_keeps_names_apart(self) -> None:
        with locks.alone("another"):
            assert _elsewhere(_is_alone)

    def test_ends_with_an_exception(self) -> None:
        with pytest.raises(LookupError), locks.alone("test"):
            raise LookupError
        assert _elsewhere(_is_alone)

    def test_ends_with_the_session_that_held_it(self) -> None:
        with locks.alone("test"):
            connection.close()
            assert _elsewhere(_is_alone)

    def test_leaves_the_lock_of_another_process_alone(self) -> None:
        with locks.alone("test"):
            _elsewhere(_is_alone)
            assert not _elsewhere(_is_alone)


class TestIsHeld:
    @pytest.mark.parametrize("name", [f"test.{number}" for number in range(8)])  # their keys have any sign
    def test_is_seen_from_elsewhere_while_it_lasts(self, name: str) -> None:
        assert not locks.is_held(name)
        with locks.alone(name):
            assert _elsewhere(lambda: locks.is_held(name))
            assert not _elsewhere(lambda: locks.is_held("another"))
        assert not locks.is_held(name)

    def test_keeps_nobody_out(self) -> None:
        locks.is_held("test")
        assert _elsewhere(_is_alone)
