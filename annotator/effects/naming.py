"""Whether and how changes are named."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """`hgvs` asks for HGVS names; `parentheses` writes predicted protein changes as HGVS wants them, `p.(Ala1Thr)`."""

    hgvs: bool = True
    parentheses: bool = False


NAMED = Naming()
UNNAMED = Naming(hgvs=False)
