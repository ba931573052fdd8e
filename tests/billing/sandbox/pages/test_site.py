import pytest

from tests.billing.sandbox.fixtures import Shop
from tests.billing.sandbox.pages.browser import Browser


class TestAnswer:
    def test_knows_what_is_there(self, shop: Shop, visitor: Browser) -> None:
        assert visitor.get("/_sandbox/health").status == 200
        assert visitor.get("/").leads_to == "/_sandbox/"
        assert visitor.get("/assets/sandbox.css").answer.headers["Content-Type"].startswith("text/css")

    @pytest.mark.parametrize(
        "path", ["/moon", "/checkout/../x", "/portal/bps_x", "/invoices/in_x", "/bank/x", "/receipts/x"]
    )
    def test_says_what_is_not(self, visitor: Browser, path: str) -> None:
        assert visitor.get(path).status == 404

    def test_refuses_wrong_methods(self, shop: Shop, visitor: Browser) -> None:
        assert visitor.post("/_sandbox/").status == 405
        assert visitor.get("/_sandbox/clock").status == 405

    def test_keeps_pages_harmless(self, shop: Shop, visitor: Browser) -> None:
        headers = visitor.get(str(shop.checkout().url)).answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script" not in policy
        assert "unsafe" not in policy
        assert "form-action 'self' http://localhost:8000" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "HttpOnly; SameSite=Lax" in headers["Set-Cookie"]
