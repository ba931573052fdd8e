"""Does over HTTP what a person does with a browser: sign in, upload straight to S3, watch, download."""

import base64
import hashlib
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import requests

from genomics.localaws.demo.forms import Page

_TIMEOUT_SECONDS = 30
_PARTS_SIGNED_AT_ONCE = 20


class RefusedError(Exception):
    """The site said no; the message is what it told the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file that a job offers for download; `url` is the page's own, which hands out a short-lived link."""

    kind: str
    name: str
    size_bytes: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """A job as its page shows it."""

    status: str
    stage: str
    fraction: float  # 0 to 1
    records_done: int
    read: int | None  # the counts are None until the job has ended well
    annotated: int | None
    passed: int | None
    rejected: int | None
    failure: str
    files: tuple[StoredFile, ...]

    @property
    def ended(self) -> bool:
        return self.status not in {"DRAFT", "PENDING", "RUNNING"}

    def file(self, kind: str) -> StoredFile | None:
        return next((file for file in self.files if file.kind == kind), None)


class Browser:
    """One person's session with the site."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._session = requests.Session()
        self._session.trust_env = False  # everything is on this machine: no proxy, no .netrc

    def sign_in(self, *, email: str, password: str) -> None:
        """This function will sign in through the login page. Raises RefusedError."""
        page = self.url("/accounts/login/")
        self._session.get(page, timeout=_TIMEOUT_SECONDS).raise_for_status()
        answer = self._session.post(
            page,
            data={"csrfmiddlewaretoken": self._csrf_token, "login": email, "password": password},
            timeout=_TIMEOUT_SECONDS,
            allow_redirects=False,
        )
        if answer.status_code != requests.codes.found:
            raise RefusedError(f"The login page did not let {email} in (HTTP {answer.status_code}).")

    def upload(self, name: str, *, content: bytes) -> uuid.UUID:
        """This function will upload a file in parts to presigned URLs and submit it. Raises RefusedError."""
        begun = self._call("/uploads/begin/", name=name, size_bytes=len(content))
        job, size = begun["job"], begun["part_size_bytes"]
        numbers = list(range(1, begun["parts"] + 1))
        for first in range(0, len(numbers), _PARTS_SIGNED_AT_ONCE):
            parts = {n: content[(n - 1) * size : n * size] for n in numbers[first : first + _PARTS_SIGNED_AT_ONCE]}
            checksums = {number: _sha256(part) for number, part in parts.items()}
            signed = self._call(f"/uploads/{job}/sign/", parts=checksums)
            for number, part in parts.items():
                self._put(signed["urls"][str(number)], part=part, sha256=checksums[number])
        self._call(f"/uploads/{job}/finish/")
        return uuid.UUID(job)

    def state(self, job: uuid.UUID) -> JobState:
        answer = self._session.get(self.url(f"/jobs/{job}/status.json"), timeout=_TIMEOUT_SECONDS)
        answer.raise_for_status()
        return _job_state(answer.json())

    def download(self, file: StoredFile) -> bytes:
        """This function will follow the page's link to the short-lived one."""
        answer = self._session.get(self.url(file.url), timeout=_TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer.content

    def get(self, path: str) -> str:
        """This function will give a page as it comes. Raises requests.HTTPError."""
        answer = self._session.get(self.url(path), timeout=_TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer.text

    def look(self, url: str) -> Page:
        """This function will open a page, of this site or of another one. Raises requests.HTTPError."""
        return _page(self._session.get(self.url(url), timeout=_TIMEOUT_SECONDS))

    def press(self, page: Page, button: str, **fields: str) -> Page:
        """This function will fill in the form that has the button, send it, and give the page that follows."""
        return _page(self._send(page, button, fields, follow=True))

    def press_and_leave(self, page: Page, button: str, **fields: str) -> str:
        """This function will send a form and close the window: it gives the address where it would have gone on."""
        answer = self._send(page, button, fields, follow=False)
        if not answer.is_redirect:
            raise RefusedError(f"“{button}” led nowhere (HTTP {answer.status_code}).")
        return answer.headers["Location"]

    def _send(self, page: Page, button: str, fields: dict[str, str], *, follow: bool) -> requests.Response:
        form = page.form(button)
        filled = {**form.fields, **fields, **form.buttons[button]}
        return self._session.post(form.action, data=filled, allow_redirects=follow, timeout=_TIMEOUT_SECONDS)

    def url(self, path: str) -> str:
        return urljoin(f"{self.origin}/", path)

    @property
    def _csrf_token(self) -> str:
        return self._session.cookies.get("csrftoken") or ""

    def _call(self, path: str, **body: object) -> dict[str, Any]:
        answer = self._session.post(
            self.url(path), json=body, headers={"X-CSRFToken": self._csrf_token}, timeout=_TIMEOUT_SECONDS
        )
        if not answer.headers.get("Content-Type", "").startswith("application/json"):
            raise RefusedError(f"{path} answered with HTTP {answer.status_code}.")
        content: dict[str, Any] = answer.json()
        if not answer.ok:
            refusal = content["error"]
            raise RefusedError(f"{refusal['message']} {refusal['advice']}".strip())
        return content

    def _put(self, url: str, *, part: bytes, sha256: str) -> None:
        """This function will send one part as a browser does: from the site's origin, without its cookies."""
        headers = {"Origin": self.origin, "x-amz-checksum-sha256": sha256}
        answer = requests.put(url, data=part, headers=headers, timeout=_TIMEOUT_SECONDS)
        if not answer.ok:
            raise RefusedError(f"S3 refused a part with HTTP {answer.status_code}: {answer.text[:300]}")
        if answer.headers.get("Access-Control-Allow-Origin") not in {self.origin, "*"}:
            raise RefusedError(f"S3 took a part, but a browser would not believe it: no CORS rule for {self.origin}.")


def _page(answer: requests.Response) -> Page:
    answer.raise_for_status()
    return Page(url=answer.url, html=answer.text)


def _sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _job_state(answer: dict[str, Any]) -> JobState:
    progress, records, failure = answer["progress"], answer["records"], answer["failure"]
    return JobState(
        status=answer["status"],
        stage=progress["label"],
        fraction=progress["fraction"] or 0.0,
        records_done=progress["records"] or 0,
        read=records["read"],
        annotated=records["annotated"],
        passed=records["passed"],
        rejected=records["rejected"],
        failure=f"{failure['message']} {failure['advice']}" if failure else "",
        files=tuple(
            StoredFile(kind=file["kind"], name=file["name"], size_bytes=file["size_bytes"], url=file["url"])
            for file in answer["files"]
        ),
    )
