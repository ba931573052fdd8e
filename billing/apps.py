from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Stripe says which plan a lab has."""

    name = "billing"

    def ready(self) -> None:
        from archive import upgrading  # noqa: PLC0415  # settings and models are not there earlier
        from billing import calls, gateway, receivers  # noqa: PLC0415

        gateway.configure()
        receivers.listen()
        upgrading.offer(calls.way)
