import gzip
import json
import threading
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from genomics.localaws.demo import story
from genomics.localaws.demo.account import Account
from genomics.localaws.demo.browser import Browser, JobState, StoredFile
from genomics.localaws.demo.story import DemoFailedError, Story

_JOB = uuid.UUID(int=7)
_VCF = b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr1\t7\t.\tA\tG\t.\t.\t.\n"
_COUNTS = {"records_read": 1, "annotated": 1, "passed": 0, "rejected": 0}
_ACCOUNT = Account(email="demo@genomics.example", password="secret")

_WAITING = JobState(
    status="PENDING",
    stage="",
    fraction=0,
    records_done=0,
    read=None,
    annotated=None,
    passed=None,
    rejected=None,
    failure="",
    files=(),
)
_RUNNING = replace(_WAITING, status="RUNNING", stage="Writing", fraction=0.5, records_done=1)
_DONE = replace(
    _WAITING,
    status="COMPLETED",
    fraction=1,
    read=1,
    annotated=1,
    passed=0,
    rejected=0,
    files=tuple(
        StoredFile(kind=kind, name=f"small.{kind.lower()}", size_bytes=9, url=f"/jobs/{_JOB}/files/{kind}/")
        for kind in ("VCF", "SUMMARY", "LEDGER")
    ),
)


class _FakeBrowser(Browser):
    """A site on which a job goes through given states; the last one stays."""

    def __init__(self, *states: JobState, vcf: bytes = _VCF) -> None:
        super().__init__("http://localhost:1")
        self._states = list(states)
        self._contents = {
            "VCF": gzip.compress(vcf),
            "SUMMARY": json.dumps({"variants_by_consequence": {"stop_gained": 1}, "clinvar_hits": 0}).encode(),
            "LEDGER": json.dumps(_COUNTS).encode(),
        }

    def sign_in(self, *, email: str, password: str) -> None:
        assert (email, password) == (_ACCOUNT.email, _ACCOUNT.password)

    def upload(self, name: str, *, content: bytes) -> uuid.UUID:
        assert (name, content) == ("small.vcf", _VCF)
        return _JOB

    def state(self, job: uuid.UUID) -> JobState:
        assert job == _JOB
        return self._states.pop(0) if len(self._states) > 1 else self._states[0]

    def download(self, file: StoredFile) -> bytes:
        return self._contents[file.kind]


def _tell(folder: Path, browser: Browser, *, stopping: threading.Event | None = None) -> list[str]:
    expected = {**_COUNTS, "consequences": {"stop_gained": 1}, "clinvar_hits": 0, "mitochondrial": {}}
    (folder / "small.vcf").write_bytes(_VCF)
    (folder / "expected.json").write_text(json.dumps(expected))
    lines: list[str] = []
    teller = Story(browser, sample=folder / "small.vcf", expected=folder / "expected.json", say=lines.append)
    teller.tell(_ACCOUNT, stopping=stopping or threading.Event())
    return lines


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(story, "PATIENCE_SECONDS", 0.05)


class TestTell:
    def test_tells_progress_outcome_and_where_things_are(self, tmp_path: Path) -> None:
        told = "\n".join(_tell(tmp_path, _FakeBrowser(_WAITING, _WAITING, _RUNNING, _DONE)))
        assert told.count("PENDING") == 1
        assert "RUNNING    50%  1 records  Writing" in told
        assert "1 read = 1 annotated + 0 passed + 0 rejected" in told
        assert "1  stop_gained" in told
        assert f"page     http://localhost:1/jobs/{_JOB}/" in told
        assert f"http://localhost:1/jobs/{_JOB}/files/VCF/" in told
        assert "demo@genomics.example, password secret" in told
        assert told.splitlines()[-1].startswith("correct")

    def test_fails_with_the_job_and_says_why(self, tmp_path: Path) -> None:
        failed = replace(_WAITING, status="FAILED", failure="It is not a VCF. Upload a VCF.")
        with pytest.raises(DemoFailedError, match=r"ended as FAILED\. It is not a VCF"):
            _tell(tmp_path, _FakeBrowser(_RUNNING, failed))

    def test_fails_when_the_result_is_wrong(self, tmp_path: Path) -> None:
        with pytest.raises(DemoFailedError, match="Record 1 changed outside ID and INFO"):
            _tell(tmp_path, _FakeBrowser(_DONE, vcf=_VCF.replace(b"chr1\t7", b"chr1\t8")))

    def test_fails_when_a_file_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(DemoFailedError, match="COMPLETED without a LEDGER file"):
            _tell(tmp_path, _FakeBrowser(replace(_DONE, files=_DONE.files[:2])))

    def test_loses_its_patience(self, tmp_path: Path) -> None:
        with pytest.raises(DemoFailedError, match="still RUNNING"):
            _tell(tmp_path, _FakeBrowser(_RUNNING))

    def test_ends_quietly_when_the_stack_is_stopped(self, tmp_path: Path) -> None:
        stopping = threading.Event()
        stopping.set()
        told = "\n".join(_tell(tmp_path, _FakeBrowser(_RUNNING), stopping=stopping))
        assert "read =" not in told
