"""PostgreSQL: DATABASE_URL, or the embedded server that `manage.py up` starts in the state folder."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from genomics.settings import env
from genomics.settings.core import VAR_DIR

POSTGRES_DIR = VAR_DIR / "postgres"

# A host that vanishes says no goodbye: its sessions, with the locks that they hold, would live on for hours. So the
# server asks silent ones whether they are there and gives them up within half a minute; and the other way round.
# A session that is there but hangs in the middle of a transaction is given up too: others wait for its locks.
_IS_ANYBODY_THERE = {
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
    "options": (
        "-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=30000 "
        "-c idle_in_transaction_session_timeout=60s"
    ),
}


def _embedded_url() -> str:
    """This function will give the URL of the embedded server: line 5 of its pid file names the socket's folder."""
    try:
        socket_dir = (POSTGRES_DIR / "postmaster.pid").read_text().splitlines()[4]
    except (OSError, IndexError):
        socket_dir = str(POSTGRES_DIR)
    return f"postgresql://postgres@/genomics?host={socket_dir}"


def _connection(url: str) -> dict[str, Any]:
    """This function will turn postgresql://user:password@host:port/name?option=value into Django's settings."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": _IS_ANYBODY_THERE | options,
    }


DATABASE_URL = env.needed_text(
    "DATABASE_URL",
    "PostgreSQL, postgresql://user:password@host:port/name; without it a server from pip runs in VAR_DIR",
    development="",
)
EMBEDDED_POSTGRES = not DATABASE_URL
DATABASES = {"default": _connection(DATABASE_URL or _embedded_url())}

# Shared by all processes: it holds the counters of the rate limits. Above MAX_ENTRIES Django drops the first third,
# whoever they count: at its default of 300, a hundred addresses could wash away everybody's tries.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
