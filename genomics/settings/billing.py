"""Billing: where Stripe is, what is sold there, and how long a lab that stops paying keeps what it has."""

from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured

from genomics.settings import env
from genomics.settings.core import LOCAL_AWS, PRODUCTION

_KEY = env.text(
    "STRIPE_SECRET_KEY", "secret or restricted key of the Stripe account: sk_live_…, sk_test_…, rk_…", default=""
)
BILLING_MODE = env.choice(
    "BILLING_MODE",
    "stripe (with a key), sandbox (a Stripe of our own on this machine, no real money) or off (admins grant plans); "
    "the default is stripe with a key, else sandbox in development and off in production",
    options=("stripe", "sandbox", "off"),
    default="stripe" if _KEY else "off" if PRODUCTION or not LOCAL_AWS else "sandbox",
)
if BILLING_MODE == "stripe" and not _KEY:
    raise ImproperlyConfigured("BILLING_MODE=stripe needs STRIPE_SECRET_KEY")
if BILLING_MODE != "stripe" and _KEY:
    raise ImproperlyConfigured(f"STRIPE_SECRET_KEY is set, but BILLING_MODE={BILLING_MODE} would not use it: unset one")
if BILLING_MODE == "sandbox" and (PRODUCTION or not LOCAL_AWS):
    raise ImproperlyConfigured("BILLING_MODE=sandbox takes no real money: it is for development with LOCAL_AWS=1")

SANDBOX_PORT = env.integer("SANDBOX_PORT", "port of the Stripe sandbox on this machine", default=12111)
SANDBOX_KEY = "sk_test_GenomicsCloudSandboxKey0"  # opens the sandbox on loopback, and nothing else
SANDBOX_ORIGIN = f"http://localhost:{SANDBOX_PORT}"

STRIPE_SECRET_KEY = SANDBOX_KEY if BILLING_MODE == "sandbox" else _KEY
STRIPE_LIVE_MODE = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
STRIPE_TEST_SECRET_KEY = "" if STRIPE_LIVE_MODE else STRIPE_SECRET_KEY
STRIPE_LIVE_SECRET_KEY = STRIPE_SECRET_KEY if STRIPE_LIVE_MODE else ""
# Without it the version of the library decides, and an upgrade of it would change what Stripe answers.
STRIPE_API_VERSION = "2026-05-27.dahlia"
_HOST = env.text(
    "STRIPE_API_HOST", "another address of Stripe's API, for tests; never with a live key", default="", shown=""
)
if BILLING_MODE == "sandbox" or _HOST:
    STRIPE_API_HOST = _HOST or f"http://127.0.0.1:{SANDBOX_PORT}"  # dj-stripe asks whether the name exists
SILENCED_SYSTEM_CHECKS = [
    "djstripe.W002"
]  # which minds any other host: ours minds one with a real key (billing.checks)

DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
DJSTRIPE_SUBSCRIBER_MODEL = "users.Lab"
DJSTRIPE_SUBSCRIBER_CUSTOMER_KEY = "lab"  # metadata of a customer: the lab's id, and nothing else of ours

BILLING_GRACE = env.seconds(
    "BILLING_GRACE_SECONDS",
    "so long results stay hot after a subscription ends or its payment fails",
    default=timedelta(days=14),
)
BILLING_TRIAL_DAYS = env.integer(
    "BILLING_TRIAL_DAYS", "days that a lab may try PREMIUM free of charge, once; 0 offers no trial", default=14
)
BILLING_TEST_CLOCKS = env.flag(
    "BILLING_TEST_CLOCKS",
    "1 gives each new customer a test clock of Stripe's, so that its time can be moved; never with a live key",
    default=False,
)
if BILLING_TEST_CLOCKS and STRIPE_LIVE_MODE:
    raise ImproperlyConfigured("BILLING_TEST_CLOCKS stops the time of those who pay: never with a live key")
# Where checkout and portal live: browsers are sent there by forms, which the content security policy must allow.
BILLING_ORIGINS = {
    "stripe": ["https://checkout.stripe.com", "https://billing.stripe.com"],
    "sandbox": [SANDBOX_ORIGIN],
    "off": [],
}[BILLING_MODE]
# The library's own change its tables in hundreds of steps: see docs/decisions/dj-stripe-tables.md.
MIGRATION_MODULES = {"djstripe": "billing.dj_stripe_migrations"}
