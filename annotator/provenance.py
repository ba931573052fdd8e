"""`manifest.json` of a result: what it was made of and by, and the checksum of every file.

Canonical JSON: sorted keys, ASCII with escapes, one space of indent, a line end at the end; no clock, no name of a
machine or a folder. The same input, options, reference and engine give the same bytes.

    layout     of this file
    engine     name and version; `libraries` are those whose version shows in the bytes of a result
    input      sha256 and size
    options    every field of the request that says what to do, the names of files and folders left out
    reference  name, version, build, sha256 of its own manifest, which holds the checksum of each of its files
    sources    of the reference: name, version, date, licence, url, file, sha256, size
    outputs    kind, name, sha256 and size of each file beside the manifest; the log is left out, as it holds times
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import isal
import pyarrow as pa

from annotator.errors import InvalidManifestError
from annotator.manifest import MANIFEST_NAME, Manifest, damaged_files, read_manifest, sha256_of
from annotator.quoting import excerpt
from annotator.version import ANNOTATOR_VERSION
from annotator.wording import counted

RESULT_LAYOUT = 1

_ENGINE = "Genomics Cloud annotator"
# Where things lie and how many processes work does not show in a result.
_NOT_OPTIONS = frozenset({"input", "reference", "output", "processes"})
_MISSING = "is missing"
_SOURCE_KEYS = ("id", "name", "version", "date", "licence", "url", "file", "size_bytes", "sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Size and checksum of a file."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One file of a result: `kind` as in `progress.Done.files`, its plain name, its proof."""

    kind: str
    name: str
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceProof:
    """The reference that was used."""

    name: str
    version: str
    build: str
    manifest_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultManifest:
    """Everything a result's manifest says."""

    engine: str
    libraries: dict[str, str]
    input: Proof
    options: dict[str, Any]
    reference: ReferenceProof
    sources: tuple[dict[str, Any], ...]
    outputs: tuple[Output, ...]


def proof_of(path: Path) -> Proof:
    """This function will measure a file."""
    return Proof(size_bytes=path.stat().st_size, sha256=sha256_of(path))


def options_of(request: Any) -> dict[str, Any]:
    """This function will give the options of a request, which is a dataclass of plain values and such dataclasses."""
    return {
        field.name: asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        for field in fields(request)
        if field.name not in _NOT_OPTIONS
        for value in (getattr(request, field.name),)
    }


def libraries_here() -> dict[str, str]:
    """This function will give the versions of the libraries that show in the bytes of a result."""
    return {"isal": isal.__version__, "pyarrow": pa.__version__}


def result_manifest(
    *,
    input_proof: Proof,
    options: Mapping[str, Any],
    reference: Path,
    outputs: Iterable[Output],
) -> ResultManifest:
    """This function will put together the manifest of a result made with the reference in that folder."""
    manifest = read_manifest(reference)
    return ResultManifest(
        engine=ANNOTATOR_VERSION,
        libraries=libraries_here(),
        input=input_proof,
        options=dict(options),
        reference=_reference_proof(reference, manifest=manifest),
        sources=tuple({key: getattr(source, key) for key in _SOURCE_KEYS} for source in manifest.sources),
        outputs=tuple(sorted(outputs, key=lambda output: output.name)),
    )


def to_json(manifest: ResultManifest) -> str:
    """This function will give the text of the file."""
    value = {
        "layout": RESULT_LAYOUT,
        "engine": {"name": _ENGINE, "version": manifest.engine},
        "libraries": manifest.libraries,
        "input": asdict(manifest.input),
        "options": manifest.options,
        "reference": asdict(manifest.reference),
        "sources": list(manifest.sources),
        "outputs": [{"kind": output.kind, "name": output.name, **asdict(output.proof)} for output in manifest.outputs],
    }
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n"


def read_result_manifest(path: Path) -> ResultManifest:
    """This function will read a result's manifest. Raises InvalidManifestError when it is not one of ours."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value["layout"] != RESULT_LAYOUT or "outputs" not in value:
            raise InvalidManifestError(f"{path} is no manifest of a result that this version knows.")
        return _from_json(value)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidManifestError(f"{path} is no manifest of a result, or is damaged: {error!r}.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was compared with a manifest."""

    what: str
    trouble: str  # empty: it is as the manifest says
    found_as: str = ""  # under which other name the file was found; empty: under its own


