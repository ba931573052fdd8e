"""What runs where: environment, applications, templates, static files, language and time."""

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

from genomics.settings import env

django_stubs_ext.monkeypatch()  # lets `ModelAdmin[Job]` be written where Django itself is not generic

BASE_DIR = env.BASE_DIR
env.text("GENOMICS_ENV", "development (everything on this machine) or production", default="development")
PRODUCTION = env.PRODUCTION
DEBUG = env.flag("DEBUG", "Django's debug pages; never in production", default=False)
VAR_DIR = env.path(
    "VAR_DIR",
    "folder of all local state (database, objects, mails, work)",
    default=BASE_DIR / "var",
    shown="var",
)
LOCAL_AWS = env.flag(
    "LOCAL_AWS", "1 runs against the local AWS and installs its pages and commands", default=not PRODUCTION
)

WEB_PORT = env.integer("WEB_PORT", "port of the web server on this machine", default=8000)
WEB_ORIGIN = env.text(
    "WEB_ORIGIN",
    "address under which people reach the site",
    default=f"http://localhost:{WEB_PORT}",
    shown="http://localhost:8000",
).rstrip("/")

if PRODUCTION and LOCAL_AWS:
    raise ImproperlyConfigured("LOCAL_AWS is for development: its pages show all mails to everybody")
if PRODUCTION and not WEB_ORIGIN.startswith("https://"):
    raise ImproperlyConfigured("WEB_ORIGIN must begin with https:// in production")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "djstripe",
    "lucide",
    "genomics.users",
    "genomics.queues",
    "genomics.mail",
    "genomics.labs",
    "jobs",
    "archive",
    "billing",
    *(["genomics.localaws"] if LOCAL_AWS else []),
]

MIDDLEWARE = [
    "genomics.health.HealthMiddleware",
    "jobs.live.LivePollMiddleware",  # first: a poll costs one query and no session
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "genomics.users.middleware.PrivatePageMiddleware",
    "genomics.users.middleware.TimeZoneMiddleware",
]

ROOT_URLCONF = "genomics.urls"
WSGI_APPLICATION = "genomics.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "genomics.users.labs.for_navigation",
                "billing.standing.for_pages",
            ]
        },
    }
]

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "genomics" / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = not PRODUCTION

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
