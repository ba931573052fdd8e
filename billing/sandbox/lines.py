"""Lines of an invoice: what a period costs, what is given back when a price changes."""

from billing.sandbox.ids import new_id
from billing.sandbox.shapes import shaped
from billing.sandbox.store import Json
from billing.sandbox.world import World


def of_period(world: World, subscription: Json, *, free: bool = False) -> list[Json]:
    """This function will give a line for each item's current period; free: during a trial."""
    return [_of_item(world, subscription, item, free=free) for item in subscription["items"]["data"]]


def _of_item(world: World, subscription: Json, item: Json, *, free: bool) -> Json:
    price = item["price"]
    name = (world.store.peek(price["product"]) or {"name": price["product"]})["name"]
    each = f"{price['unit_amount'] / 100:,.2f} {price['currency'].upper()} / {price['recurring']['interval']}"
    return line(
        subscription,
        item,
        price,
        amount=0 if free else price["unit_amount"] * item["quantity"],
        description=f"Trial period for {name}" if free else f"{item['quantity']} × {name} (at {each})",
        start=item["current_period_start"],
        end=item["current_period_end"],
    )


def for_switch(world: World, subscription: Json, item: Json, old: Json, *, now: int, charge_new: bool) -> list[Json]:
    """This function will give back the unused time of the old price; charge_new: and ask for that of the new one.

    Linear by the second, as Stripe prorates. `old` is the item before the change.
    """
    start, end = old["current_period_start"], old["current_period_end"]
    share = (end - now) / (end - start)
    found = [_proration(world, subscription, item, old, sign=-1, share=share, now=now, end=end)]
    if charge_new:
        found.append(_proration(world, subscription, item, item, sign=1, share=share, now=now, end=end))
    return found


def _proration(
    world: World, subscription: Json, item: Json, priced: Json, *, sign: int, share: float, now: int, end: int
) -> Json:
    price = priced["price"]
    name = (world.store.peek(price["product"]) or {"name": price["product"]})["name"]
    return line(
        subscription,
        item,
        price,
        amount=sign * round(price["unit_amount"] * priced["quantity"] * share),
        description=f"{'Unused' if sign < 0 else 'Remaining'} time on {priced['quantity']} × {name}",
        start=now,
        end=end,
        proration=True,
    )


def line(
    subscription: Json,
    item: Json,
    price: Json,
    *,
    amount: int,
    description: str,
    start: int,
    end: int,
    proration: bool = False,
) -> Json:
    """This function will give one line, which `invoices.draft` puts on its invoice."""
    return shaped(
        "line_item",
        id=new_id("il"),
        amount=amount,
        currency=subscription["currency"],
        description=description,
        discount_amounts=[],
        discountable=not proration,
        discounts=[],
        livemode=False,
        metadata=dict(subscription["metadata"]),
        parent={
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": proration,
                "proration_details": {"credited_items": None},
                "subscription": subscription["id"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        period={"start": start, "end": end},
        pretax_credit_amounts=[],
        pricing={
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        quantity=item["quantity"],
        quantity_decimal=str(item["quantity"]),
        subscription=subscription["id"],
        subtotal=amount,
        taxes=[],
    )
