"""Numbers in sentences."""


def counted(count: int, noun: str) -> str:
    """This function will write a count with its regular noun: `1 sample`, `12,345 samples`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
