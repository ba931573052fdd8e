from collections import Counter
from pathlib import Path

from genomics.localaws.chaos.kills import Killer, Victim
from genomics.localaws.trials.own_stack import OwnStack


def _killer(seed: int) -> Killer:
    return Killer(OwnStack(pid=0, log=Path()), seed=seed, say=lambda _: None)


class TestOrder:
    def test_has_each_victim_as_often_as_asked(self) -> None:
        assert Counter(_killer(1).order(Victim, rounds=3)) == dict.fromkeys(Victim, 3)

    def test_is_repeated_by_its_seed(self) -> None:
        assert _killer(7).order(Victim, rounds=10) == _killer(7).order(Victim, rounds=10)
        assert _killer(7).order(Victim, rounds=10) != _killer(8).order(Victim, rounds=10)
