"""Text from people as one line that changes nothing around it: for names, subjects and lines of mails."""

import unicodedata

# Characters that end a line, steer a terminal or turn the direction of what follows them.
_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
_DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_ELLIPSIS = "…"


def one_line(text: str, *, limit: int | None = None) -> str:
    """This function will give a text as one line that cannot forge another line, header or direction.

    A text longer than `limit` characters (None: any length) is shortened in its middle, so that a file name
    keeps its ending.
    """
    line = " ".join("".join(" " if _is_unfit(letter) else letter for letter in text).split())
    if limit is None or len(line) <= limit:
        return line
    tail = (limit - 1) // 3
    return f"{line[: limit - 1 - tail]}{_ELLIPSIS}{line[-tail:] if tail else ''}"


def _is_unfit(letter: str) -> bool:
    return unicodedata.category(letter) in _CATEGORIES or unicodedata.bidirectional(letter) in _DIRECTIONS
