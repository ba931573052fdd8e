"""What tests say about a lab's customer at the sandbox, in Stripe's own words."""

import stripe

from billing.models import Entitlement
from genomics.users.models import Lab


def customer(lab: Lab) -> str:
    return Entitlement.objects.get(lab=lab).customer_id


def subscriptions(lab: Lab) -> list[stripe.Subscription]:
    """This function will give a lab's subscriptions, ended ones too, newest first."""
    return stripe.Subscription.list(customer=customer(lab), status="all").data


def open_sessions() -> list[stripe.checkout.Session]:
    """This function will give the sessions of all labs that can still be paid."""
    return stripe.checkout.Session.list(status="open").data


def give_card(lab: Lab, *, card: str = "pm_card_visa") -> str:
    """This function will let a lab's customer have a card that pays whatever is asked, and give the customer."""
    payer = customer(lab)
    method = stripe.PaymentMethod.attach(card, customer=payer)
    stripe.Customer.modify(payer, invoice_settings={"default_payment_method": method.id})
    return payer
