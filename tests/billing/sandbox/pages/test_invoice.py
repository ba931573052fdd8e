import stripe

from tests.billing.sandbox.fixtures import Shop
from tests.billing.sandbox.pages.browser import Browser


def owed(shop: Shop) -> str:
    """This function will leave a renewal unpaid, and give its page."""
    shop.subscribe()
    shop.sandbox.fail_card(shop.customer)
    shop.sandbox.renew(shop.customer)
    return str(stripe.Invoice.list(customer=shop.customer).data[0].hosted_invoice_url)


class TestShow:
    def test_tells_what_was_paid(self, shop: Shop, visitor: Browser) -> None:
        made = shop.subscribe()
        page = visitor.get(str(stripe.Invoice.retrieve(str(made.latest_invoice)).hosted_invoice_url))
        assert "paid" in page.text
        assert "99.00 USD" in page.text
        assert "Pay now" not in page.text

    def test_takes_the_card_on_file_or_another(self, shop: Shop, visitor: Browser) -> None:
        url = owed(shop)
        assert "Pay now with Visa ending in 4242" in visitor.get(url).text
        assert "declined" in visitor.send(url, action="pay").error
        assert "declined" in visitor.send(url, action="pay_card", number="4000000000000341").error
        assert "incorrect" in visitor.send(url, action="pay_card", number="1").error
        bank = visitor.send(url, action="pay_card", number="4000002760003184")
        assert "unable to authenticate" in visitor.send(bank.path, answer="fail").error
        bank = visitor.send(url, action="pay_card", number="4000002760003184")
        assert "99.00 USD" in bank.text
        visitor.send(bank.path, answer="complete")
        assert shop.subscription().status == "active"
        assert "Pay now" not in visitor.get(url).text

    def test_takes_the_card_on_file_by_the_bank(self, shop: Shop, visitor: Browser) -> None:
        shop.subscribe(card="4000002760003184")
        shop.sandbox.renew(shop.customer)
        url = str(stripe.Invoice.list(customer=shop.customer).data[0].hosted_invoice_url)
        bank = visitor.send(url, action="pay")
        assert "ending in 3184" in bank.text
        visitor.send(bank.path, answer="complete")
        assert shop.subscription().status == "active"

    def test_shows_no_draft(self, shop: Shop, visitor: Browser) -> None:
        made = shop.subscribe()
        shop.sandbox.advance(shop.customer, to=made["items"]["data"][0]["current_period_end"])
        draft = stripe.Invoice.list(customer=shop.customer).data[0].id
        assert visitor.get(f"/invoices/{draft}").status == 404


class TestFiles:
    def test_pdf_and_receipt(self, shop: Shop, visitor: Browser) -> None:
        made = shop.subscribe()
        page = visitor.get(str(stripe.Invoice.retrieve(str(made.latest_invoice)).invoice_pdf))
        assert page.answer.headers["Content-Type"] == "application/pdf"
        assert page.answer.body.startswith(b"%PDF-1.4")
        assert b"99.00 USD" in page.answer.body
        shop.sandbox.refund(shop.customer, amount=100)
        receipt = visitor.get(str(stripe.Charge.list(customer=shop.customer).data[0].receipt_url))
        assert "99.00 USD paid" in receipt.text
        assert "1.00 USD were given back" in receipt.text
