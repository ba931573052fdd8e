"""Uploads a file the way a browser does: begin, sign, PUT each part to S3 with its digest, finish."""

import base64
import hashlib
from typing import Any

import requests
from django.test import Client
from django.urls import reverse


def sha256(content: bytes) -> str:
    """This function will give the digest of a part as S3 writes it, in base64."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def composite(content: bytes, *, part_size_bytes: int) -> str:
    """This function will give the checksum of a whole input, as S3 makes it of the parts'."""
    parts = [content[start : start + part_size_bytes] for start in range(0, len(content), part_size_bytes)]
    return f"{sha256(b''.join(hashlib.sha256(part).digest() for part in parts))}-{len(parts)}"


def begin(client: Client, *, name: str, size_bytes: int, **more: object) -> Any:
    body = {"name": name, "size_bytes": size_bytes, **more}
    return client.post(reverse("jobs:upload-begin"), body, content_type="application/json")


def look(client: Client, job: str) -> Any:
    return client.get(reverse("jobs:upload-look", args=[job]))


def sign(client: Client, job: str, parts: dict[int, str]) -> Any:
    return client.post(reverse("jobs:upload-sign", args=[job]), {"parts": parts}, content_type="application/json")


def finish(client: Client, job: str) -> Any:
    return client.post(reverse("jobs:upload-finish", args=[job]), {}, content_type="application/json")


def abandon(client: Client, job: str) -> Any:
    return client.post(reverse("jobs:upload-abandon", args=[job]), {}, content_type="application/json")


def put(url: str, content: bytes, *, digest: str | None = None) -> requests.Response:
    """This function will send one part to its presigned URL, under another digest than its own when one is given."""
    headers = {"x-amz-checksum-sha256": digest or sha256(content)}
    return requests.put(url, data=content, headers=headers, timeout=30)


def put_part(client: Client, job: str, number: int, content: bytes) -> None:
    url = sign(client, job, {number: sha256(content)}).json()["urls"][str(number)]
    put(url, content).raise_for_status()


def put_parts(client: Client, upload: dict[str, Any], content: bytes) -> None:
    """This function will send all parts of an upload that `begin` opened."""
    step = upload["part_size_bytes"]
    for number in range(1, upload["parts"] + 1):
        put_part(client, upload["job"], number, content[(number - 1) * step : number * step])


def upload(client: Client, *, name: str, content: bytes, **more: object) -> Any:
    """This function will upload a file and give the answer to the last call."""
    begun = begin(client, name=name, size_bytes=len(content), **more)
    if begun.status_code != 200 or begun.json()["job"] is None:
        return begun
    put_parts(client, begun.json(), content)
    return finish(client, begun.json()["job"])
