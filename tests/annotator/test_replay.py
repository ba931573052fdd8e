"""Results made again."""

import gzip
import json
from pathlib import Path

import pytest

from annotator.bgzf import BgzfFile, compress_chunk
from annotator.engine import Request
from annotator.errors import AnnotatorError, InvalidManifestError
from annotator.manifest import MANIFEST_NAME, sha256_of
from annotator.progress import Event
from annotator.provenance import options_of
from annotator.reference import STARTER_FOLDER
from annotator.replay import Replay, replay, request_from
from annotator.samples import SAMPLE_VCF
from tests.annotator.vcf import Runner


@pytest.fixture
def made(run: Runner) -> Path:
    """This function will give the manifest of a result of the sample."""
    run.annotate(SAMPLE_VCF)
    return run.output / MANIFEST_NAME


def replayed(manifest: Path, *, folder: Path, input_file: Path = SAMPLE_VCF) -> Replay:
    events: list[Event] = []
    return replay(
        manifest, input_file=input_file, reference=STARTER_FOLDER, output=folder / "again", listener=events.append
    )


def troubles(done: Replay) -> dict[str, str]:
    return {finding.what: finding.trouble for finding in done.findings if finding.trouble}


class TestReplay:
    def test_gives_the_very_bytes(self, made: Path, tmp_path: Path) -> None:
        done = replayed(made, folder=tmp_path)
        assert troubles(done) == {}
        assert done.is_equal
        assert done.remarks == []
        names = {output["name"] for output in json.loads(made.read_text())["outputs"]}
        assert {finding.what for finding in done.findings} == {*names, MANIFEST_NAME}
        for name in names:
            assert (made.parent / name).read_bytes() == (tmp_path / "again" / name).read_bytes()

    def test_notices_what_has_changed(self, made: Path, tmp_path: Path) -> None:
        value = json.loads(made.read_text())
        summary = next(output for output in value["outputs"] if output["kind"] == "summary")
        summary["size_bytes"] += 1
        made.write_text(json.dumps(value))
        done = replayed(made, folder=tmp_path)
        assert set(troubles(done)) == {summary["name"], MANIFEST_NAME}
        assert not done.is_equal

    def test_tells_compression_from_content(self, made: Path, tmp_path: Path) -> None:
        value = json.loads(made.read_text())
        vcf = next(output for output in value["outputs"] if output["kind"] == "vcf")
        path = made.parent / vcf["name"]
        text = gzip.decompress(path.read_bytes())
        with BgzfFile(path, max_bytes=10**9) as file:
            for start in range(0, len(text), 1_000):
                file.append(compress_chunk(text[start : start + 1_000]))
        vcf |= {"size_bytes": path.stat().st_size, "sha256": sha256_of(path)}
        made.write_text(json.dumps(value))
        done = replayed(made, folder=tmp_path)
        assert troubles(done)[vcf["name"]] == "has the same text, but compressed differently"

    def test_names_other_versions(self, made: Path, tmp_path: Path) -> None:
        value = json.loads(made.read_text())
        value["engine"]["version"] = "0.0.1"
        made.write_text(json.dumps(value))
        (remark,) = replayed(made, folder=tmp_path).remarks
        assert remark.startswith("The result was made by annotator 0.0.1; this is ")

    def test_runs_nothing_for_another_input(self, made: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.vcf"
        other.write_bytes(SAMPLE_VCF.read_bytes()[:-1])
        with pytest.raises(AnnotatorError, match=r"Nothing was run: the input other\.vcf has"):
            replayed(made, folder=tmp_path, input_file=other)
        assert not (tmp_path / "again").exists()

    def test_writes_nothing_over_the_result(self, made: Path) -> None:
        with pytest.raises(AnnotatorError, match="another folder"):
            replay(
                made, input_file=SAMPLE_VCF, reference=STARTER_FOLDER, output=made.parent, listener=lambda event: None
            )


class TestRequestFrom:
    def test_gives_the_request_back(self, tmp_path: Path) -> None:
        request = Request(input=SAMPLE_VCF, reference=STARTER_FOLDER, output=tmp_path, stem="ü")
        options = json.loads(json.dumps(options_of(request)))
        assert request_from(options, input_file=SAMPLE_VCF, reference=STARTER_FOLDER, output=tmp_path) == request

    @pytest.mark.parametrize(
        "options",
        [
            {"stem": "a", "speed": 1},
            {"stem": "a", "limits": {"nonsense": 1}},
            {"stem": "a", "limits": 7},
            {"stem": "../a"},
            {},
        ],
    )
    def test_refuses_options_that_it_does_not_know(self, options: dict[str, object], tmp_path: Path) -> None:
        with pytest.raises(InvalidManifestError, match="option"):
            request_from(options, input_file=SAMPLE_VCF, reference=STARTER_FOLDER, output=tmp_path)
