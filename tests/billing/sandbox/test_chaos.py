import pytest
import stripe

from billing.sandbox.chaos import Chaos
from billing.sandbox.errors import SandboxError
from billing.sandbox.sandbox import Sandbox


class TestChanged:
    def test_takes_what_forms_and_calls_send(self) -> None:
        chaos = Chaos().changed({"duplicate": "1", "reorder": True, "drop": "0.5", "delay_seconds": 2})
        assert chaos == Chaos(duplicate=True, reorder=True, drop=0.5, delay_seconds=2)
        assert not chaos.changed({"duplicate": "0"}).duplicate

    @pytest.mark.parametrize("wrong", [{"moon": "1"}, {"drop": "2"}, {"drop": "often"}, {"delay_seconds": -1}])
    def test_refuses(self, wrong: dict[str, str | float]) -> None:
        with pytest.raises(SandboxError):
            Chaos().changed(wrong)


class TestAnswers:
    @pytest.mark.parametrize(
        ("switch", "error"),
        [
            ("error_share", stripe.APIError),
            ("rate_limit_share", stripe.RateLimitError),
            ("timeout_share", stripe.APIConnectionError),
        ],
    )
    def test_can_fail_before_anything_is_done(self, sandbox: Sandbox, switch: str, error: type[Exception]) -> None:
        sandbox.set_chaos(**{switch: 1})
        with pytest.raises(error):
            stripe.Customer.create()
        assert sandbox.objects("customer") == []

    def test_can_get_lost_after_all_was_done(self, sandbox: Sandbox) -> None:
        sandbox.set_chaos(lost_share=1)
        with pytest.raises(stripe.APIConnectionError):
            stripe.Customer.create(idempotency_key="k")
        sandbox.set_chaos(lost_share=0)
        again = stripe.Customer.create(idempotency_key="k")
        assert [customer["id"] for customer in sandbox.objects("customer")] == [again.id]

    def test_can_be_slow(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        waits: list[float] = []
        monkeypatch.setattr("billing.sandbox.chaos.time.sleep", waits.append)
        sandbox.set_chaos(latency_seconds=2)
        stripe.Customer.create()
        assert 0 < waits[0] < 2
