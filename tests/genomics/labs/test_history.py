from datetime import datetime

import pytest

from genomics.labs import history
from genomics.users import memberships
from genomics.users.models import Change, Role, User

pytestmark = pytest.mark.django_db


class TestOf:
    def test_names_people_as_the_reader_would(
        self, free_user: User, stranger: User, premium_user: User, now: datetime
    ) -> None:
        lab = free_user.labs.get()
        for actor in (f"user:{stranger.pk}", f"user:{free_user.pk}", "admin:1", "user:999999"):
            memberships.record(
                lab, email=premium_user.email, change=Change.JOINED, role=Role.MEMBER, actor=actor, now=now
            )
        lines = history.of(lab, reader=free_user)
        assert [line.by for line in lines] == [
            "somebody who has gone",
            "an administrator",
            "you",
            stranger.email,
            "",
        ]
        assert (lines[0].email, lines[0].change, lines[0].role) == (premium_user.email, "Joined", "Member")

    def test_costs_two_queries(self, free_user: User, now: datetime, django_assert_num_queries: object) -> None:
        lab = free_user.labs.get()
        for number in range(60):
            memberships.record(lab, email=f"{number}@lab.example", change=Change.LEFT, actor="user:1", now=now)
        with django_assert_num_queries(2):  # type: ignore[operator]
            assert len(history.of(lab, reader=free_user)) == 50
