"""Settings that would lose or leak money do not start."""

from typing import Any

import pytest
from django.conf import settings as project
from django.core.checks import run_checks

LIVE, RESTRICTED, TEST = "sk_live_" + "a" * 24, "rk_live_" + "a" * 24, "sk_test_" + "a" * 24
REAL: dict[str, Any] = {"BILLING_MODE": "stripe", "STRIPE_LIVE_MODE": False, "DEBUG": False}


def found(settings: Any, *, host: str | None = None, **changes: Any) -> set[str]:
    """This function will give what the checks of billing mind about these settings."""
    for name, value in changes.items():
        setattr(settings, name, value)
    if host is None:
        if hasattr(settings, "STRIPE_API_HOST"):
            del settings.STRIPE_API_HOST
    else:
        settings.STRIPE_API_HOST = host
    messages = run_checks(tags=["billing"])
    assert all(message.hint for message in messages)
    return {str(message.id) for message in messages}


class TestChecks:
    def test_mind_nothing_about_the_sandbox_as_it_is(self) -> None:
        assert not run_checks(tags=["billing"])

    @pytest.mark.parametrize("debug", [True, False])
    def test_mind_nothing_about_the_sandbox_with_debug(self, settings: Any, debug: bool) -> None:
        assert not found(settings, host=project.STRIPE_API_HOST, DEBUG=debug)

    def test_mind_nothing_where_billing_is_off(self, settings: Any) -> None:
        assert not found(settings, BILLING_MODE="off", STRIPE_SECRET_KEY="", DEBUG=True)

    @pytest.mark.parametrize(
        ("changes", "minded"),
        [
            ({"STRIPE_SECRET_KEY": LIVE, "STRIPE_LIVE_MODE": True}, set()),
            ({"STRIPE_SECRET_KEY": TEST}, set()),
            ({"STRIPE_SECRET_KEY": LIVE, "STRIPE_LIVE_MODE": True, "DEBUG": True}, {"billing.E001"}),
            ({"STRIPE_SECRET_KEY": RESTRICTED, "STRIPE_LIVE_MODE": True, "DEBUG": True}, {"billing.E001"}),
            (
                {"STRIPE_SECRET_KEY": RESTRICTED, "STRIPE_LIVE_MODE": True, "host": "http://127.0.0.1:1"},
                {"billing.E002"},
            ),
            ({"STRIPE_SECRET_KEY": TEST, "host": "http://127.0.0.1:1"}, set()),
            ({"STRIPE_SECRET_KEY": TEST, "DEBUG": True}, {"billing.E003"}),
            ({"STRIPE_SECRET_KEY": TEST, "DJSTRIPE_WEBHOOK_VALIDATION": "retrieve_event"}, {"billing.E004"}),
            ({"STRIPE_SECRET_KEY": "pk_live_" + "a" * 24}, {"billing.E005"}),
            ({"STRIPE_SECRET_KEY": RESTRICTED, "STRIPE_LIVE_MODE": False}, {"billing.E006"}),
            ({"STRIPE_SECRET_KEY": TEST, "STRIPE_LIVE_MODE": True}, {"billing.E006"}),
            ({"STRIPE_SECRET_KEY": project.SANDBOX_KEY}, {"billing.E007"}),
            ({"STRIPE_SECRET_KEY": TEST, "BILLING_MODE": "sandbox", "host": "http://127.0.0.1:1"}, {"billing.E008"}),
            (
                {
                    "STRIPE_SECRET_KEY": project.SANDBOX_KEY,
                    "BILLING_MODE": "sandbox",
                    "host": "https://sandbox.example",
                },
                {"billing.E008"},
            ),
            ({"STRIPE_SECRET_KEY": TEST, "PRODUCTION": True}, {"billing.W001"}),
        ],
    )
    def test_mind(self, settings: Any, changes: dict[str, Any], minded: set[str]) -> None:
        assert found(settings, **(REAL | changes)) == minded
