"""Copies the front-end files that the product commits out of their npm packages. For maintainers.

Change a version in package.json, run `npm install --package-lock-only` here, then this script, then the tests.
Users and servers never need npm: the files are in the repository, next to a SHA256SUMS that a test checks.
"""

import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SUMS = "SHA256SUMS"
# Maps are not committed, and a reference to a missing file breaks hashed static file names.
SOURCE_MAP = re.compile(rb"\s*(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendored:
    """The files taken from one package; they land in `<target>/<name>-<version>/`."""

    package: str
    name: str
    target: Path
    files: tuple[str, ...]
    # A licence kept beside this script; None: the package brings its own file.
    licence: str | None = None


STATIC = ROOT / "genomics" / "static" / "vendor"
TESTS = ROOT / "tests" / "browser" / "vendor"
PACKAGES = (
    Vendored(
        package="@tabler/core",
        name="tabler",
        target=STATIC,
        files=("dist/css/tabler.min.css", "dist/js/tabler.min.js"),
        licence="tabler",
    ),
    Vendored(
        package="@fontsource-variable/inter",
        name="inter",
        target=STATIC,
        files=("files/inter-latin-wght-normal.woff2", "LICENSE"),
    ),
    Vendored(package="axe-core", name="axe-core", target=TESTS, files=("axe.min.js", "LICENSE")),
)


def main() -> None:
    npm = shutil.which("npm") or "npm"
    subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, check=True)
    for target in (STATIC, TESTS):
        shutil.rmtree(target, ignore_errors=True)
    for package in PACKAGES:
        _copy(package)
    for target in (STATIC, TESTS):
        _write_sums(target)
    shutil.rmtree(HERE / "node_modules")


def _copy(package: Vendored) -> None:
    source = HERE / "node_modules" / package.package
    version = json.loads((source / "package.json").read_text())["version"]
    folder = package.target / f"{package.name}-{version}"
    folder.mkdir(parents=True)
    for file in package.files:
        content = (source / file).read_bytes()
        (folder / Path(file).name).write_bytes(SOURCE_MAP.sub(b"\n", content))
    if package.licence:
        shutil.copyfile(HERE / "licences" / package.licence, folder / "LICENSE")


def _write_sums(target: Path) -> None:
    files = sorted(path for path in target.rglob("*") if path.is_file())
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(target)}\n" for file in files]
    (target / SUMS).write_text("".join(lines))


if __name__ == "__main__":
    main()
