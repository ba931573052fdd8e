"""A browser without a socket: cookies, forms and redirects, as far as the hosted pages need them."""

import html
import re
from dataclasses import dataclass, field

from billing.sandbox.messages import Answer, Request
from billing.sandbox.pages import site
from billing.sandbox.sandbox import Sandbox


@dataclass(kw_only=True)
class Page:
    path: str
    status: int
    text: str
    answer: Answer

    @property
    def error(self) -> str:
        """What its alert says."""
        found = re.search(r'role="alert"[^>]*>(.*?)</p>', self.text, re.S)
        return html.unescape(found[1]).strip() if found else ""

    @property
    def leads_to(self) -> str | None:
        return self.answer.headers.get("Location")


@dataclass(kw_only=True)
class Browser:
    sandbox: Sandbox
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, url: str) -> Page:
        return self._ask("GET", url)

    def send(self, url: str, **form: str) -> Page:
        """Send a form of the page at this address, with its token; where it leads to on this site, go there."""
        page = self._ask("POST", url, {"csrf_token": self.token(url), **form})
        return self.get(page.leads_to) if page.leads_to and page.leads_to.startswith("/") else page

    def token(self, url: str) -> str:
        """What the forms of this page carry."""
        found = re.search(r'name="csrf_token" value="(\w+)"', self.get(url).text)
        return found[1] if found else ""

    def post(self, url: str, **form: str) -> Page:
        """Send a form just so."""
        return self._ask("POST", url, form)

    def _ask(self, method: str, url: str, form: dict[str, str] | None = None) -> Page:
        path, _, query = re.sub(r"^http://localhost:12111", "", url).partition("?")
        body = "&".join(f"{name}={value}" for name, value in (form or {}).items()).replace(" ", "+")
        headers = {"cookie": self.cookie, **self.headers}
        answer = site.answer(
            self.sandbox, Request(method=method, path=path, query=query, body=body.encode(), headers=headers)
        )
        if "Set-Cookie" in answer.headers:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return Page(path=path, status=answer.status, text=answer.body.decode("utf-8", "replace"), answer=answer)
