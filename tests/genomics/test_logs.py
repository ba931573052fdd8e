import io
import json
import logging
import os
import re
import subprocess
import sys
import time
from typing import Any

import pytest
import requests
from django.conf import settings
from django.core.files.storage import storages

from genomics.aws import s3
from genomics.logs import JsonFormatter, LineFormatter, Scrubber

SIGNATURE = "6f1c2a9e" * 8
KEY_ID = "AKIA" + "IOSFODNN7EXAMPLE"  # in two, so that nobody takes it for a key in a file

HOSTILE = "a\x1b[2Jb\r\nERROR root: forged\x00 \u202egnp.exe \u200b\x7f\x9b31m \ud800"


def _record(message: str, *arguments: Any, error: BaseException | None = None) -> logging.LogRecord:
    details = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("jobs.views", logging.ERROR, __file__, 1, message, arguments, details)


def _raised(message: str) -> BaseException:
    try:
        raise ValueError(message)
    except ValueError as error:
        return error


class TestScrub:
    @pytest.mark.parametrize(
        ("text", "secret"),
        [
            (f'"PUT /b/k?X-Amz-Signature={SIGNATURE}&partNumber=1 HTTP/1.1" 200', SIGNATURE),
            (f"/b/k?partNumber=1&X-Amz-Credential=test%2F2026&X-Amz-Signature={SIGNATURE}", "test%2F2026"),
            (f"{{'X-Amz-Security-Token': '{SIGNATURE}', 'X-Amz-Date': 'today'}}", SIGNATURE),
            (f"X-Amz-Signature%3D{SIGNATURE}", SIGNATURE),
            (f"Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature={SIGNATURE}", SIGNATURE),
            (f"headers={{'Authorization': b'AWS4-HMAC-SHA256 Signature={SIGNATURE}', 'Host': 'h'}}", SIGNATURE),
            ("Cookie: sessionid=abcdef; csrftoken=ghijkl", "ghijkl"),
            ("{'HTTP_COOKIE': 'sessionid=abcdef'}", "abcdef"),
            ("X-CSRFToken: abcdef", "abcdef"),
            ("csrfmiddlewaretoken=abcdef&password1=geheim", "geheim"),
            ('{"password": "ge heim"}', "ge heim"),
            ("EMAIL_HOST_PASSWORD=geheim", "geheim"),
            ("AWS_SECRET_ACCESS_KEY=abc/def+ghi", "abc/def"),
            ("postgresql://genomics:p%40ss!word@db.example:5432/genomics", "p%40ss!word"),
            ("Authorization=Bearer abc.def", "abc.def"),
            ("sent with bearer abc.def", "abc.def"),
            ("sk_" + "live_51abc failed", "51abc"),
            ("sk_" + "test_51abc failed", "51abc"),
            ("signed with whsec_" + "a1B2+/=", "a1B2"),
            (f"the key {KEY_ID} is unknown", KEY_ID),
            ("GET /live/?t=eyJ:1abc:xyz&v=3", "eyJ"),
            ("GET /callback?state=1&code=oauthcode", "oauthcode"),
            ("Forbidden: /invitations/GZ3t_token-of-a-mail/", "token-of"),
            ("Your code is BCDF-GHJK.", "BCDF-GHJK"),
            ("DETAIL:  Failing row contains (1, null, Ada Lovelace).", "Lovelace"),
            ("550 no such user: ada.lovelace+vcf@lab.example", "lovelace"),
            ("the known value 0123456789abcdef stands here", "0123456789abcdef"),
        ],
    )
    def test_removes_a_secret(self, text: str, secret: str) -> None:
        scrubbed = Scrubber(["0123456789abcdef"]).scrub(text)
        assert secret not in scrubbed
        assert "[removed]" in scrubbed

    @pytest.mark.parametrize(
        "text",
        [
            "Job 0c8e7a3e-93ab-4a2e-9d29-6d2f6f3a8b1a is taken by worker:host:12 in attempt 2.",
            "PUT /inputs/k?partNumber=1&uploadId=abc&X-Amz-Expires=900",
            "annotation-1@ip-10-0-0-1.ec2.internal ready.",
            "code=TOO_LARGE, status 413",
            "chr1:1000-2000 key: value; NO-HITS FOUND-HERE",
            "password reset page opened",
            "short values such as test are words",
        ],
    )
    def test_leaves_alone_what_is_none(self, text: str) -> None:
        assert Scrubber(["test", ""]).scrub(text) == text

    def test_keeps_what_surrounds_a_secret(self) -> None:
        assert (
            Scrubber().scrub(f"PUT /b/k?X-Amz-Signature={SIGNATURE}&partNumber=7 to ada@lab.example")
            == "PUT /b/k?X-Amz-Signature=[removed]&partNumber=7 to [removed]@lab.example"
        )

    @pytest.mark.parametrize(
        "piece", ["x", "?", "a:", "://a:", "@", "a@b.", "cookie", "password", "A-", "'", "Cookie:'"]
    )
    def test_takes_time_in_proportion_to_the_text(self, piece: str) -> None:
        began = time.perf_counter()
        Scrubber().scrub(piece * (500_000 // len(piece)))
        assert time.perf_counter() - began < 20  # 0.15 s on a free machine; backtracking would take hours


@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()])
class TestEachFormatter:
    def test_scrubs_arguments_and_tracebacks(self, formatter: logging.Formatter) -> None:
        error = _raised(f"postgresql://u:hunter22@db/x and X-Amz-Signature={SIGNATURE}")
        line = formatter.format(_record("Cannot fetch %s", f"https://b/k?X-Amz-Signature={SIGNATURE}", error=error))
        assert SIGNATURE not in line
        assert "hunter22" not in line
        assert "ValueError" in line

    def test_obeys_no_control_character(self, formatter: logging.Formatter) -> None:
        line = formatter.format(_record("The file %s", HOSTILE, error=_raised(HOSTILE)))
        assert all(character.isprintable() or character == "\n" for character in line)
        line.encode()

    def test_writes_no_line_that_a_text_forged(self, formatter: logging.Formatter) -> None:
        line = formatter.format(_record("The file %s", HOSTILE, error=_raised(HOSTILE)))
        assert not any(part.startswith("ERROR root") for part in line.split("\n"))


