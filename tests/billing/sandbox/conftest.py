from tests.billing.sandbox.fixtures import sandbox, shop

__all__ = ["sandbox", "shop"]
