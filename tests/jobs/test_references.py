from pathlib import Path
from typing import Any

import pytest

from annotator.errors import InvalidReferenceError
from annotator.reference import STARTER_FOLDER
from jobs import references
from jobs.models import Job

pytestmark = pytest.mark.django_db


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
