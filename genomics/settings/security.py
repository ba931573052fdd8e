"""Keys, cookies, transport security and the content security policy."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from genomics.settings import env
from genomics.settings.aws import UPLOAD_ORIGIN
from genomics.settings.core import PRODUCTION, VAR_DIR, WEB_ORIGIN


def _own_key(file: Path) -> str:
    """This function will give this machine's development key, made at the first call and readable by its user only."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            os.link(draft, file)  # the first of several processes wins, the others read its key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text()


SECRET_KEY = env.needed_text(
    "SECRET_KEY",
    "50 random characters; in development one is made and kept in VAR_DIR",
    development="" if PRODUCTION else _own_key(VAR_DIR / "secret-key"),
    shown="",
)
ALLOWED_HOSTS = env.items(
    "ALLOWED_HOSTS",
    "host names of the site, comma-separated",
    default=urlsplit(WEB_ORIGIN).hostname or "localhost",
    shown="localhost",
)
CSRF_TRUSTED_ORIGINS = [WEB_ORIGIN]

_HTTPS = WEB_ORIGIN.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_SSL_REDIRECT = _HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SECURE_HSTS_PRELOAD = _HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _HTTPS else "http"
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer(
    "TRUSTED_PROXY_COUNT", "proxies in front of the site whose X-Forwarded-For is believed", default=0
)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF, UPLOAD_ORIGIN],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
