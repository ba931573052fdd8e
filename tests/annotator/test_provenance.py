"""A result's manifest: what it says, and what it proves."""

import json
import shutil
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from annotator.errors import InvalidManifestError, InvalidReferenceError
from annotator.limits import DEFAULT_LIMITS, Limits
from annotator.manifest import MANIFEST_NAME
from annotator.provenance import (
    Finding,
    Output,
    ResultManifest,
    options_of,
    proof_of,
    read_result_manifest,
    result_manifest,
    to_json,
    verify,
)
from annotator.reference import STARTER_FOLDER
from annotator.version import ANNOTATOR_VERSION

FILES = {"vcf": "a.annot.vcf.gz", "summary": "summary.json"}


class Names(StrEnum):
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    names: Names = Names.ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the engine's request looks like."""

    input: Path
    reference: Path
    output: Path
    stem: str
    processes: int = 2
    limits: Limits = DEFAULT_LIMITS
    choices: Choices = field(default_factory=Choices)


@pytest.fixture
def input_file(tmp_path: Path) -> Path:
    path = tmp_path / "input.vcf"
    path.write_bytes(b"##fileformat=VCFv4.2\n")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """This function will give a folder with the files of a result, but for the manifest."""
    folder = tmp_path / "result"
    folder.mkdir()
    for kind, name in FILES.items():
        (folder / name).write_text(kind)
    (folder / "log.txt").write_text("0.3 seconds")
    return folder


@pytest.fixture
def manifest(folder: Path, input_file: Path) -> ResultManifest:
    request = Request(input=input_file, reference=STARTER_FOLDER, output=folder, stem="a")
    return result_manifest(
        input_proof=proof_of(input_file),
        options=options_of(request),
        reference=STARTER_FOLDER,
        outputs=[Output(kind=kind, name=name, proof=proof_of(folder / name)) for kind, name in FILES.items()],
    )


@pytest.fixture
def path(folder: Path, manifest: ResultManifest) -> Path:
    path = folder / MANIFEST_NAME
    path.write_text(to_json(manifest))
    return path


def changed(path: Path, change: dict[str, Any]) -> Path:
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    return path


def troubles(findings: list[Finding]) -> dict[str, str]:
    return {finding.what: finding.trouble for finding in findings if finding.trouble}


class TestManifest:
    def test_comes_back_as_it_was(self, path: Path, manifest: ResultManifest) -> None:
        found = read_result_manifest(path)
        assert to_json(found) == to_json(manifest)
        assert (found.input, found.reference, found.outputs) == (manifest.input, manifest.reference, manifest.outputs)

    def test_is_canonical(self, manifest: ResultManifest) -> None:
        text = to_json(replace(manifest, options={"stem": "ü\udcff", "b": 0.1, "a": None}))
        value = json.loads(text)
        assert text == json.dumps(value, indent=1, sort_keys=True) + "\n"
        assert text.isascii()
        assert list(value) == sorted(value)
        assert [output["name"] for output in value["outputs"]] == sorted(FILES.values())

    def test_names_engine_and_every_source(self, path: Path) -> None:
        value = json.loads(path.read_text())
        assert value["engine"]["version"] == ANNOTATOR_VERSION
        assert set(value["libraries"]) == {"isal", "pyarrow"}
        sources = json.loads((STARTER_FOLDER / MANIFEST_NAME).read_text())["sources"]
        assert len(value["sources"]) == len(sources) > 0
        for source in value["sources"]:
            assert {"name", "version", "date", "licence", "url", "sha256"} <= source.keys()

    def test_has_no_folder_clock_or_host(self, path: Path, tmp_path: Path) -> None:
        text = path.read_text()
        assert str(tmp_path) not in text
        assert "log.txt" not in text
        assert "processes" not in text

    def test_holds_every_option(self, path: Path) -> None:
        options = json.loads(path.read_text())["options"]
        assert options["stem"] == "a"
        assert options["choices"] == {"names": "all"}
        assert options["limits"]["max_records"] == DEFAULT_LIMITS.max_records
        assert options.keys() == {"stem", "limits", "choices"}


