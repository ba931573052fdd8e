"""`python -m tests.annotator.fuzz --seconds 600`: give the annotator random files until the time is over.

Prints how many inputs were tried and what became of them. A fault of ours ends it with 1, after the input was made as
small as possible and printed.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.annotator.fuzzing import cases, examine
from tests.annotator.invented import Invented, invent

_INPUTS_AT_ONCE = 500
_EXIT_FAULT = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz for a while."""
    options = _parser().parse_args(arguments)
    outcomes: Counter[str] = Counter()
    began = time.monotonic()
    turn = options.seed
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reference = invent(folder)
        try:
            while time.monotonic() - began < options.seconds:
                _try(turn, reference=reference, folder=folder, outcomes=outcomes)
                turn += 1
        finally:
            _tell(outcomes, seconds=time.monotonic() - began, seeds=(options.seed, turn))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.annotator.fuzz", description=(__doc__ or "").split("\n\n")[1]
    )
    parser.add_argument("--seconds", type=float, default=600, help="default: 600")
    parser.add_argument("--seed", type=int, default=0, help="where to begin; default: 0")
    return parser


def _try(turn: int, *, reference: Invented, folder: Path, outcomes: Counter[str]) -> None:
    @seed(turn)
    @settings(
        max_examples=_INPUTS_AT_ONCE,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(data=st.data())
    def attempt(data: st.DataObject) -> None:
        outcomes[examine(data.draw(cases(reference)), reference=reference, folder=folder) or "annotated"] += 1

    attempt()


def _tell(outcomes: Counter[str], *, seconds: float, seeds: tuple[int, int]) -> None:
    print(f"{outcomes.total():,} inputs in {seconds:,.0f} s, seeds {seeds[0]} to {seeds[1]}")
    for outcome, count in outcomes.most_common():
        print(f"  {count:>8,}  {outcome}")


if __name__ == "__main__":
    sys.exit(main())
