"""Mixes of settings that would lose or leak money: `manage.py check` refuses them, and so does every start."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error

_LIVE = ("sk_live_", "rk_live_")
_TEST = ("sk_test_", "rk_test_")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def check_keys(*, app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[CheckMessage]:  # noqa: ARG001
    """This function will look at the key, and at what goes along with it."""
    return [*_with_debug(), *_with_host(), *_mode(), *_sandbox()]


def check_webhooks(*, app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[CheckMessage]:  # noqa: ARG001
    """This function will see that only what Stripe has signed is believed."""
    if getattr(settings, "DJSTRIPE_WEBHOOK_VALIDATION", "verify_signature") == "verify_signature":
        return []
    return [
        Error(
            "DJSTRIPE_WEBHOOK_VALIDATION lets webhooks in whose signature nobody checks.",
            hint="Remove the setting: the signature is checked then.",
            id="billing.E004",
        )
    ]


def _with_debug() -> Iterator[CheckMessage]:
    if not settings.DEBUG:
        return
    if settings.STRIPE_SECRET_KEY.startswith(_LIVE):
        yield Error(
            "A live Stripe key is set with DEBUG: error pages would show what belongs to people who pay.",
            hint="Set DEBUG=0, or take the key of a test account (sk_test_…).",
            id="billing.E001",
        )
    elif settings.BILLING_MODE == "stripe":
        yield Error(
            "A Stripe key is set with DEBUG: dj-stripe then takes the secret that signs webhooks from the header "
            "X-Djstripe-Webhook-Secret, which anybody can send.",
            hint="Set DEBUG=0, or unset STRIPE_SECRET_KEY: the sandbox works with DEBUG.",
            id="billing.E003",
        )


def _with_host() -> Iterator[CheckMessage]:
    host = getattr(settings, "STRIPE_API_HOST", "")
    if host and settings.STRIPE_SECRET_KEY.startswith(_LIVE):
        yield Error(
            f"A live Stripe key would be sent to {host}, which is not Stripe.",
            hint="Unset STRIPE_API_HOST, or take the key of a test account (sk_test_…).",
            id="billing.E002",
        )


def _mode() -> Iterator[CheckMessage]:
    """This function will see that key and mode speak of the same money."""
    key = settings.STRIPE_SECRET_KEY
    if not key:
        return
    if not key.startswith((*_LIVE, *_TEST)):
        yield Error(
            "STRIPE_SECRET_KEY is neither a secret nor a restricted key.",
            hint="Take the one that begins with sk_ or rk_ from Stripe's dashboard; pk_ is the publishable key, and "
            "whsec_ signs webhooks.",
            id="billing.E005",
        )
    elif settings.STRIPE_LIVE_MODE is not key.startswith(_LIVE):
        yield Error(
            "STRIPE_LIVE_MODE says other than the key whether the money is real.",
            hint="Set STRIPE_SECRET_KEY only: STRIPE_LIVE_MODE follows from it.",
            id="billing.E006",
        )


def _sandbox() -> Iterator[CheckMessage]:
    is_sandbox, has_its_key = settings.BILLING_MODE == "sandbox", settings.STRIPE_SECRET_KEY == settings.SANDBOX_KEY
    if has_its_key and not is_sandbox:
        yield Error(
            "The sandbox's key is set outside of the sandbox: it opens nothing.",
            hint="Unset STRIPE_SECRET_KEY, or set a key of your Stripe account.",
            id="billing.E007",
        )
    host = urlsplit(getattr(settings, "STRIPE_API_HOST", "")).hostname
    if is_sandbox and not (has_its_key and host in _LOOPBACK):
        yield Error(
            "BILLING_MODE=sandbox, but requests would go elsewhere than to the sandbox on this machine.",
            hint="Unset STRIPE_API_HOST and STRIPE_SECRET_KEY, or set BILLING_MODE=stripe.",
            id="billing.E008",
        )
    if settings.BILLING_MODE == "stripe" and settings.PRODUCTION and not settings.STRIPE_LIVE_MODE:
        yield checks.Warning(
            "Production takes no real money: the Stripe key is one for tests.",
            hint="Set the live key once you want to be paid.",
            id="billing.W001",
        )
