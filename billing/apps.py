from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Stripe says which plan a lab has."""

    name = "billing"

    def ready(self) -> None:
        from billing import gateway, receivers  # noqa: PLC0415  # settings and models are not there earlier

        gateway.configure()
        receivers.listen()
