"""The command line that looks after references."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.cli import main
from annotator.commands.bars import Bars
from annotator.reference import STARTER_FOLDER, Reference
from tests.annotator.building.sources import ENSEMBL, fasta, put

Output = pytest.CaptureFixture[str]


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    return [
        *("reference", "build", "--name", "Mine", "--build", "hg38"),
        *("--fasta", str(put(tmp_path / "a.fa", fasta("c1")))),
        *("--gff3", str(put(tmp_path / "a.gff3", ENSEMBL))),
        *("--output", str(tmp_path / "references" / "mine")),
    ]


@pytest.fixture
def mine(arguments: list[str], tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> Path:
    assert main(arguments) == 0
    capsys.readouterr()
    monkeypatch.setenv("REFERENCES_DIR", str(tmp_path / "references"))
    return tmp_path / "references" / "mine"


@pytest.fixture
def _sigterm_untouched() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    assert signal.getsignal(signal.SIGTERM) is before


class TestBuild:
    def test_builds_and_says_what(self, arguments: list[str], tmp_path: Path, capsys: Output) -> None:
        bed = put(tmp_path / "spots.bed", "c1\t10\t20\tx\n")
        about = ["--about", "models", "version=115", "licence=open", "--about", "spots", "name=Our spots"]
        assert main([*arguments, "--bed", str(bed), *about]) == 0
        manifest = Reference(tmp_path / "references" / "mine").manifest
        assert (manifest.label, manifest.build) == ("Mine 1", "GRCh38")
        printed = capsys.readouterr()
        assert "Mine 1, build GRCh38" in printed.out
        assert "Gene models, version 115\n    licence open" in printed.out
        assert "Our spots, version sha256:" in printed.out
        assert printed.err.splitlines()[:2] == ["Checking a.fa", "Copying the sequence"]

    def test_is_at_fault_only_for_its_input(self, arguments: list[str], tmp_path: Path, capsys: Output) -> None:
        put(tmp_path / "a.gff3", ENSEMBL.replace("\t151\t", "\tx\t"))
        assert main(arguments) == 2
        assert "a.gff3, line 3: start x and end 200" in capsys.readouterr().err
        assert not (tmp_path / "references").exists()

    def test_refuses_an_output_that_exists(self, arguments: list[str], mine: Path, capsys: Output) -> None:
        assert main(arguments) == 2
        assert f"{mine} exists already" in capsys.readouterr().err
        assert Reference(mine).verify() == []

    @pytest.mark.parametrize(
        ("about", "message"),
        [
            (["models", "colour=red"], "colour is not known of a source, only name, version, date, licence, url are"),
            (["modles", "version=1"], "There is no source modles; there are models, sequence"),
        ],
    )
    def test_refuses_what_it_cannot_be_told(
        self, arguments: list[str], about: list[str], message: str, capsys: Output
    ) -> None:
        assert main([*arguments, "--about", *about]) == 2
        assert message in capsys.readouterr().err

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    @pytest.mark.usefixtures("_sigterm_untouched")
    def test_tidies_up_when_told_to_stop(
        self, arguments: list[str], tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        def stop(_bars: Bars, label: str, _part: float) -> None:
            if label == "Writing transcripts":
                os.kill(os.getpid(), number)

        monkeypatch.setattr(Bars, "__call__", stop)
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background ignores it
        try:
            assert main(arguments) == 130
        finally:
            signal.signal(signal.SIGINT, before)
        assert "nothing was left behind" in capsys.readouterr().err
        assert not (tmp_path / "references").exists()

    def test_leaves_out_with_a_note(self, arguments: list[str], tmp_path: Path, capsys: Output) -> None:
        put(tmp_path / "a.gff3", ENSEMBL + ENSEMBL.replace("c1\t", "c7\t"))
        assert main(arguments) == 0
        assert "note: 9 rows of gene models were left out" in capsys.readouterr().err


class TestShow:
    def test_shows_sources_and_licences(self, capsys: Output) -> None:
        assert main(["reference", "show"]) == 0
        shown = capsys.readouterr().out
        assert "ClinVar (npm ideogram 1.53.0), version 2024-12-15\n    date    2024-12-15\n    licence CC0-1.0" in shown
        assert "from    https://www.npmjs.com/package/ideogram/v/1.53.0" in shown
        assert "CLINVAR_ID, CLINVAR_SIG" in shown

    @pytest.mark.usefixtures("mine")
    def test_finds_a_reference_by_its_name(self, capsys: Output) -> None:
        assert main(["reference", "show", "mine"]) == 0
        assert "with transcript models: c1" in capsys.readouterr().out

    def test_refuses_other_folders(self, tmp_path: Path, capsys: Output) -> None:
        assert main(["reference", "show", str(tmp_path)]) == 1
        assert "is not a reference" in capsys.readouterr().err


class TestVerify:
    def test_verifies(self, capsys: Output) -> None:
        assert main(["reference", "verify"]) == 0
        assert "as they were built" in capsys.readouterr().out

    def test_finds_damage(self, mine: Path, capsys: Output) -> None:
        (mine / "sequence.fa.fai").unlink()
        with (mine / "sequence.fa").open("ab") as stream:
            stream.write(b"A")
        assert main(["reference", "verify", str(mine)]) == 1
        assert capsys.readouterr().out.splitlines() == [
            "damaged or missing: sequence.fa",
            "damaged or missing: sequence.fa.fai",
        ]


class TestList:
    def test_lists_the_starter_first(self, mine: Path, capsys: Output) -> None:
        assert main(["reference", "list"]) == 0
        assert capsys.readouterr().out.splitlines() == [
            f"GRCh38 starter 2  GRCh38  {STARTER_FOLDER}",
            f"Mine 1  GRCh38  {mine}",
        ]

    def test_goes_on_after_one_that_cannot_be_used(self, mine: Path, capsys: Output) -> None:
        shutil.copytree(mine, mine.with_name("a"))
        (mine.with_name("a") / "manifest.json").write_text("{}")
        assert main(["reference", "list", str(mine.parent)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[1].startswith(f"cannot be used  {mine.with_name('a')}: ")
        assert lines[2] == f"Mine 1  GRCh38  {mine}"

    def test_lists_the_starter_where_there_is_no_folder(self, tmp_path: Path, capsys: Output) -> None:
        assert main(["reference", "list", str(tmp_path / "none")]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 1


class TestRemove:
    def test_removes_at_once_when_told_to(self, mine: Path, capsys: Output) -> None:
        assert main(["reference", "remove", "mine", "--yes"]) == 0
        assert not mine.exists()
        assert str(mine) in capsys.readouterr().out

    @pytest.mark.parametrize(("answer", "stays"), [("y", False), ("yes", False), ("", True), ("n", True)])
    def test_asks(self, mine: Path, monkeypatch: pytest.MonkeyPatch, answer: str, stays: bool) -> None:
        asked: list[str] = []

        def reply(question: str) -> str:
            asked.append(question)
            return answer

        monkeypatch.setattr("builtins.input", reply)
        assert main(["reference", "remove", str(mine)]) == 0
        assert asked == [f"Delete {mine}? [y/N] "]
        assert mine.exists() == stays

    def test_takes_no_answer_for_no(self, mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def silence(_question: str) -> str:
            raise EOFError

        monkeypatch.setattr("builtins.input", silence)
        assert main(["reference", "remove", str(mine)]) == 0
        assert mine.exists()

    def test_never_removes_the_starter(self, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
        starter = tmp_path / "starter"
        shutil.copytree(STARTER_FOLDER, starter)
        monkeypatch.setattr("annotator.commands.reference.STARTER_FOLDER", starter)
        (tmp_path / "link").symlink_to(starter)
        for folder in (starter, tmp_path / "link"):
            assert main(["reference", "remove", str(folder), "--yes"]) == 1
        assert "The starter belongs to the product" in capsys.readouterr().err
        assert (starter / "manifest.json").is_file()

    def test_removes_nothing_but_references(self, tmp_path: Path, capsys: Output) -> None:
        (tmp_path / "photos").mkdir()
        assert main(["reference", "remove", str(tmp_path / "photos"), "--yes"]) == 1
        assert "is not a reference" in capsys.readouterr().err
        assert (tmp_path / "photos").is_dir()


class TestHelp:
    @pytest.mark.parametrize("action", ["build", "list", "show", "verify", "remove"])
    def test_explains_every_action(self, action: str, capsys: Output) -> None:
        with pytest.raises(SystemExit) as caught:
            main(["reference", action, "--help"])
        assert caught.value.code == 0
        assert "usage:" in capsys.readouterr().out
