"""What Stripe has of one lab in the end: all customers that it ever was, and what they subscribed to and paid."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from genomics.localaws.chaos_billing.dashboard import Dashboard, Json

_LAB = "lab"  # in the metadata of a customer


@dataclass(slots=True, kw_only=True)
class Papers:
    """Stripe's objects as they come, of one lab."""

    customers: list[str] = field(default_factory=list)  # ids of those that are there
    subscriptions: list[Json] = field(default_factory=list)
    invoices: list[Json] = field(default_factory=list)
    charges: list[Json] = field(default_factory=list)


def collect(dashboard: Dashboard, *, known: Mapping[uuid.UUID, Sequence[str]]) -> dict[uuid.UUID, Papers]:
    """This function will gather each lab's papers: of the customers that the product knows, and of any other there is.

    A customer that Stripe has under a lab's id although the product does not know it is found by its clock.
    """
    papers: dict[uuid.UUID, Papers] = defaultdict(Papers)
    owner = {customer: lab for lab, customers in known.items() for customer in customers}
    for clock in dashboard.each("test_helpers/test_clocks"):
        for customer in dashboard.each("customers", test_clock=clock["id"]):
            lab = uuid.UUID(customer["metadata"][_LAB])
            owner[customer["id"]] = lab
            papers[lab].customers.append(customer["id"])
    for kind in ("subscriptions", "invoices", "charges"):
        more = {"status": "all"} if kind == "subscriptions" else {}
        for document in dashboard.each(kind, **more):
            if document["customer"] in owner:
                getattr(papers[owner[document["customer"]]], kind).append(document)
    return dict(papers)
