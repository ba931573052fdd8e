"""What Stripe is to tell us about: whatever can change a lab's subscription, its payment or what pages show of it.

dj-stripe asks Stripe for the object of each event while Stripe waits: so they are few, and never all there are.
"""

from django.conf import settings

CLOCK_MOVED = "test_helpers.test_clock.ready"  # in test mode: the time of some customers is another one
EVENTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "customer.updated",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.voided",
    "payment_method.attached",
    "charge.refunded",
)


def wanted() -> tuple[str, ...]:
    """This function will give the events that our endpoint asks for, in the mode that we are in."""
    return EVENTS if settings.STRIPE_LIVE_MODE else (*EVENTS, CLOCK_MOVED)
