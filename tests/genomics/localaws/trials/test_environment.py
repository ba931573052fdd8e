from pathlib import Path

import pytest

from genomics.localaws.trials import environment


class TestCompose:
    def test_leaves_out_what_belongs_to_another_stack(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/live")
        monkeypatch.setenv("AWS_PROFILE", "live")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere")
        composed = environment.compose("chaos", var_dir=Path("/srv/var"), proxied=False, changes={})
        assert composed["DATABASE_URL"] == ""
        assert "AWS_PROFILE" not in composed
        assert composed["VAR_DIR"] == "/srv/var"
        direct = f"http://127.0.0.1:{composed['LOCAL_AWS_PORT']}"
        assert composed["AWS_ENDPOINT_URL"] == composed["AWS_ENDPOINT_URL_S3"] == direct

    def test_puts_a_proxy_before_the_queues_alone(self) -> None:
        composed = environment.compose("chaos", var_dir=Path("/srv/var"), proxied=True, changes={"LEASE_SECONDS": "5"})
        direct = f"http://127.0.0.1:{composed['LOCAL_AWS_PORT']}"
        assert composed["AWS_ENDPOINT_URL"] != direct
        assert {composed[f"AWS_ENDPOINT_URL_{name}"] for name in ("S3", "DYNAMODB", "SNS")} == {direct}
        assert composed["LEASE_SECONDS"] == "5"

    def test_marks_who_is_inside(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert not environment.inside("chaos")
        for name, value in environment.compose("chaos", var_dir=Path("/srv"), proxied=False, changes={}).items():
            monkeypatch.setenv(name, value)
        assert environment.inside("chaos")
        assert not environment.inside("bench")


class TestFreePorts:
    def test_names_different_ones(self) -> None:
        ports = environment.free_ports(5)
        assert len(set(ports)) == 5
