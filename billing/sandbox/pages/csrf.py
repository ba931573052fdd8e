"""Forms that only our own pages can send: a random cookie, and a token made of it and of the store's secret."""

import hashlib
import hmac
import http.cookies
import secrets

from billing.sandbox.messages import Request
from billing.sandbox.world import World

FIELD = "csrf_token"
_COOKIE = "sandbox_csrf"


def cookie_of(request: Request) -> str | None:
    """This function will give the browser's cookie; None before its first visit."""
    cookies: http.cookies.SimpleCookie = http.cookies.SimpleCookie()
    try:
        cookies.load(request.headers.get("cookie", ""))
    except http.cookies.CookieError:
        return None
    return cookies[_COOKIE].value if _COOKIE in cookies else None


def new_cookie() -> str:
    return secrets.token_urlsafe(24)


def header(cookie: str) -> str:
    """This function will give the header `Set-Cookie` of a first visit."""
    return f"{_COOKIE}={cookie}; Path=/; HttpOnly; SameSite=Lax"


def token(world: World, cookie: str) -> str:
    """This function will give what the form must carry when the browser sends this cookie."""
    with world.store.unit():
        setting = world.store.setting("csrf")
        secret: str = setting.setdefault("secret", secrets.token_hex(32))
    return hmac.new(secret.encode(), cookie.encode(), hashlib.sha256).hexdigest()


def is_own(world: World, request: Request) -> bool:
    """This function will tell whether this form was sent by one of our pages."""
    cookie = cookie_of(request)
    if cookie is None:
        return False
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    return hmac.compare_digest(token(world, cookie), request.form.get(FIELD, ""))
