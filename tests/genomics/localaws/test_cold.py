import threading
from datetime import timedelta

from genomics.localaws import cold


class TestChanged:
    def test_puts_back_what_was(self) -> None:
        before = cold.conditions.times
        with cold.changed() as conditions:
            conditions.times = {"Bulk": timedelta(0)}
            conditions.throttled = True
            assert cold.conditions.throttled
        assert cold.conditions.times is before
        assert not cold.conditions.throttled


class TestClock:
    def test_goes_on_after_a_tick_that_failed_and_tells_of_changes(self) -> None:
        failed, changed = threading.Event(), threading.Event()

        def fails() -> bool:
            failed.set()
            raise ValueError("no")

        clock = cold.Clock(fails, failed.is_set, changed=changed.set)
        clock.start()
        assert changed.wait(10)
        clock.stop()
