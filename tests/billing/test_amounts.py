import pytest
from django.test import RequestFactory

from billing import amounts
from billing.templatetags.money import money
from billing.values import Money


class TestWritten:
    @pytest.mark.parametrize(
        ("amount", "currency", "locale", "written"),
        [
            (9_900, "usd", "en_US", "$99.00"),
            (9_900, "usd", "de_DE", "99,00\u00a0$"),
            (123_456_789, "eur", "fr_FR", "1\u202f234\u202f567,89\u00a0€"),
            (9_900, "jpy", "en_US", "¥9,900"),
            (9_900, "jpy", "ja_JP", "￥9,900"),
            (9_900, "krw", "en_US", "₩9,900"),
            (99_000, "kwd", "en_US", "KWD99.000"),
            (9_950, "rsd", "en_US", "RSD99.50"),
            (9_900, "isk", "en_US", "ISK99"),
            (0, "usd", "en_US", "$0.00"),
            (-500, "usd", "en_US", "-$5.00"),
            (1, "usd", "en_US", "$0.01"),
        ],
    )
    def test_loses_no_digit_and_invents_none(self, amount: int, currency: str, locale: str, written: str) -> None:
        assert amounts.written(Money(amount=amount, currency=currency), locale=locale) == written
        assert money(Money(amount=amount, currency=currency), locale) == written


class TestLocaleOf:
    @pytest.mark.parametrize(
        ("header", "locale"),
        [
            ("de-AT,de;q=0.9,en;q=0.8", "de_AT"),
            ("xx-YY, fr;q=0.5", "fr"),
            ("en;q=0.5, ja", "ja"),
            ("", "en_US"),
            ("*", "en_US"),
            ("../../etc/passwd", "en_US"),
            ("%s" * 50, "en_US"),
            ("a" * 5000, "en_US"),
            ("zh-Hant-TW", "zh_Hant_TW"),
        ],
    )
    def test_is_the_first_that_is_known(self, header: str, locale: str) -> None:
        assert amounts.locale_of(RequestFactory().get("/", headers={"Accept-Language": header})) == locale

    def test_is_that_of_the_pages_without_a_wish(self) -> None:
        assert amounts.locale_of(RequestFactory().get("/")) == "en_US"
