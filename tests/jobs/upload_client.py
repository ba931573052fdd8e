"""Uploads a file the way a browser does: begin, sign, PUT each part to S3, finish."""

from typing import Any

import requests
from django.test import Client
from django.urls import reverse


def begin(client: Client, *, name: str, size_bytes: int) -> Any:
    return client.post(
        reverse("jobs:upload-begin"), {"name": name, "size_bytes": size_bytes}, content_type="application/json"
    )


def sign(client: Client, job: str, parts: list[int]) -> Any:
    return client.post(reverse("jobs:upload-sign", args=[job]), {"parts": parts}, content_type="application/json")


def finish(client: Client, job: str) -> Any:
    return client.post(reverse("jobs:upload-finish", args=[job]), {}, content_type="application/json")


def put_parts(client: Client, upload: dict[str, Any], content: bytes) -> None:
    """This function will send all parts of an upload that `begin` opened."""
    step = upload["part_size_bytes"]
    for number in range(1, upload["parts"] + 1):
        url = sign(client, upload["job"], [number]).json()["urls"][str(number)]
        requests.put(url, data=content[(number - 1) * step : number * step], timeout=30).raise_for_status()


def upload(client: Client, *, name: str, content: bytes) -> Any:
    """This function will upload a file and give the answer to the last call."""
    begun = begin(client, name=name, size_bytes=len(content))
    if begun.status_code != 200:
        return begun
    put_parts(client, begun.json(), content)
    return finish(client, begun.json()["job"])