def verify(path: Path, *, input_file: Path | None = None, reference: Path | None = None) -> list[Finding]:
    """This function will compare the files beside a manifest with it, and an input and a reference when given.

    A file that is not there under its name may be there under another one: whoever downloads a result renames it.
    Raises InvalidManifestError; a file that is missing or differs is a finding.
    """
    manifest = read_result_manifest(path)
    named = output_findings(path.parent, manifest=manifest)
    found = [
        _under_another_name(finding, output=output, folder=path.parent) if finding.trouble == _MISSING else finding
        for finding, output in zip(named, manifest.outputs, strict=True)
    ]
    if input_file is not None:
        found.append(input_finding(input_file, manifest=manifest))
    if reference is not None:
        found.append(reference_finding(reference, manifest=manifest))
    return found


def output_findings(folder: Path, *, manifest: ResultManifest) -> list[Finding]:
    """This function will compare the files of a folder with the outputs that a manifest names."""
    return [
        Finding(what=output.name, trouble=_trouble(folder / output.name, expected=output.proof))
        for output in manifest.outputs
    ]


def input_finding(path: Path, *, manifest: ResultManifest) -> Finding:
    """This function will compare a file with the input that a manifest names."""
    return Finding(what=f"input {path.name}", trouble=_trouble(path, expected=manifest.input))


def reference_finding(folder: Path, *, manifest: ResultManifest) -> Finding:
    """This function will compare a reference, every file of it, with the one that a manifest names."""
    here = read_manifest(folder)
    expected, found = manifest.reference, _reference_proof(folder, manifest=here)
    return Finding(what=f"reference {here.label}", trouble=_reference_trouble(folder, here, found, expected))


def is_plain_name(name: Any) -> bool:
    """This function will tell whether a name out of a manifest stays within the folder that it is put into."""
    return isinstance(name, str) and name not in ("", "..") and Path(name).name == name and "\0" not in name


def _under_another_name(finding: Finding, *, output: Output, folder: Path) -> Finding:
    """This function will look for an output among all files of a folder, by its size and its checksum."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and not _trouble(path, expected=output.proof):
            return Finding(what=finding.what, trouble="", found_as=path.name)
    return finding


def _reference_trouble(folder: Path, here: Manifest, found: ReferenceProof, expected: ReferenceProof) -> str:
    if found != expected:
        if (found.name, found.version, found.build) == (expected.name, expected.version, expected.build):
            return "has the same name and version, but was built differently"
        return f"is another one: the result was made with {expected.name} {expected.version} ({expected.build})"
    damaged = damaged_files(folder, manifest=here)
    return f"is damaged: {counted(len(damaged), 'file')}, {damaged[0]} first" if damaged else ""


def _reference_proof(folder: Path, *, manifest: Manifest) -> ReferenceProof:
    return ReferenceProof(
        name=manifest.name,
        version=manifest.version,
        build=manifest.build,
        manifest_sha256=sha256_of(folder / MANIFEST_NAME),
    )


def _trouble(path: Path, *, expected: Proof) -> str:
    if not path.is_file():
        return _MISSING
    size_bytes = path.stat().st_size
    if size_bytes != expected.size_bytes:
        return f"has {counted(size_bytes, 'byte')} instead of {expected.size_bytes:,}"
    return "" if sha256_of(path) == expected.sha256 else "has the right size, but other content"


def _from_json(value: dict[str, Any]) -> ResultManifest:
    return ResultManifest(
        engine=str(value["engine"]["version"]),
        libraries=dict(value["libraries"]),
        input=Proof(**value["input"]),
        options=dict(value["options"]),
        reference=ReferenceProof(**value["reference"]),
        sources=tuple(value["sources"]),
        outputs=tuple(_output(output) for output in value["outputs"]),
    )


def _output(value: dict[str, Any]) -> Output:
    name = value["name"]
    if not is_plain_name(name):
        raise InvalidManifestError(f"The manifest names a file outside its folder: {excerpt(str(name))}.")
    proof = Proof(size_bytes=int(value["size_bytes"]), sha256=str(value["sha256"]))
    return Output(kind=str(value["kind"]), name=name, proof=proof)
