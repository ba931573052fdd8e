import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from annotator import progress
from annotator.reference import STARTER_FOLDER
from jobs import sandbox
from jobs.errors import AnnotationFailedError, AnnotatorCrashedError, LimitExceededError
from tests.jobs import files

_BOUNDS = sandbox.Bounds(
    memory_bytes=8 * 1024**3, cpu=timedelta(minutes=5), wall=timedelta(minutes=5), output_bytes=10**9
)


def _nothing(*_: Any) -> None:
    return


def _annotate(
    folder: Path,
    content: bytes = files.VCF,
    *,
    bounds: sandbox.Bounds = _BOUNDS,
    on_event: Callable[[progress.Event], None] = _nothing,
    on_tick: Callable[[], None] = _nothing,
    reference: Path = STARTER_FOLDER,
    processes: int = 1,
) -> progress.Done:
    folder.mkdir(exist_ok=True)
    source, output = folder / "sample.vcf", folder / "output"
    source.write_bytes(content)
    output.mkdir()
    return sandbox.annotate(
        source,
        reference=reference,
        output=output,
        name="result",
        processes=processes,
        bounds=bounds,
        on_event=on_event,
        on_tick=on_tick,
    )


def _bounds(**changes: Any) -> sandbox.Bounds:
    names = ("memory_bytes", "cpu", "wall", "output_bytes")
    return sandbox.Bounds(**{name: changes.get(name, getattr(_BOUNDS, name)) for name in names})


def _large(records: int = 100_000) -> bytes:
    lines = (f"chr1\t{10_000 + number}\t.\tN\tA\t.\t.\tDP=1\tGT\t0/1\n" for number in range(records))
    return (files.HEADER + "".join(lines)).encode()


class TestAnnotate:
    def test_gives_the_account_and_passes_the_events_on(self, tmp_path: Path) -> None:
        events: list[progress.Event] = []
        done = _annotate(tmp_path, on_event=events.append)
        assert (done.records_read, events[-1]) == (1, done)
        assert isinstance(events[0], progress.Stage)
        assert all(Path(path).exists() for path in done.files.values())

    def test_shares_the_work_and_gives_the_same_bytes(self, tmp_path: Path) -> None:
        whole, shared = (
            _annotate(tmp_path / str(processes), _large(20_000), processes=processes).files for processes in (1, 2)
        )
        assert whole.keys() == shared.keys() >= {"vcf", "table", "preview"}
        for kind in whole.keys() - {"log"}:
            assert Path(whole[kind]).read_bytes() == Path(shared[kind]).read_bytes(), kind

    def test_ends_all_processes_that_share_the_work(self, tmp_path: Path) -> None:
        with pytest.raises(LimitExceededError):
            _annotate(tmp_path, _large(), bounds=_bounds(wall=timedelta(seconds=1)), processes=3)
        end = time.monotonic() + 10
        while _annotators_of(tmp_path) and time.monotonic() < end:  # those that were killed take a moment to be gone
            time.sleep(0.05)
        assert _annotators_of(tmp_path) == []

    def test_passes_on_what_is_wrong_with_the_input(self, tmp_path: Path) -> None:
        with pytest.raises(AnnotationFailedError) as raised:
            _annotate(tmp_path, files.with_records("chr99\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1"))
        assert raised.value.failure.line == 5

    def test_tells_our_own_faults_apart(self, tmp_path: Path) -> None:
        with pytest.raises(AnnotatorCrashedError):
            _annotate(tmp_path, reference=tmp_path / "nowhere")

    @pytest.mark.parametrize(
        ("bounds", "code"),
        [
            (_bounds(wall=timedelta(0)), "TIME_LIMIT"),
            (_bounds(cpu=timedelta(seconds=1)), "CPU_LIMIT"),
            (_bounds(output_bytes=100_000), "OUTPUT_LIMIT"),
        ],
        ids=["time", "processor time", "output"],
    )
    def test_holds_the_limits_and_says_which(self, tmp_path: Path, bounds: sandbox.Bounds, code: str) -> None:
        with pytest.raises(LimitExceededError) as raised:
            _annotate(tmp_path, _large(300_000), bounds=bounds)
        assert raised.value.failure.code == code

    def test_tells_the_limit_that_one_of_several_processes_has_reached(self, tmp_path: Path) -> None:
        with pytest.raises(LimitExceededError) as raised:
            _annotate(tmp_path, _large(600_000), bounds=_bounds(cpu=timedelta(seconds=1)), processes=2)
        assert raised.value.failure.code == "CPU_LIMIT"

    def test_ends_everything_when_the_caller_has_enough(self, tmp_path: Path) -> None:
        class EnoughError(Exception):
            pass

        def enough() -> None:
            raise EnoughError

        with pytest.raises(EnoughError):
            _annotate(tmp_path, _large(), on_tick=enough)
        assert _annotators_of(tmp_path) == []

    def test_gives_the_annotator_no_secret(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[bytes] = []

        def look() -> None:
            seen.extend(_read(entry.with_name("environ")) for entry in _annotators_of(tmp_path))

        monkeypatch.setenv("SECRET_KEY", "do not tell")
        _annotate(tmp_path, _large(20_000), on_tick=look)
        assert any(seen)
        assert not [environment for environment in seen if b"do not tell" in environment or b"AWS_" in environment]


def _annotators_of(folder: Path) -> list[Path]:
    """This function will give the command lines of the processes that work in a folder."""
    mentions = str(folder).encode()
    return [entry for entry in Path("/proc").glob("[0-9]*/cmdline") if mentions in _read(entry)]


def _read(entry: Path) -> bytes:
    try:
        return entry.read_bytes()
    except OSError:
        return b""
