"""How an amount of money is written. It is an integer everywhere else: cents, or yen, which have none.

The pages are in English; amounts follow the reader's country all the same, because 1.000 and 1,000 are easily confused.
"""

from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency
from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

from billing.values import Money

# How many digits Stripe's smallest unit stands for, where they are not two.
# Source: https://docs.stripe.com/currencies#zero-decimal and #three-decimal.
_DIGITS = {
    **dict.fromkeys(
        ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"], 0
    ),
    **dict.fromkeys(["bhd", "jod", "kwd", "omr", "tnd"], 3),
}
_USUAL = "en_US"


def written(money: Money, *, locale: str = _USUAL) -> str:
    """This function will write an amount for a reader in `locale`; none of its digits is lost."""
    amount = Decimal(money.amount).scaleb(-_DIGITS.get(money.currency, 2))
    return format_currency(amount, money.currency.upper(), locale=locale, decimal_quantization=False)


def locale_of(request: HttpRequest) -> str:
    """This function will give the first locale that a browser asks for and that is known, else that of the pages."""
    for language, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        known = _known(language)
        if known:
            return known
    return _USUAL


def _known(language: str) -> str:
    """This function will give Babel's name of a language as browsers write it, as “de-at”; empty: it knows none."""
    try:
        return str(Locale.parse(language, sep="-"))
    except (ValueError, UnknownLocaleError):
        return ""
