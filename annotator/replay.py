"""Make a result again, with the options of its manifest, and compare it byte for byte."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

from annotator.engine import Request, annotate
from annotator.errors import AnnotatorError, InvalidManifestError
from annotator.manifest import MANIFEST_NAME
from annotator.progress import Listener
from annotator.provenance import (
    Finding,
    ResultManifest,
    input_finding,
    is_plain_name,
    libraries_here,
    output_findings,
    read_result_manifest,
    reference_finding,
)
from annotator.quoting import excerpt
from annotator.version import ANNOTATOR_VERSION

_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """How a second run compares with the first; `remarks` tell what was known to differ before it began."""

    findings: list[Finding]
    remarks: list[str]

    @property
    def is_equal(self) -> bool:
        return not any(finding.trouble for finding in self.findings)


def replay(
    path: Path, *, input_file: Path, reference: Path, output: Path, listener: Listener, processes: int = 1
) -> Replay:
    """This function will annotate the input again into a folder of its own and compare each file with the manifest.

    `processes` share the work; a manifest does not say how many did, because the bytes are the same.
    Raises AnnotatorError when the input or the reference is not the one that the manifest names: then nothing is run.
    """
    manifest = read_result_manifest(path)
    for finding in (input_finding(input_file, manifest=manifest), reference_finding(reference, manifest=manifest)):
        if finding.trouble:
            raise AnnotatorError(f"Nothing was run: the {finding.what} {finding.trouble}.")
    if output.resolve() == path.resolve().parent:
        raise AnnotatorError("Choose another folder: this one holds the result that is to be compared.")
    request = request_from(manifest.options, input_file=input_file, reference=reference, output=output)
    listener(annotate(replace(request, processes=processes), listener=listener))
    return Replay(findings=_compare(path, manifest=manifest, output=output), remarks=_remarks(manifest))


def request_from(options: Mapping[str, Any], *, input_file: Path, reference: Path, output: Path) -> Request:
    """This function will make the request that `provenance.options_of` took the options from.

    Raises InvalidManifestError for options that this version does not know.
    """
    types = get_type_hints(Request)
    unknown = sorted(options.keys() - {field.name for field in fields(Request)})
    if unknown:
        raise InvalidManifestError(f"This version does not know the option {excerpt(unknown[0])}.")
    if not is_plain_name(options.get("stem")):
        raise InvalidManifestError("The option stem of the manifest is no plain file name.")
    try:
        values = {name: _typed(value, types[name]) for name, value in options.items()}
        return Request(**values, input=input_file, reference=reference, output=output)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidManifestError(f"The options of the manifest cannot be used: {excerpt(str(error))}.") from error


def _typed(value: Any, kind: Any) -> Any:
    """JSON knows no dataclasses, enumerations and tuples."""
    if is_dataclass(kind) and isinstance(kind, type):
        types = get_type_hints(kind)
        return kind(**{name: _typed(part, types[name]) for name, part in dict(value).items()})
    if isinstance(value, list):
        return tuple(value)
    return kind(value) if isinstance(kind, type) and isinstance(value, str) else value


def _compare(path: Path, *, manifest: ResultManifest, output: Path) -> list[Finding]:
    findings = []
    for finding in output_findings(output, manifest=manifest):
        original, copy = path.parent / finding.what, output / finding.what
        if finding.trouble and original.suffix == ".gz" and _same_text(original, copy):
            findings.append(Finding(what=finding.what, trouble="has the same text, but compressed differently"))
        else:
            findings.append(finding)
    copy = output / MANIFEST_NAME
    is_equal = copy.is_file() and copy.read_bytes() == path.read_bytes()
    findings.append(Finding(what=MANIFEST_NAME, trouble="" if is_equal else "differs"))
    return findings


def _same_text(original: Path, copy: Path) -> bool:
    if not (original.is_file() and copy.is_file()):
        return False
    with gzip.open(original) as first, gzip.open(copy) as second:
        while True:
            piece, other = first.read(_PIECE_BYTES), second.read(_PIECE_BYTES)
            if piece != other:
                return False
            if not piece:
                return True


def _remarks(manifest: ResultManifest) -> list[str]:
    made_by = {"annotator": manifest.engine, **manifest.libraries}
    here = {"annotator": ANNOTATOR_VERSION, **libraries_here()}
    return [
        f"The result was made by {name} {before}; this is {here.get(name, 'missing')}."
        for name, before in made_by.items()
        if here.get(name) != before
    ]
