"""Log lines fit to be kept and read: without secrets, and with nothing in them that a terminal would obey.

Everything passes here as text, after it has been put together: arguments, tracebacks and what libraries say are
scrubbed alike, on whichever logger and level.
"""

import json
import logging
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from annotator.quoting import visible

REMOVED = "[removed]"

_SHORTEST_SECRET = 8  # a shorter one, such as the local AWS's `test`, is a word of the language

# The expression tries every position of every line, so each branch fails fast, most of them inside of a word, and no
# repetition can run over the text again and again.
_NAMES = (
    r"x-amz-(?:signature|credential|security-token)|awsaccesskeyid|signature|sessionid|csrftoken|csrfmiddlewaretoken"
    r"|passw(?:or)?d\d?|secret(?:_?(?:access_?)?key)?|session_?token|access_?token|refresh_?token|api_?key"
)
_HEADERS = r"(?:proxy-)?authorization|(?:set-)?cookie|x-csrftoken|stripe-signature"
_QUOTED = r"""b?"[^"\n]*+"?|b?'[^'\n]*+'?"""
_PATTERN = "|".join(
    [
        # Authorization: AWS4-HMAC-SHA256 …, {'Cookie': b'…'}: to the end of the quotes, else of the line
        rf"""\b(?P<header>(?=[acpsx])(?:{_HEADERS})["']?\s?[:=,]\s?)(?:{_QUOTED}|[^\n]++)""",
        # ?X-Amz-Signature=…, 'X-Amz-Signature': '…', EMAIL_HOST_PASSWORD=…
        rf"""(?P<name>(?=[acprsx])(?:{_NAMES})(?:%3d|["']?\s?[:=]\s?))(?:{_QUOTED}|[^\s&"'<>,;)}}]++)""",
        # ?t=… of a status token, ?code=… of an OAuth answer, ?key=… of a confirmation
        r"""(?P<query>[?&](?:t|code|key|token|state)=)[^\s&"'<>]++""",
        r"""(?P<path>/invitations/)[^\s/"'<>]{8,}+""",
        # postgresql://user:…@host
        r"""(?P<scheme>://[^\s:/@"']{0,64}+:)[^\s/@"']{1,200}+(?=@)""",
        # PostgreSQL quotes the whole row: codes, texts, people
        r"(?P<detail>\bFailing row contains )\([^\n]*+",
        # of a person; not the name of a worker or a host
        r"""\b(?<![.+-])[\w.+%-]{1,64}+(?P<domain>@(?![\w.-]{0,250}\.(?:internal|local)\b)[\w-]++(?:\.[\w-]++)++)""",
        r"\bbearer\s[\w.~+/=-]++",
        r"\b(?:[rs]k_(?:live|test)|whsec)_[\w+/=]++",
        r"\b(?-i:AKIA|ASIA)[A-Z0-9]{16}\b",
        # as mailed to a person: allauth's letters, without vowels
        r"\b(?-i:[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4})\b",
    ]
)
_BEFORE = ("header", "name", "query", "path", "scheme", "detail")


class Scrubber:
    """Removes from a text what nobody may read in a log; `secrets` are values that are known to be such."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = [re.escape(secret) for secret in secrets if len(secret) >= _SHORTEST_SECRET]
        self._pattern = re.compile("|".join([*known, _PATTERN]), re.IGNORECASE)

    def scrub(self, text: str) -> str:
        return self._pattern.sub(_without_secret, text)


def _without_secret(found: re.Match[str]) -> str:
    """This function will keep what says which secret it was."""
    before = next((found[group] for group in _BEFORE if found[group]), "")
    return f"{before}{REMOVED}{found['domain'] or ''}"


class LineFormatter(logging.Formatter):
    """One line for a message; a traceback follows indented, so that no text in it can pass for a line of its own."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._scrubber = Scrubber(secrets)

    def format(self, record: logging.LogRecord) -> str:
        message, traceback = self._said(record)
        line = f"{record.levelname} {record.name}: {message}"
        return "\n  ".join([line, *traceback])

    def _said(self, record: logging.LogRecord) -> tuple[str, list[str]]:
        """This function will give the message and the lines of the traceback, scrubbed and visible."""
        message = visible(self._scrubber.scrub(record.getMessage()))
        details = [self.formatException(record.exc_info)] if record.exc_info else []
        details += [self.formatStack(record.stack_info)] if record.stack_info else []
        return message, [visible(line) for line in self._scrubber.scrub("\n".join(details)).split("\n") if line]


class JsonFormatter(LineFormatter):
    """Time, level, logger, message and, when there is one, the traceback, as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        message, traceback = self._said(record)
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
        }
        if traceback:
            entry["traceback"] = "\n".join(traceback)
        return json.dumps(entry, ensure_ascii=False)
