"""The one account that the sandbox is."""

from billing.sandbox.errors import missing
from billing.sandbox.forms import Params
from billing.sandbox.shapes import listed, shaped
from billing.sandbox.store import Json
from billing.sandbox.world import ACCOUNT_ID, ACCOUNT_NAME, World


def own(_world: World, _params: Params) -> Json:
    account = shaped(
        "account",
        id=ACCOUNT_ID,
        capabilities={"card_payments": "active", "transfers": "active"},
        charges_enabled=True,
        country="US",
        created=1_700_000_000,
        default_currency="usd",
        details_submitted=True,
        email="owner@sandbox.invalid",
        metadata={},
        payouts_enabled=True,
        settings=_settings(),
        type="standard",
    )
    return {key: value for key, value in account.items() if value is not None}


def _settings() -> Json:
    return {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_payments": {
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": ACCOUNT_NAME, "timezone": "Etc/UTC"},
        "payments": {
            "statement_descriptor": "SANDBOX",
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
        },
    }


def retrieve(world: World, params: Params, identifier: str) -> Json:
    if identifier != ACCOUNT_ID:
        raise missing("account", identifier)
    return own(world, params)


def list_connected(_world: World, params: Params) -> Json:
    params.take("limit", "starting_after")
    return listed([], "/v1/accounts")
