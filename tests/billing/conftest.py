"""A world in which a lab subscribes."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from genomics.users.models import Lab, User
from tests.billing.sandbox.fixtures import Shop, sandbox, shop
from tests.billing.world import World, adopt, collected_hints

__all__ = ["sandbox", "shop"]


@pytest.fixture
def world(db: None, shop: Shop, free_user: User) -> Iterator[World]:
    """This function will give the free lab as a customer of the sandbox's; nobody tells anybody of events yet."""
    with collected_hints() as hints:
        made = World(sandbox=shop.sandbox, shop=shop, lab=Lab.objects.of(free_user)[0], hints=hints)
        with transaction.atomic():
            adopt(made.lab, made.customer, now=made.now)
        yield made
