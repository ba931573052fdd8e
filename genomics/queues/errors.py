"""What can go wrong with a dead letter."""


class AlreadyDecidedError(Exception):
    """Somebody has put the dead letter back, or dropped it, before."""