class TestJsonFormatter:
    def test_writes_one_object_on_one_line(self) -> None:
        line = JsonFormatter().format(_record("The file %s", HOSTILE, error=_raised("bad")))
        assert "\n" not in line
        entry = json.loads(line)
        assert (entry["level"], entry["logger"]) == ("ERROR", "jobs.views")
        assert "\\x1b[2J" in entry["message"]
        assert "ValueError: bad" in entry["traceback"]


@pytest.mark.usefixtures("aws")
class TestARequestToTheStorage:
    def test_leaves_no_signature_in_the_logs_however_much_they_tell(self) -> None:
        said = io.StringIO()
        handler = logging.StreamHandler(said)
        handler.setFormatter(LineFormatter())
        bucket, loggers = (
            settings.STACK.buckets["inputs"],
            [logging.getLogger(name) for name in ("botocore", "urllib3")],
        )
        levels = [logger.level for logger in loggers]
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
            logger.addHandler(handler)
        try:
            s3.begin_upload(bucket, key="a/b")
            url = storages["inputs"].url("a/b")
            requests.get(url, timeout=10)
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
                logger.removeHandler(handler)
        lines = said.getvalue()
        signature = url.partition("X-Amz-Signature=")[2].partition("&")[0]
        assert "X-Amz-Signature=[removed]" in lines
        assert "Authorization" in lines
        assert signature not in lines
        assert not re.search(r"Signature=[0-9a-f]{64}|Credential=test/", lines)


_LIST_HANDLERS = """
import logging
{setup}
loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
for logger in loggers:
    for handler in logger.handlers:
        if not isinstance(handler, logging.NullHandler):
            print(logger.name, type(handler.formatter).__module__)
"""
_WEB = """
from granian.log import LogLevels, configure_logging
configure_logging(LogLevels.warning)
import genomics.wsgi
"""
_WORKER = """
from genomics.celery import app
app.log.setup("INFO", redirect_stdouts=True, hostname="test@host")
app.loader.import_default_modules()
"""


class TestEveryHandler:
    @pytest.mark.parametrize("setup", [_WEB, _WORKER], ids=["web", "worker"])
    def test_of_a_process_scrubs(self, setup: str) -> None:
        listed = subprocess.run(
            [sys.executable, "-c", _LIST_HANDLERS.format(setup=setup)],
            cwd=settings.BASE_DIR, env=os.environ, capture_output=True, text=True, timeout=60, check=True,
        ).stdout.splitlines()  # fmt: skip
        assert listed == ["root genomics.logs"]

    def test_knows_the_secrets_of_the_settings(self) -> None:
        logging_settings: Any = settings.LOGGING
        for formatter in logging_settings["formatters"].values():
            assert settings.SECRET_KEY in formatter["secrets"]
