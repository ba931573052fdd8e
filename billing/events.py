"""What Stripe is to tell us about: whatever can change a lab's subscription, its payment or what pages show of it.

dj-stripe asks Stripe for the object of each event while Stripe waits: so they are few, and never all there are.
"""

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
