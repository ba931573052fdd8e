from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Stripe says which plan a lab has."""

    name = "billing"

    def ready(self) -> None:
        from archive import upgrading  # noqa: PLC0415  # models are not there earlier
        from billing import calls, gateway  # noqa: PLC0415

        gateway.configure()
        upgrading.offer(calls.way)
