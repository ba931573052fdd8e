from typing import Any

import pytest

from billing.sandbox import contract
from billing.sandbox.contract import INVALID, MISSING, UNKNOWN
from billing.sandbox.shapes import shaped


def wrongs(name: str, params: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem.where, problem.what) for problem in contract.check_params(name, params)]


class TestCheckParams:
    def test_accepts_what_is_legal(self) -> None:
        legal = {"customer": "cus_1", "items": [{"price": "price_1", "quantity": 2}], "metadata": {"lab": "7"}}
        assert wrongs("SubscriptionCreateParams", legal) == []

    def test_finds_an_unknown_parameter_at_any_depth(self) -> None:
        assert wrongs("SubscriptionCreateParams", {"itemz": []}) == [("itemz", UNKNOWN)]
        assert wrongs("SubscriptionCreateParams", {"items": [{"prize": "x"}]}) == [("items[0][prize]", UNKNOWN)]

    def test_finds_a_missing_parameter(self) -> None:
        assert wrongs("ProductCreateParams", {}) == [("name", MISSING)]

    def test_finds_a_word_that_is_not_allowed(self) -> None:
        assert wrongs("checkout.SessionCreateParams", {"mode": "subscribe"}) == [("mode", INVALID)]

    def test_finds_a_wrong_type(self) -> None:
        assert wrongs("PriceCreateParams", {"currency": "usd", "unit_amount": "a lot"}) == [("unit_amount", INVALID)]

    def test_takes_a_text_beside_the_empty_word_that_clears(self) -> None:
        assert wrongs("SubscriptionModifyParams", {"description": "For a lab"}) == []

    def test_knows_no_option_of_the_library_as_a_parameter(self) -> None:
        assert wrongs("CustomerCreateParams", {"idempotency_key": "k"}) == [("idempotency_key", UNKNOWN)]


class TestCoerceParams:
    def test_gives_texts_the_types_that_are_declared(self) -> None:
        sent = {
            "cancel_at_period_end": "true",
            "trial_period_days": "14",
            "trial_end": "now",
            "items": [{"quantity": "2"}],
            "metadata": {"number": "12"},
        }
        assert contract.coerce_params("SubscriptionCreateParams", sent) == {
            "cancel_at_period_end": True,
            "trial_period_days": 14,
            "trial_end": "now",
            "items": [{"quantity": 2}],
            "metadata": {"number": "12"},
        }

    def test_leaves_what_fits_nowhere_for_the_check(self) -> None:
        sent = contract.coerce_params("SubscriptionCreateParams", {"trial_period_days": "soon"})
        assert wrongs("SubscriptionCreateParams", sent) == [("trial_period_days", INVALID)]


class TestCheckAnswer:
    def test_accepts_a_whole_object(self) -> None:
        assert contract.check_answer(_coupon()) == []

    @pytest.mark.parametrize(
        ("change", "what"),
        [({"colour": "red"}, UNKNOWN), ({"valid": "yes"}, INVALID), ({"duration": "twice"}, INVALID)],
    )
    def test_finds_what_the_class_does_not_say(self, change: dict[str, object], what: str) -> None:
        assert [problem.what for problem in contract.check_answer(_coupon() | change)] == [what]

    def test_finds_a_field_that_is_missing(self) -> None:
        coupon = _coupon()
        del coupon["times_redeemed"]
        assert [(p.where, p.what) for p in contract.check_answer(coupon)] == [("times_redeemed", MISSING)]

    def test_looks_into_lists_and_events(self) -> None:
        broken = _coupon() | {"valid": 1}
        assert contract.check_answer({"object": "list", "data": [broken], "has_more": False, "url": "/v1/coupons"})
        event = shaped(
            "event",
            id="evt_1",
            created=1,
            data={"object": broken},
            livemode=False,
            pending_webhooks=0,
            type="coupon.created",
        )
        assert contract.check_answer(event)

    def test_wants_a_deleted_object_to_say_nothing_else(self) -> None:
        gone = {"id": "cus_1", "object": "customer", "deleted": True}
        assert contract.check_answer(gone) == []
        assert contract.check_answer(gone | {"email": "lab@example.org"})
        assert contract.check_params("CustomerCreateParams", gone)


def _coupon() -> dict[str, object]:
    return shaped("coupon", id="c", created=1, duration="once", livemode=False, times_redeemed=0, valid=True)
