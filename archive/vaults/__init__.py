"""Cold stores of single files behind one Protocol."""

from archive.vaults.base import Archive, Event, Held, Order, Standing, State, Vault
from archive.vaults.chosen import audible, default, named

__all__ = ["Archive", "Event", "Held", "Order", "Standing", "State", "Vault", "audible", "default", "named"]
