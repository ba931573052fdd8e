"""manage.py billing_bootstrap: make what billing needs at Stripe, or see that it is there."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing import bootstrap
from billing.errors import StripeError, StripeUnavailableError


class Command(BaseCommand):
    help = (
        "Makes product, prices, portal and webhook endpoint at Stripe, or brings them into line. "
        "Amounts that stand at Stripe are left alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument("--live", action="store_true", help="yes, in the account where money is real")
        parser.add_argument(
            "--rotate-webhook-secret",
            action="store_true",
            help="make another webhook endpoint with another secret, and remove the old one",
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        if settings.BILLING_MODE == "off":
            raise CommandError("BILLING_MODE is off: there is no Stripe. Set STRIPE_SECRET_KEY first.")
        if settings.STRIPE_LIVE_MODE and not options["live"] and not options["dry_run"]:
            raise CommandError("The key is a live one, and money is real there. Say --live if you mean it.")
        self.stdout.write(f"Stripe: {_where()}. {'Nothing is changed.' if options['dry_run'] else ''}".rstrip())
        try:
            for step in bootstrap.run(dry=options["dry_run"], rotate_secret=options["rotate_webhook_secret"]):
                self._tell(step, dry=options["dry_run"])
        except StripeUnavailableError as error:
            raise CommandError(f"Stripe does not answer: {error}") from error
        except StripeError as error:
            raise CommandError(
                f"Stripe refuses: {error}\nIs STRIPE_SECRET_KEY right, and may it write products, prices, the customer "
                "portal and webhook endpoints?"
            ) from error

    def _tell(self, step: bootstrap.Step, *, dry: bool) -> None:
        is_done = step.outcome == bootstrap.Outcome.FOUND
        outcome = f"to be {step.outcome}" if dry and not is_done else step.outcome
        line = f"  {step.what}: {outcome}{f' ({step.note})' if step.note else ''}"
        self.stdout.write(line if is_done else self.style.SUCCESS(line))


def _where() -> str:
    if settings.BILLING_MODE == "sandbox":
        return f"the sandbox at {settings.STRIPE_API_HOST}"
    return "the live account" if settings.STRIPE_LIVE_MODE else "a test account"
