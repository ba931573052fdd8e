import socket
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from genomics.localaws.server import LocalAws


class TestProvision:
    def test_says_so_when_there_is_nothing_to_change(self, aws: LocalAws) -> None:
        call_command("provision", verbosity=0)
        output = StringIO()
        call_command("provision", stdout=output)
        assert output.getvalue() == "Nothing to change.\n"

    def test_lists_what_it_made(self, aws: LocalAws, settings: Settings) -> None:
        settings.STACK_PARAMETERS = {"Prefix": "listed"}
        output = StringIO()
        call_command("provision", stdout=output)
        lines = output.getvalue().splitlines()
        assert lines[0].split()[:2] == ["created", "AWS::S3::Bucket"]
        assert any("listed-dev-annotation" in line for line in lines)
        assert "resources changed" in lines[-1]

    def test_refuses_to_touch_aws_itself(self) -> None:
        with pytest.raises(CommandError, match="aws cloudformation deploy"):
            call_command("provision", endpoint="")


class TestLocalaws:
    def test_says_what_to_do_about_a_busy_port(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(CommandError, match="choose another port"):
                call_command("localaws", port=port, data=tmp_path)
