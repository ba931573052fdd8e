import os
from pathlib import Path
from typing import Any

import pytest

from annotator.errors import InvalidReferenceError
from annotator.manifest import read_manifest
from annotator.reference import STARTER_FOLDER
from jobs import references
from jobs.models import Job
from tests.jobs.conftest import Install

pytestmark = pytest.mark.django_db

STARTER = "GRCh38-starter"


@pytest.fixture
def other_job(job: Job, tmp_path: Path, settings: Any) -> Job:
    settings.REFERENCES_DIR = tmp_path
    job.reference = "another"
    return job


class TestFolderOf:
    def test_is_in_the_product_for_the_starter(self, job: Job) -> None:
        assert references.folder_of(job) == STARTER_FOLDER

    def test_is_named_after_any_other(self, other_job: Job, tmp_path: Path) -> None:
        assert references.folder_of(other_job) == tmp_path / "another"


class TestManifestOf:
    def test_tells_what_is_in_the_reference(self, job: Job) -> None:
        manifest = references.manifest_of(job)
        assert manifest is not None
        assert manifest.build == "GRCh38"

    def test_is_none_on_a_host_without_it(self, other_job: Job) -> None:
        assert references.manifest_of(other_job) is None

    def test_of_a_damaged_reference_is_an_error(self, other_job: Job, tmp_path: Path) -> None:
        (tmp_path / "another").mkdir()
        with pytest.raises(InvalidReferenceError):
            references.manifest_of(other_job)

    def test_is_read_once_and_again_when_it_has_changed(self, other_job: Job, install: Install) -> None:
        manifest = install("another", version="1") / "manifest.json"
        first = references.manifest_of(other_job)
        assert references.manifest_of(other_job) is first
        install("another", version="2")
        os.utime(manifest, ns=(1, 1))
        again = references.manifest_of(other_job)
        assert again is not None
        assert again.version == "2"


class TestChoose:
    def test_gives_the_starter_where_nothing_else_is_installed(self) -> None:
        assert references.choose("GRCh38") == STARTER

    def test_takes_the_default_build_for_a_file_that_names_none(self, install: Install) -> None:
        install("a-GRCh37", build="GRCh37")
        assert references.choose(None) == STARTER

    def test_prefers_an_installed_one_to_the_starter(self, install: Install) -> None:
        install("a", version="0")
        assert references.choose("GRCh38") == "a"

    def test_follows_the_build(self, install: Install) -> None:
        install("full-38")
        install("full-37", build="GRCh37")
        assert [references.choose(build) for build in ("GRCh37", "GRCh38", "NCBI36")] == ["full-37", "full-38", None]

    @pytest.mark.parametrize(
        ("older", "newer"),
        [
            (("z", "2025-12"), ("a", "2026-01")),
            (("z", "release 99"), ("a", "release 115")),
            (("set-9", "1"), ("set-10", "1")),
            (("set", "1"), ("set-b", "1")),
        ],
    )
    def test_takes_the_newest_by_version_then_by_name(
        self, install: Install, older: tuple[str, str], newer: tuple[str, str]
    ) -> None:
        for folder, version in (older, newer):
            install(folder, version=version)
        assert references.choose("GRCh38") == newer[0]

    def test_obeys_the_settings(self, install: Install, settings: Any) -> None:
        install("old", version="1")
        install("new", version="2")
        settings.DEFAULT_REFERENCES = {"GRCh38": "old"}
        assert references.choose("GRCh38") == "old"

    def test_believes_the_settings_on_a_host_without_references(self, settings: Any) -> None:
        settings.DEFAULT_REFERENCES = {"GRCh37": "on-the-workers", "GRCh38": "there-too"}
        assert references.choose("GRCh37") == "on-the-workers"
        assert references.choose(None) == "there-too"

    def test_does_not_believe_settings_that_name_another_build(self, install: Install, settings: Any) -> None:
        install("full-37", build="GRCh37")
        settings.DEFAULT_REFERENCES = {"GRCh38": "full-37"}
        with pytest.raises(InvalidReferenceError, match="full-37 for GRCh38"):
            references.choose("GRCh38")

    def test_leaves_out_what_is_damaged_or_not_finished(
        self, install: Install, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        install(".being-installed")
        (install("damaged") / "manifest.json").write_text("{")
        (tmp_path / "empty").mkdir()
        assert references.choose("GRCh38") == STARTER
        assert "damaged" in caplog.text
        assert "being-installed" not in caplog.text

    def test_knows_the_starter_of_the_product_only(self, install: Install) -> None:
        install(STARTER, build="GRCh37")
        assert references.choose("GRCh37") is None


class TestBuilds:
    def test_are_those_of_all_references(self, install: Install, settings: Any) -> None:
        assert references.builds() == ["GRCh38"]
        install("full-37", build="GRCh37")
        settings.DEFAULT_REFERENCES = {"T2T-CHM13v2.0": "elsewhere"}
        assert references.builds() == ["GRCh37", "GRCh38", "T2T-CHM13v2.0"]


class TestDescribe:
    def test_tells_what_is_here_before_there_is_a_result(self, job: Job) -> None:
        told = references.describe(job)
        manifest = read_manifest(STARTER_FOLDER)
        assert (told.name, told.version, told.build) == (manifest.name, manifest.version, "GRCh38")
        assert told.is_starter
        assert ("2024-12-15", "CC0-1.0") in [(source.version, source.licence) for source in told.sources]

    def test_tells_what_the_summary_says_even_where_the_reference_is_not(self, other_job: Job) -> None:
        other_job.summary = {
            "reference": {"name": "GRCh37 full", "version": "2026-03", "build": "GRCh37"},
            "sources": [{"name": "ClinVar", "version": "2026-02-28", "date": None, "licence": "public domain"}],
        }
        told = references.describe(other_job)
        assert (told.name, told.version, told.build, told.is_starter) == ("GRCh37 full", "2026-03", "GRCh37", False)
        assert told.sources == (
            references.Source(name="ClinVar", version="2026-02-28", date="", licence="public domain"),
        )

    def test_tells_no_sources_of_another_version(self, other_job: Job, install: Install) -> None:
        install("another", version="2")
        other_job.summary = {"reference": {"name": "another", "version": "1", "build": "GRCh38"}}
        assert references.describe(other_job).sources == ()
        other_job.summary["reference"]["version"] = "2"
        assert references.describe(other_job).sources

    def test_knows_the_name_at_least(self, other_job: Job) -> None:
        told = references.describe(other_job)
        assert (told.name, told.version, told.build, told.sources) == ("another", "", "", ())

    def test_stays_calm_with_a_damaged_reference(self, other_job: Job, tmp_path: Path) -> None:
        (tmp_path / "another").mkdir()
        assert references.describe(other_job).name == "another"
