from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Stripe says which plan a lab has."""

    name = "billing"

    def ready(self) -> None:
        from django.core import checks as system  # noqa: PLC0415  # settings and models are not there earlier

        from archive import upgrading  # noqa: PLC0415
        from billing import calls, checks, gateway, receivers  # noqa: PLC0415

        system.register(checks.check_keys, "billing")
        system.register(checks.check_webhooks, "billing")
        gateway.configure()
        receivers.listen()
        upgrading.offer(calls.way)
