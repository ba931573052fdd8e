"""The command line, as other programs and people use it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.cli import main
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
    @pytest.mark.parametrize("command", [[], ["annotate"], ["inspect"], ["reference"]])
    def test_explains_every_command(self, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as caught:
            main([*command, "--help"])
        assert caught.value.code == 0
        assert "usage:" in capsys.readouterr().out


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
