"""What can go wrong with a mail."""


class NotToBeSentAgainError(Exception):
    """The mail was sent, is still being tried, or its text has been erased."""
