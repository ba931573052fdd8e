from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Stripe says which plan a lab has."""

    name = "billing"

    def ready(self) -> None:
        from billing import gateway  # noqa: PLC0415  # the settings are not there earlier

        gateway.configure()
