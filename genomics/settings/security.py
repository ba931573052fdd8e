"""Keys, cookies, transport security and the content security policy."""

import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from genomics.settings import env
from genomics.settings.aws import UPLOAD_ORIGIN
from genomics.settings.billing import BILLING_ORIGINS
from genomics.settings.core import DEBUG, PRODUCTION, VAR_DIR, WEB_ORIGIN

if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG shows the inside of the site to everybody: never in production")


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
# A count too small takes everybody for one address and limits them together; one too large believes a forged address.
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer(
    "TRUSTED_PROXY_COUNT",
    "proxies in front of the site whose X-Forwarded-For is believed (1 in production)",
    default=1 if PRODUCTION else 0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often one person may do something: `count` times in any `period`."""

    count: int
    period: timedelta


_MINUTE = timedelta(minutes=1)

RATE_LIMITING = PRODUCTION or env.flag(
    "RATE_LIMITING", "0 turns the limits per user off, for load tests; production always has them", default=True
)
# What a person who works fast with both hands never reaches, and a runaway script does. Signing in, codes and
# invitations have allauth's own limits, by address and account: ACCOUNT_RATE_LIMITS.
RATE_LIMITS = {
    "upload-begin": Rate(count=120, period=_MINUTE),
    "upload-step": Rate(count=600, period=_MINUTE),  # sign, look, finish, abandon: several for each file
    "job-change": Rate(count=60, period=_MINUTE),  # cancel, retry, delete
    "job-read": Rate(count=240, period=_MINUTE),  # logs and downloads: each asks the storage
    "billing-change": Rate(count=20, period=_MINUTE),  # to checkout and portal: each asks Stripe several times
    "billing-look": Rate(count=60, period=_MINUTE),  # a page that waits for Stripe asks every few seconds
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF, UPLOAD_ORIGIN],
        "form-action": [SELF, *BILLING_ORIGINS],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
