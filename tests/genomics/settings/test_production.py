"""The settings as production reads them, in a process of their own."""

import os
import subprocess
import sys

from django.conf import settings

_NEEDED = {
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "DATABASE_URL": "postgresql://user:p%40ss@database.example:5433/genomics?sslmode=require",
    "AWS_ACCOUNT_ID": "123456789012",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "WEB_ORIGIN": "https://genomics.example",
    "DEFAULT_FROM_EMAIL": "hello@genomics.example",
    "EMAIL_HOST": "smtp.genomics.example",
}


def _python(script: str, *, without: str = "") -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "GENOMICS_ENV": "production",
        **{name: value for name, value in _NEEDED.items() if name != without},
    }
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


class TestProduction:
    def test_needs_each_of_these_variables(self) -> None:
        for name in set(_NEEDED) - {"WEB_ORIGIN"}:
            done = _python("import genomics.settings", without=name)
            assert f"{name} must be set" in done.stderr

    def test_is_safe(self) -> None:
        done = _python(
            "from genomics import settings as s; import os;"
            "assert not s.DEBUG and not s.LOCAL_AWS and 'genomics.localaws' not in s.INSTALLED_APPS;"
            "assert s.SESSION_COOKIE_SECURE and s.CSRF_COOKIE_SECURE and s.SECURE_SSL_REDIRECT;"
            "assert s.SECURE_HSTS_SECONDS >= 31536000;"
            "assert s.ALLOWED_HOSTS == ['genomics.example'];"
            "assert 'AWS_ENDPOINT_URL' not in os.environ and 'AWS_ACCESS_KEY_ID' not in os.environ;"
            "assert s.CELERY_BROKER_TRANSPORT_OPTIONS['is_secure'];"
            "assert s.S3_ORIGIN == 'https://*.s3.eu-central-1.amazonaws.com'"
        )
        assert (done.returncode, done.stderr) == (0, "")

    def test_reads_the_database_url(self) -> None:
        done = _python(
            "from genomics import settings as s; d = s.DATABASES['default'];"
            "print(d['USER'], d['PASSWORD'], d['HOST'], d['PORT'], d['NAME'], d['OPTIONS'])"
        )
        assert done.stdout == "user p@ss database.example 5433 genomics {'sslmode': 'require'}\n"

    def test_takes_json_only_from_the_queues(self) -> None:
        assert settings.CELERY_ACCEPT_CONTENT == ["json"]
        assert settings.CELERY_TASK_SERIALIZER == "json"

    def test_has_a_strict_content_security_policy(self) -> None:
        directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        assert not [name for name, sources in directives.items() if "'unsafe-inline'" in sources or "*" in sources]
        assert not [name for name, sources in directives.items() if "'unsafe-eval'" in sources]
