"""`verify` and `replay` on the command line."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from annotator.commands import provenance
from annotator.commands.provenance import add
from annotator.manifest import MANIFEST_NAME
from annotator.reference import STARTER_FOLDER
from annotator.replay import Replay, replay
from annotator.samples import SAMPLE_VCF
from tests.annotator.vcf import Runner


def command(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    options = parser.parse_args([str(argument) for argument in arguments])
    exit_code: int = options.run(options)
    return exit_code


@pytest.fixture
def made(run: Runner) -> Path:
    run.annotate(SAMPLE_VCF)
    return run.output / MANIFEST_NAME


class TestVerify:
    def test_tells_that_all_is_well(self, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert command("verify", made, "--input", SAMPLE_VCF, "--reference", STARTER_FOLDER) == 0
        text = capsys.readouterr().out
        assert "ok      summary.json" in text
        assert f"ok      input {SAMPLE_VCF.name}" in text
        assert text.endswith("Everything is as the manifest says.\n")

    def test_names_what_differs(self, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (made.parent / "summary.json").unlink()
        assert command("verify", made) == 1
        text = capsys.readouterr().out
        assert "DIFFERS summary.json is missing" in text
        assert "1 of " in text.splitlines()[-1]

    def test_says_under_which_name_a_file_is_here(self, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for path in made.parent.iterdir():
            path.rename(path.with_name(f"sample.{path.name.removeprefix('result.')}"))
        assert command("verify", made.with_name("sample.manifest.json")) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "  ok      ledger.json is here as sample.ledger.json" in lines
        assert "  ok      result.annot.vcf.gz is here as sample.annot.vcf.gz" in lines
        assert lines[-1] == "Everything is as the manifest says."


class TestReplay:
    def test_tells_that_the_bytes_are_the_same(
        self, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        where = ("--input", SAMPLE_VCF, "--reference", STARTER_FOLDER, "--output", tmp_path / "again")
        assert command("replay", made, *where) == 0
        assert capsys.readouterr().out.endswith("The new files are the old ones, byte for byte.\n")

    def test_may_share_the_work(self, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[int] = []

        def watched(*arguments: Any, processes: int, **named: Any) -> Replay:
            asked.append(processes)
            return replay(*arguments, processes=processes, **named)

        monkeypatch.setattr(provenance, "replay", watched)
        where = ("--input", SAMPLE_VCF, "--reference", STARTER_FOLDER, "--output", tmp_path / "again")
        assert command("replay", made, *where, "--processes", "2") == 0
        assert asked == [2]

    def test_names_what_differs(self, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        value = json.loads(made.read_text())
        value["engine"]["version"] = "0.0.1"
        made.write_text(json.dumps(value))
        where = ("--input", SAMPLE_VCF, "--reference", STARTER_FOLDER, "--output", tmp_path / "again")
        assert command("replay", made, *where) == 1
        text = capsys.readouterr().out
        assert "note: The result was made by annotator 0.0.1" in text
        assert "DIFFERS manifest.json differs" in text
