"""How the layers change moto: a table of names and replacements per layer, for one exact version."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import moto

MOTO_VERSION = "5.2.5"


class WrongMotoError(Exception):
    """The installed moto is not the one that the layers were written for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One name inside moto that gets another value."""

    owner: Any
    name: str
    replacement: Any

    @property
    def fits(self) -> bool:
        return hasattr(self.owner, self.name)


def apply(patches: Iterable[Patch]) -> None:
    """This function will put the replacements in place; applying twice does no harm.

    It raises WrongMotoError when moto is another version or lacks a name.
    """
    if moto.__version__ != MOTO_VERSION:
        raise WrongMotoError(f"the local AWS needs moto {MOTO_VERSION}, found {moto.__version__}")
    for patch in patches:
        if not patch.fits:
            raise WrongMotoError(f"moto {moto.__version__} has no {patch.owner}.{patch.name}")
        setattr(patch.owner, patch.name, patch.replacement)
