from datetime import timedelta

import pytest
from django.db import OperationalError

from jobs import sweeping
from jobs.models import Job

HOUR = timedelta(hours=1)


class TestEach:
    def test_counts_what_was_healed(self) -> None:
        jobs = [Job(name="a"), Job(name="b"), Job(name="c")]
        assert sweeping.each(jobs, lambda job: job.name != "b", within=HOUR) == 2

    def test_goes_on_after_a_row_that_cannot_be_healed_and_logs_it(self, caplog: pytest.LogCaptureFixture) -> None:
        def heal(job: Job) -> bool:
            if job.name == "poison":
                raise RuntimeError("beyond repair")
            return True

        jobs = [Job(name="poison"), Job(name="fine")]
        assert sweeping.each(jobs, heal, within=HOUR) == 1
        assert str(jobs[0].pk) in caplog.text

    def test_ends_with_its_time(self) -> None:
        assert sweeping.each([Job()], lambda _: True, within=timedelta(0)) == 0

    def test_ends_without_the_database(self) -> None:
        def heal(_: Job) -> bool:
            raise OperationalError

        with pytest.raises(OperationalError):
            sweeping.each([Job()], heal, within=HOUR)
