"""Text that comes out of a file, made fit for messages, logs and databases."""

EXCERPT_CHARACTERS = 60

_MAX_CHARACTER_BYTES = 4


def visible(text: str) -> str:
    """This function will replace whatever cannot be seen by escapes such as `\\x00`.

    That is control characters, line ends, marks that turn the writing direction, spaces other than the plain one and
    lone surrogates. Its own escapes it leaves alone, so it may be applied twice.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def excerpt(text: bytes | str) -> str:
    """This function will show the beginning of a text, in at most EXCERPT_CHARACTERS.

    Everything that a message quotes from a file goes through here. Bytes that are no UTF-8 are shown as `\\xff`.
    """
    start = text[: EXCERPT_CHARACTERS * _MAX_CHARACTER_BYTES]
    shown = visible(start.decode("utf-8", "backslashreplace") if isinstance(start, bytes) else start)
    if len(shown) <= EXCERPT_CHARACTERS and len(start) == len(text):
        return shown
    return f"{shown[: EXCERPT_CHARACTERS - 1]}…"
