"""The command line, as other programs and people use it."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from annotator.cli import _parser, main
from annotator.commands.annotate import _LIMIT_TEXTS
from annotator.limits import Limits
from annotator.progress import Done, Failed, parse
from annotator.samples import SAMPLE_VCF
from tests.annotator.vcf import HEADER, record


class TestAnnotate:
    def test_speaks_the_progress_protocol_in_a_process_of_its_own(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "annotator", "annotate", str(SAMPLE_VCF)]
        options = ["--output", str(tmp_path), "--progress", "json", "--name", "mine"]
        finished = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        assert (finished.returncode, finished.stderr) == (0, "")
        done = parse(finished.stdout.splitlines()[-1])
        assert isinstance(done, Done)
        assert done.records_read == 228
        assert set(done.files) == {"vcf", "index", "table", "summary", "preview", "ledger", "manifest", "log"}
        assert Path(done.files["vcf"]).name == "mine.annot.vcf.gz"
        assert all(Path(path).is_file() for path in done.files.values())

    def test_ends_with_2_when_the_input_is_at_fault(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "bad.vcf"
        path.write_text(HEADER + record("chr99", 5, "A", "G"))
        assert main(["annotate", str(path), "--output", str(tmp_path / "out"), "--progress", "json"]) == 2
        captured = capsys.readouterr()
        failed = parse(captured.out.splitlines()[-1])
        assert isinstance(failed, Failed)
        assert (failed.code, failed.line, failed.column) == ("UNKNOWN_CONTIG", 4, "CHROM")
        assert "chr99" in captured.err

    def test_ends_with_1_when_we_are(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        arguments = ["annotate", str(SAMPLE_VCF), "--reference", str(tmp_path), "--output", str(tmp_path)]
        assert main([*arguments, "--progress", "json"]) == 1
        failed = parse(capsys.readouterr().out.splitlines()[-1])
        assert isinstance(failed, Failed)
        assert failed.code == "ENGINE_ERROR"

    def test_takes_limits(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        arguments = ["annotate", str(SAMPLE_VCF), "--output", str(tmp_path), "--max-records", "10"]
        assert main(arguments) == 2
        assert "more than 10 records" in capsys.readouterr().err

    def test_takes_choices_that_its_manifest_tells(self, tmp_path: Path) -> None:
        arguments = ["annotate", str(SAMPLE_VCF), "--output", str(tmp_path), "--progress", "none"]
        choices = [
            "--hgvs",
            "all",
            "--parentheses",
            "--haplotypes",
            "--on-bad-record",
            "ledger",
            "--max-bad-lines",
            "3",
        ]
        assert main([*arguments, *choices, "--processes", "2"]) == 0
        options = json.loads((tmp_path / "manifest.json").read_text())["options"]
        assert options["options"] == {
            "hgvs": "all",
            "parentheses": True,
            "keeps_bad_lines": True,
            "haplotypes": True,
        }
        assert options["limits"]["max_bad_lines"] == 3
        assert options["stem"] == "sample"
        log = (tmp_path / "log.txt").read_text()
        for said in ("HGVS names: all transcripts", "in parentheses", "up to 3 go to the ledger"):
            assert said in log

    @pytest.mark.parametrize(
        "choice",
        [
            ("--hgvs", "some"),
            ("--processes", "many"),
            ("--processes", "-1"),
            ("--name", "../a"),
            ("--on-bad-record", "skip"),
            ("--max-records", "x"),
        ],
    )
    def test_refuses_a_choice_that_there_is_not(self, tmp_path: Path, choice: tuple[str, str]) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["annotate", str(SAMPLE_VCF), "--output", str(tmp_path / "out"), *choice])
        assert ended.value.code == 2
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("many", ["0", "all"])
    def test_uses_as_many_processes_as_there_are_processors(self, tmp_path: Path, many: str) -> None:
        options = _parser(["annotate"]).parse_args(
            ["annotate", str(SAMPLE_VCF), "--output", str(tmp_path), "--processes", many]
        )
        assert options.processes == len(os.sched_getaffinity(0))

    def test_prints_for_people(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["annotate", str(SAMPLE_VCF), "--output", str(tmp_path)]) == 0
        assert "Read 228: annotated 228" in capsys.readouterr().out


class TestInspect:
    def test_prints_the_head(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["inspect", str(SAMPLE_VCF)]) == 0
        head = json.loads(capsys.readouterr().out)
        assert (head["build"], head["sample_count"], head["compression"]) == ("GRCh38", 1, "plain")

    def test_refuses_what_is_not_a_vcf(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "x.vcf"
        path.write_bytes(b"%PDF-1.4")
        assert main(["inspect", str(path)]) == 2
        assert "PDF" in capsys.readouterr().err

    def test_ends_with_2_when_there_is_no_such_file(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["inspect", "nothing.vcf"])
        assert ended.value.code == 2
        assert "there is no file nothing.vcf" in capsys.readouterr().err


class TestHelp:
    @pytest.mark.parametrize(
        "command", [[], ["annotate"], ["inspect"], ["verify"], ["replay"], ["reference"], ["reference", "build"]]
    )
    def test_explains_every_command(self, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as caught:
            main([*command, "--help"])
        assert caught.value.code == 0
        assert "usage:" in capsys.readouterr().out

    def test_has_words_for_every_limit(self) -> None:
        assert _LIMIT_TEXTS.keys() == {limit.name for limit in fields(Limits)}


class TestEnding:
    def test_on_request_leaves_nothing_staged(self, tmp_path: Path) -> None:
        fifo = tmp_path / "endless.vcf"
        os.mkfifo(fifo)
        output = tmp_path / "out"
        arguments = ["annotate", str(fifo), "--output", str(output), "--progress", "json"]
        command = [sys.executable, "-m", "annotator", *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert '"read"' in process.stdout.readline()
            process.terminate()
        assert process.returncode == 128 + signal.SIGTERM
        assert [path.name for path in output.iterdir()] == ["log.txt"]