class TestVerify:
    def test_finds_nothing_wrong_with_what_was_made(self, path: Path, input_file: Path) -> None:
        findings = verify(path, input_file=input_file, reference=STARTER_FOLDER)
        assert troubles(findings) == {}
        assert len(findings) == len(FILES) + 2

    def test_notices_one_byte(self, path: Path) -> None:
        (path.parent / "summary.json").write_text("Summary")
        assert troubles(verify(path)) == {"summary.json": "has the right size, but other content"}

    def test_notices_another_size(self, path: Path) -> None:
        (path.parent / "summary.json").write_text("more")
        assert troubles(verify(path)) == {"summary.json": "has 4 bytes instead of 7"}

    def test_notices_a_missing_file(self, path: Path) -> None:
        (path.parent / "summary.json").unlink()
        assert troubles(verify(path)) == {"summary.json": "is missing"}

    def test_finds_a_file_under_another_name(self, path: Path) -> None:
        (path.parent / "b").mkdir()
        (path.parent / "b.json").write_text("Summary")  # of the same size
        (path.parent / "summary.json").rename(path.parent / "sample.summary.json")
        findings = verify(path)
        assert troubles(findings) == {}
        assert {one.what: one.found_as for one in findings} == {
            "a.annot.vcf.gz": "",
            "summary.json": "sample.summary.json",
        }

    def test_believes_no_other_name_where_the_file_is_there(self, path: Path) -> None:
        shutil.copy(path.parent / "summary.json", path.parent / "sample.summary.json")
        (path.parent / "summary.json").write_text("Summary")
        assert troubles(verify(path)) == {"summary.json": "has the right size, but other content"}

    def test_finds_no_changed_file_under_another_name(self, path: Path) -> None:
        (path.parent / "summary.json").unlink()
        (path.parent / "sample.summary.json").write_text("Summary")
        assert troubles(verify(path)) == {"summary.json": "is missing"}

    def test_notices_another_input(self, path: Path, input_file: Path) -> None:
        input_file.write_bytes(b"##fileformat=VCFv4.3\n")
        assert troubles(verify(path, input_file=input_file)) == {
            "input input.vcf": "has the right size, but other content"
        }

    def test_notices_a_damaged_reference(self, path: Path, tmp_path: Path) -> None:
        copy = shutil.copytree(STARTER_FOLDER, tmp_path / "reference")
        (next(copy.glob("regions/*"))).write_bytes(b"")
        (trouble,) = troubles(verify(path, reference=copy)).values()
        assert trouble.startswith("is damaged: 1 file, regions/")

    def test_notices_a_reference_of_the_same_name(self, path: Path, tmp_path: Path) -> None:
        copy = shutil.copytree(STARTER_FOLDER, tmp_path / "reference")
        with (copy / MANIFEST_NAME).open("a") as stream:
            stream.write(" ")
        (trouble,) = troubles(verify(path, reference=copy)).values()
        assert trouble == "has the same name and version, but was built differently"

    def test_names_the_reference_that_was_used(self, path: Path) -> None:
        used = {"name": "other", "version": "1", "build": "GRCh37", "manifest_sha256": "0"}
        changed(path, {"reference": used})
        (trouble,) = troubles(verify(path, reference=STARTER_FOLDER)).values()
        assert trouble == "is another one: the result was made with other 1 (GRCh37)"

    def test_needs_a_reference_to_compare(self, path: Path, tmp_path: Path) -> None:
        with pytest.raises(InvalidReferenceError):
            verify(path, reference=tmp_path)


class TestDamage:
    @pytest.mark.parametrize(
        "text", ["", "{}", "[]", "null", '{"layout": 1}', '{"layout": 99, "outputs": []}', "\xff", "[" * 10_000]
    )
    def test_is_told(self, path: Path, text: str) -> None:
        path.write_text(text, encoding="latin-1")
        with pytest.raises(InvalidManifestError):
            read_result_manifest(path)

    def test_includes_the_manifest_of_a_reference(self) -> None:
        with pytest.raises(InvalidManifestError, match="no manifest of a result"):
            read_result_manifest(STARTER_FOLDER / MANIFEST_NAME)

    @pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "", "..", "a/b", "a\0b", None, 7])
    def test_includes_names_outside_the_folder(self, path: Path, name: object) -> None:
        changed(path, {"outputs": [{"kind": "vcf", "name": name, "size_bytes": 1, "sha256": "0"}]})
        with pytest.raises(InvalidManifestError):
            read_result_manifest(path)
