import pytest

from billing.sandbox.forms import Params, nested


class TestNested:
    def test_makes_hashes_and_arrays(self) -> None:
        pairs = [
            ("items[0][price]", "a"),
            ("items[1][price]", "b"),
            ("expand[]", "x"),
            ("expand[]", "y"),
            ("name", "n"),
        ]
        assert nested(pairs) == {"items": [{"price": "a"}, {"price": "b"}], "expand": ["x", "y"], "name": "n"}

    def test_keeps_numbers_as_keys_of_metadata(self) -> None:
        assert nested([("metadata[1]", "a"), ("metadata[0]", "b")]) == {"metadata": {"1": "a", "0": "b"}}

    @pytest.mark.parametrize("name", ["", "[]", "[", "a[", "a]b", "a[][b]"])
    def test_survives_odd_names(self, name: str) -> None:
        assert isinstance(nested([(name, "x"), (name + "[y]", "z"), (name, "x")]), dict)


class TestParams:
    def test_remembers_what_nobody_read(self) -> None:
        params = Params({"a": 1, "b": 2, "c": 3})
        assert (params.get("a"), "b" in params) == (1, True)
        assert params.unread() == ["c"]

    def test_takes_only_what_was_sent(self) -> None:
        assert Params({"a": 1}).take("a", "b") == {"a": 1}
