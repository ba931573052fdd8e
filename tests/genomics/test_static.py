"""The files that pages load: as vendored, complete, and fit for hashed names."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import override_settings

from genomics.static_files import HashedStorage

ROOT = Path(settings.BASE_DIR)
VENDORED = [ROOT / "genomics" / "static" / "vendor", ROOT / "tests" / "browser" / "vendor"]
_STATIC_TAG = re.compile(r"{% static '([^']+)' %}")


class TestVendoredFiles:
    @pytest.mark.parametrize("folder", VENDORED, ids=["product", "tests"])
    def test_are_the_listed_ones_byte_for_byte(self, folder: Path) -> None:
        listed = {}
        for line in (folder / "SHA256SUMS").read_text().splitlines():
            digest, name = line.split("  ")
            listed[name] = digest
        found = {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.is_file() and path.name != "SHA256SUMS"
        }
        assert found == listed

    @pytest.mark.parametrize("folder", VENDORED, ids=["product", "tests"])
    def test_carry_their_version_and_licence(self, folder: Path) -> None:
        packages = [path for path in folder.iterdir() if path.is_dir()]
        assert packages
        for package in packages:
            assert re.fullmatch(r"[a-z-]+-\d+\.\d+\.\d+", package.name)
            assert (package / "LICENSE").is_file()

    def test_name_no_source_map(self) -> None:
        for path in VENDORED[0].rglob("*.min.*"):
            assert b"sourceMappingURL" not in path.read_bytes(), path

    def test_come_from_a_lock_file_without_addresses(self) -> None:
        assert '"resolved"' not in (ROOT / "docker" / "vendor" / "package-lock.json").read_text()


class TestTemplates:
    def test_name_static_files_that_exist(self) -> None:
        named = {
            (str(template.relative_to(ROOT)), name)
            for template in (ROOT / "templates").rglob("*.html")
            for name in _STATIC_TAG.findall(template.read_text())
        }
        assert named
        assert [(template, name) for template, name in sorted(named) if not finders.find(name)] == []

    def test_hold_no_inline_script_style_or_handler(self) -> None:
        inline = re.compile(r"<style|\sstyle=|\son[a-z]+=|hx-on|<script(?![^>]*\ssrc=)")
        pages = (path for path in (ROOT / "templates").rglob("*.html") if path.parent.name != "mail")  # mails are read
        guilty = [path.name for path in pages if inline.search(path.read_text())]  # without our style sheets
        assert guilty == []


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This function will give the folder of collected files, to look at."""
    folder = tmp_path_factory.mktemp("static")
    backend = f"{HashedStorage.__module__}.{HashedStorage.__qualname__}"
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}
    with override_settings(STATIC_ROOT=folder, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
    return folder


class TestHashedStorage:
    def test_names_modules_and_what_they_import_after_their_content(self, collected: Path) -> None:
        folder = collected / "js" / "upload"
        imported = [
            name for module in folder.glob("*.*.js") for name in re.findall(r'from "\./([^"]+)"', module.read_text())
        ]
        assert imported
        for name in imported:
            assert re.fullmatch(r"\w+\.[0-9a-f]{12}\.js", name)
            assert (folder / name).is_file()

    def test_finds_the_font_of_the_style_sheet(self, collected: Path) -> None:
        (sheet,) = (collected / "css").glob("app.*.css")
        (font,) = re.findall(r'url\("([^"]+\.woff2)"\)', sheet.read_text())
        assert re.search(r"\.[0-9a-f]{12}\.woff2$", font)
        assert (sheet.parent / font).is_file()
