import numpy as np

from annotator.room import Room


class TestRoom:
    def test_is_as_large_as_was_asked_for(self) -> None:
        room = Room()
        for _ in range(2):
            assert [len(room.take(size)) for size in (10, 0, 5, 1_000)] == [10, 0, 5, 1_000]
            room.clear()

    def test_gives_nobody_what_another_has(self) -> None:
        room = Room()
        for sizes in ((10, 5), (3, 20, 4), (30, 1)):
            taken = [room.take(size) for size in sizes]
            for number, one in enumerate(taken):
                one[:] = number
            assert all(np.all(one == number) for number, one in enumerate(taken))
            room.clear()

    def test_gives_to_others_what_was_given_back(self) -> None:
        room = Room()
        for _ in range(3):
            kept = room.take(100)[:60]
            kept[:] = 1
            room.give_back(40)
            other = room.take(40)
            other[:] = 2
            assert np.all(kept == 1)
            room.clear()
        assert other.ctypes.data == kept.ctypes.data + 60

    def test_uses_its_memory_again(self) -> None:
        room = Room()
        room.take(1_000)
        room.clear()
        first = room.take(600).ctypes.data
        room.clear()
        assert room.take(1_000).ctypes.data == first
