"""Cold stores of single files behind one Protocol."""

from archive.vaults.base import Archive, Event, Order, Standing, State, Vault
from archive.vaults.chosen import default, named

__all__ = ["Archive", "Event", "Order", "Standing", "State", "Vault", "default", "named"]
