import ast
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from django.conf import settings

from archive import lambda_package

_LOAD = """
import sys
sys.path.insert(0, sys.argv[1])
import archive.lambda_restore
from genomics.aws import clients
for make in (clients.dynamodb, clients.functions, clients.glacier, clients.s3, clients.sqs):
    make()
foreign = sorted(name for name in sys.modules if getattr(sys.modules[name], "__file__", None) is not None
                 and "site-packages" in sys.modules[name].__file__)
print(foreign, "django" in sys.modules, "celery" in sys.modules, "kombu" in sys.modules)
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("package") / "restore.zip"
    lambda_package.write(target)
    return target


class TestWrite:
    def test_gives_the_same_bytes_each_time(self, package: Path, tmp_path: Path) -> None:
        lambda_package.write(tmp_path / "again.zip")
        assert (tmp_path / "again.zip").read_bytes() == package.read_bytes()

    def test_leaves_nothing_half_written(self, package: Path) -> None:
        assert [file.name for file in package.parent.iterdir()] == ["restore.zip"]

    def test_loads_where_there_is_nothing_but_python(self, package: Path, tmp_path: Path) -> None:
        with zipfile.ZipFile(package) as content:
            content.extractall(tmp_path)
        environment = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        run = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _LOAD, str(tmp_path)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (run.stdout, run.stderr) == ("[] False False False\n", "")

    def test_holds_the_pinned_boto3_and_no_own_module_that_is_not_needed(self, package: Path) -> None:
        with zipfile.ZipFile(package) as content:
            names = set(content.namelist())
            version = content.read("boto3/__init__.py").decode()
        assert f"__version__ = '{metadata.version('boto3')}'" in version
        assert f"boto3=={metadata.version('boto3')}" in (settings.BASE_DIR / "pyproject.toml").read_text()
        own = {name for name in names if name.startswith(("archive/", "genomics/", "jobs/"))}
        assert {name for name in own if not name.endswith("__init__.py")} == {
            f"{module.replace('.', '/')}.py" for module in _imported("archive.lambda_restore")
        }

    def test_is_small_enough_to_start_soon(self, package: Path) -> None:
        assert package.stat().st_size < 8_000_000


def _imported(module: str, seen: frozenset[str] = frozenset()) -> set[str]:
    """This function will give the modules of ours that a module needs, itself among them."""
    tree = ast.parse((settings.BASE_DIR / f"{module.replace('.', '/')}.py").read_text())
    found = {module}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(("archive", "genomics")):
            for name in [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]:
                is_file = (settings.BASE_DIR / f"{name.replace('.', '/')}.py").is_file()
                if is_file and name not in seen | found:
                    found |= _imported(name, seen | found)
    return found
