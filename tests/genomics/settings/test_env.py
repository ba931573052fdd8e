from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from genomics.settings import env


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "VARIABLES", {})


class TestReaders:
    @pytest.mark.parametrize(
        ("read", "raw", "value"),
        [
            (lambda: env.flag("X", "", default=False), "yes", True),
            (lambda: env.flag("X", "", default=True), "0", False),
            (lambda: env.integer("X", "", default=1), "42", 42),
            (lambda: env.seconds("X", "", default=timedelta(0)), "1.5", timedelta(seconds=1.5)),
            (lambda: env.items("X", "", default="", shown=""), "a, b,,c ", ["a", "b", "c"]),
            (lambda: env.pairs("X", "", shown=""), "a=1, b = 2=3,", {"a": "1", "b": "2=3"}),
            (lambda: env.text("X", "", default=""), "word", "word"),
            (lambda: env.choice("X", "", options=("a", "b"), default="a"), "b", "b"),
        ],
    )
    def test_give_the_value_with_its_type(
        self, monkeypatch: pytest.MonkeyPatch, read: Any, raw: str, value: object
    ) -> None:
        monkeypatch.setenv("X", raw)
        assert read() == value

    @pytest.mark.parametrize(
        ("read", "raw"),
        [
            (lambda: env.flag("X", "", default=False), "perhaps"),
            (lambda: env.integer("X", "", default=1), "many"),
            (lambda: env.seconds("X", "", default=timedelta(0)), "soon"),
            (lambda: env.choice("X", "", options=("a", "b"), default="a"), "B"),
            (lambda: env.pairs("X", "", shown=""), "a"),
            (lambda: env.pairs("X", "", shown=""), "a=1,a=2"),
        ],
    )
    def test_name_the_variable_that_is_wrong(self, monkeypatch: pytest.MonkeyPatch, read: Any, raw: str) -> None:
        monkeypatch.setenv("X", raw)
        with pytest.raises(ImproperlyConfigured, match="variable X has a bad value"):
            read()

    def test_record_each_variable_for_the_example(self) -> None:
        env.integer("SIZE", "how large", default=3)
        assert env.VARIABLES["SIZE"] == env.Variable(
            name="SIZE", meaning="how large", default="3", needed_in_production=False
        )


class TestNeededText:
    def test_has_a_default_in_development(self) -> None:
        assert env.needed_text("KEY", "a key", development="made up") == "made up"

    def test_must_be_set_in_production(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(env, "PRODUCTION", True)
        with pytest.raises(ImproperlyConfigured, match="KEY must be set: a key"):
            env.needed_text("KEY", "a key", development="made up")
