from datetime import datetime, timedelta

import pytest

from archive import retrievals
from archive.errors import StaleRetrievalError
from archive.models import Retrieval, RetrievalState, Tier
from jobs.models import Job
from tests.archive.factory import SHA256, make_archived_file, make_recall, make_retrieval

pytestmark = pytest.mark.django_db

ENDS = (RetrievalState.FAILED, RetrievalState.EXPIRED, RetrievalState.CANCELLED)


def _move(retrieval: Retrieval, to: RetrievalState, *, now: datetime) -> None:
    if to == RetrievalState.REQUESTED:
        retrievals.requested(retrieval, ticket="t", now=now)
    elif to == RetrievalState.READY:
        retrievals.ready(retrieval, ready_at=now, expires_at=now)
    elif to == RetrievalState.RESTORED:
        retrievals.restored(retrieval, size_bytes=1, sha256=SHA256, now=now)
    else:
        retrievals.end(retrieval, to, now=now, failure="why")


class TestArrows:
    @pytest.mark.parametrize("begin", RetrievalState)
    @pytest.mark.parametrize("to", [state for state in RetrievalState if state != RetrievalState.INTENDED])
    def test_are_the_only_ways(self, job: Job, now: datetime, begin: RetrievalState, to: RetrievalState) -> None:
        retrieval = make_retrieval(make_archived_file(job, now=now), now=now, state=begin)
        if (begin, to) in retrievals.ARROWS:
            _move(retrieval, to, now=now)
            assert Retrieval.objects.get().state == retrieval.state == to
        else:
            with pytest.raises(ValueError, match=f"from {begin} to {to}"):
                _move(retrieval, to, now=now)
            assert Retrieval.objects.get().state == begin

    @pytest.mark.parametrize(("begin", "to"), sorted(retrievals.ARROWS))
    def test_are_gone_by_one_only(self, job: Job, now: datetime, begin: RetrievalState, to: RetrievalState) -> None:
        retrieval = make_retrieval(make_archived_file(job, now=now), now=now, state=begin)
        late = Retrieval.objects.get()
        _move(retrieval, to, now=now)
        before = Retrieval.objects.values().get()
        with pytest.raises(StaleRetrievalError):
            _move(late, to, now=now + timedelta(minutes=1))
        assert Retrieval.objects.values().get() == before


class TestIntend:
    def test_gives_the_open_one_when_there_is_one(self, job: Job, now: datetime) -> None:
        archived, recall = make_archived_file(job, now=now), make_recall(job, now=now)
        first = retrievals.intend(archived, recall=recall, tier=Tier.EXPEDITED, now=now)
        assert retrievals.intend(archived, recall=recall, tier=Tier.BULK, now=now) == first
        assert (first.wanted_tier, first.tier, first.calls, first.ticket) == (Tier.EXPEDITED, Tier.EXPEDITED, 0, "")

    @pytest.mark.parametrize("end", [*ENDS, RetrievalState.RESTORED])
    def test_begins_anew_when_the_last_one_is_over(self, job: Job, now: datetime, end: RetrievalState) -> None:
        archived = make_archived_file(job, now=now)
        last = make_retrieval(archived, now=now, state=end)
        assert retrievals.intend(archived, recall=last.recall, tier=Tier.BULK, now=now) != last


class TestBeginCall:
    def test_tells_whether_an_answer_may_have_been_lost(self, job: Job, now: datetime) -> None:
        retrieval = make_retrieval(make_archived_file(job, now=now), now=now)
        assert retrievals.begin_call(retrieval) is False
        assert retrievals.begin_call(retrieval) is True
        assert Retrieval.objects.get().calls == 2

    def test_lets_one_of_two_ask(self, job: Job, now: datetime) -> None:
        retrieval = make_retrieval(make_archived_file(job, now=now), now=now)
        other = Retrieval.objects.get()
        retrievals.begin_call(retrieval)
        with pytest.raises(StaleRetrievalError):
            retrievals.begin_call(other)

    def test_refuses_when_the_vault_was_asked(self, job: Job, now: datetime) -> None:
        retrieval = make_retrieval(make_archived_file(job, now=now), now=now, state=RetrievalState.REQUESTED)
        with pytest.raises(StaleRetrievalError):
            retrievals.begin_call(retrieval)


class TestLowerTier:
    def test_keeps_what_was_wanted(self, job: Job, now: datetime) -> None:
        retrieval = make_retrieval(make_archived_file(job, now=now), now=now)
        retrievals.lower_tier(retrieval, tier=Tier.STANDARD)
        found = Retrieval.objects.get()
        assert (found.wanted_tier, found.tier) == (Tier.EXPEDITED, Tier.STANDARD)

    def test_refuses_when_the_vault_was_asked(self, job: Job, now: datetime) -> None:
        retrieval = make_retrieval(make_archived_file(job, now=now), now=now, state=RetrievalState.REQUESTED)
        with pytest.raises(StaleRetrievalError):
            retrievals.lower_tier(retrieval, tier=Tier.STANDARD)


class TestCheck:
    @pytest.mark.parametrize("state", [RetrievalState.REQUESTED, RetrievalState.READY])
    def test_is_noted_while_it_is_on_its_way(self, job: Job, now: datetime, state: RetrievalState) -> None:
        retrieval = make_retrieval(make_archived_file(job, now=now), now=now, state=state)
        later = now + timedelta(minutes=1)
        retrievals.check(retrieval, now=later)
        assert Retrieval.objects.get().checked_at == (later if state == RetrievalState.REQUESTED else now)
