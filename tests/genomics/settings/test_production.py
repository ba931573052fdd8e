"""The settings as production reads them, in a process of their own."""

import os
import subprocess
import sys

import pytest
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


def _python(script: str, *, without: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "GENOMICS_ENV": "production",
        **{name: value for name, value in _NEEDED.items() if name != without},
        **variables,
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
            "assert s.ALLAUTH_TRUSTED_PROXY_COUNT == 1;"
            "assert 'AWS_ENDPOINT_URL' not in os.environ and 'AWS_ACCESS_KEY_ID' not in os.environ;"
            "assert s.CELERY_BROKER_TRANSPORT_OPTIONS['is_secure'];"
            "assert s.CSRF_TRUSTED_ORIGINS == ['https://genomics.example']"
        )
        assert (done.returncode, done.stderr) == (0, "")

    def test_always_limits_rates_and_always_scrubs_its_logs(self) -> None:
        done = _python(
            "from genomics import settings as s;"
            "assert s.RATE_LIMITING;"
            "assert s.LOGGING['handlers']['stderr']['formatter'] == 'json';"
            "secrets = s.LOGGING['formatters']['json']['secrets'];"
            "assert {s.SECRET_KEY, 'p@ss', 'mailpassword', 'awssecret'} <= set(secrets), secrets",
            RATE_LIMITING="0",
            EMAIL_HOST_PASSWORD="mailpassword",
            AWS_SECRET_ACCESS_KEY="awssecret",
        )
        assert (done.returncode, done.stderr) == (0, "")

    @pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
    def test_lets_browsers_upload_to_the_very_host_that_is_signed(self, region: str) -> None:
        done = _python(
            "from genomics import settings as s; from genomics.aws import s3; from datetime import timedelta;"
            "bucket = s.STACK.buckets['inputs'];"
            "url = s3.presign_part("
            "bucket, key='k', upload_id='u', number=1, size_bytes=1, sha256='', lifetime=timedelta(1));"
            "assert url.startswith(s.UPLOAD_ORIGIN + '/'), (url, s.UPLOAD_ORIGIN);"
            "assert s.UPLOAD_ORIGIN in s.CONTENT_SECURITY_POLICY['DIRECTIVES']['connect-src']",
            AWS_DEFAULT_REGION=region,
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
        )
        assert (done.returncode, done.stderr) == (0, "")

    @pytest.mark.parametrize(
        ("variable", "value", "said"),
        [
            ("GENOMICS_ENV", "prod", "must be development or production"),
            ("LOCAL_AWS", "1", "LOCAL_AWS is for development"),
            ("WEB_ORIGIN", "http://genomics.example", "https://"),
            ("DEBUG", "1", "DEBUG shows the inside"),
            ("VAULT", "memory", "VAULT=memory forgets all results"),
        ],
    )
    def test_refuses_what_would_open_the_doors(self, variable: str, value: str, said: str) -> None:
        done = _python("import genomics.settings", **{variable: value})
        assert said in done.stderr
        assert done.returncode != 0

    def test_reads_the_database_url(self) -> None:
        done = _python(
            "from genomics import settings as s; d = s.DATABASES['default'];"
            "print(d['USER'], d['PASSWORD'], d['HOST'], d['PORT'], d['NAME'], d['OPTIONS']['sslmode'])"
        )
        assert done.stdout == "user p@ss database.example 5433 genomics require\n"

    def test_notices_when_the_database_or_a_host_of_ours_has_vanished(self) -> None:
        done = _python("from genomics import settings as s; print(s.DATABASES['default']['OPTIONS'])")
        assert "'keepalives_idle': '15'" in done.stdout
        assert "-c tcp_keepalives_idle=15" in done.stdout  # the server's own question, for the locks of a dead host

    def test_takes_json_only_from_the_queues(self) -> None:
        assert settings.CELERY_ACCEPT_CONTENT == ["json"]
        assert settings.CELERY_TASK_SERIALIZER == "json"

    def test_has_a_strict_content_security_policy(self) -> None:
        directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        assert not [name for name, sources in directives.items() if "'unsafe-inline'" in sources or "*" in sources]
        assert not [name for name, sources in directives.items() if "'unsafe-eval'" in sources]
