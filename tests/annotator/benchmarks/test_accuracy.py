from pathlib import Path

import pytest

from annotator.benchmarks.accuracy import EXIT_FINE, EXIT_NO_DATA, main


class TestMain:
    def test_says_what_is_missing(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--data", str(tmp_path), "--work", str(tmp_path / "work")]) == EXIT_NO_DATA
        assert "name the folder with --data" in capsys.readouterr().err

    @pytest.mark.shared_data
    def test_reaches_the_goals(self, shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--data", str(shared_data), "--work", str(tmp_path)]) == EXIT_FINE
        told = capsys.readouterr().out
        assert "differences that are not known: 0" in told
        assert "Records missing: 0; entries missing: 0; entries of ours only: 0" in told
