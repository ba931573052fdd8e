"""Packs the Lambda function: `python -m archive.lambda_package var/lambda/restore.zip`.

The same code and the same versions give the same bytes: entries are sorted, carry no times and are not compressed
(compressors differ). boto3 and what it needs come from the environment, which holds the pinned versions of
docker/requirements; of botocore's descriptions of services only those of the services that the function calls.
"""

import argparse
import re
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_OWN = (
    "archive/__init__.py",
    "archive/errors.py",
    "archive/lambda_restore.py",
    "archive/transfer.py",
    "genomics/__init__.py",
    *(f"genomics/aws/{name}.py" for name in (
        "__init__", "answers", "clients", "dynamodb", "errors", "functions", "glacier", "s3", "s3_archive", "sqs",
        "tree_hash",
    )),
)  # fmt: skip
_LIBRARY = "boto3"
_SERVICES = ("dynamodb", "glacier", "lambda", "s3", "sqs")
_DESCRIPTIONS = "botocore/data/"
_UNUSED = ("boto3/data/", "boto3/examples/")
_NAME = re.compile(r"[\w.-]+")  # at the start of a requirement
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can say


def write(target: Path) -> None:
    """This function will write the package, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as package:
        for name, file in sorted({**dict(_library()), **{name: _ROOT / name for name in _OWN}}.items()):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # a Unix file that all may read
            package.writestr(entry, file.read_bytes())
    draft.replace(target)


def _library() -> Iterator[tuple[str, Path]]:
    """This function will give the files of boto3 and of all that it requires, by their names in the package."""
    waiting, seen = [_LIBRARY], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        found = metadata.distribution(name)
        for file in found.files or ():
            if _is_needed(file.as_posix()):
                yield file.as_posix(), Path(str(found.locate_file(file)))
        waiting += [_NAME.match(text)[0] for text in found.requires or () if "extra ==" not in text]  # type: ignore[index]


def _is_needed(name: str) -> bool:
    if name.startswith(("..", *_UNUSED)) or "__pycache__" in name or ".dist-info/" in name:
        return False
    if not name.startswith(_DESCRIPTIONS):
        return True
    service, _, rest = name.removeprefix(_DESCRIPTIONS).partition("/")
    return not rest or service in _SERVICES


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m archive.lambda_package", description=__doc__)
    parser.add_argument("target", type=Path, help="the zip file to write")
    target = parser.parse_args(arguments).target
    write(target)
    sys.stdout.write(f"{target}: {target.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
