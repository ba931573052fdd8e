"""One job from its claim to its result: fetch, annotate, store, complete."""

import fcntl
import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction

from annotator import progress
from annotator.result_files import stem_of
from genomics.aws import s3
from genomics.aws.errors import ObjectMissingError
from jobs import dispatch, lease, references, results, retention, sandbox, storage, transitions
from jobs.errors import AnnotationFailedError, Failure, LeaseLostError, LimitExceededError, StaleJobError
from jobs.models import INPUT_MISSING, Job, Kind, ResultFile, Status

logger = logging.getLogger(__name__)

_FETCHED = 0.05  # fractions of the whole job at which its parts end
_ANNOTATED = 0.95
_UPDATE_SECONDS = 1.0
_STEM = "result"  # of the files that the annotator writes: keys hold no text of the lab's
_INPUT_MISSING = Failure(
    code=INPUT_MISSING,
    message="The uploaded file is no longer in the storage.",
    advice="Upload it again: this job cannot be run without it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Who annotates, how it reads the clock, and how it keeps its message from being delivered again."""

    name: str
    clock: Callable[[], datetime]
    renew_message: Callable[[], None]

    @property
    def actor(self) -> str:
        return f"worker:{self.name}"


def annotate_next(worker: Worker) -> Job | None:
    """This function will claim one waiting job and bring it to its end, or give None when there is nothing to do.

    However it ends, the job is not left behind: COMPLETED, FAILED, waiting again, or (after a kill) found by
    the sweep when its lease has run out.
    """
    job = dispatch.claim(worker.name, now=worker.clock())
    if job is None:
        return None
    try:
        with lease.kept(job, clock=worker.clock, renew_message=worker.renew_message) as held:
            _annotate(job, worker=worker, held=held)
    except (LeaseLostError, StaleJobError):
        logger.warning("Job %s no longer belongs to attempt %s; its files are dropped.", job.pk, job.attempt)
        results.discard_attempt(job)
    except SystemExit:
        _stop(job, worker=worker)
        raise
    except Exception as error:
        logger.exception("Job %s, attempt %s", job.pk, job.attempt)
        note = f"{type(error).__name__} in the worker; see its log."
        _give_back(job, worker=worker, note=note, pause=dispatch.pause_after_fault(job))
    finally:
        connection.close_if_unusable_or_obsolete()
    return job


def _annotate(job: Job, *, worker: Worker, held: lease.Lease) -> None:
    report = _Report(job, clock=worker.clock, held=held)
    with _folder(job) as folder:
        source, output = folder / "input" / job.name, folder / "output"
        source.parent.mkdir()
        output.mkdir()
        report.stage("Fetching the input", fraction=0)
        try:
            s3.fetch(storage.bucket(storage.INPUTS), key=job.input_key, target=source)
            done = sandbox.annotate(
                source,
                reference=references.folder_of(job),
                output=output,
                name=_STEM,
                processes=settings.ANNOTATION_PROCESSES,
                bounds=_bounds(),
                on_event=report.event,
                on_tick=report.tick,
            )
        except ObjectMissingError:
            _fail(job, worker=worker, failure=_INPUT_MISSING, output=output)
        except (AnnotationFailedError, LimitExceededError) as error:
            _fail(job, worker=worker, failure=error.failure, output=output)
        else:
            report.stage("Storing the result", fraction=_ANNOTATED)
            _complete(job, worker=worker, done=done)


def _complete(job: Job, *, worker: Worker, done: progress.Done) -> None:
    """This function will store the files first and publish them with the status: a crash between leaves no result."""
    paths = {Kind(kind.upper()): Path(path) for kind, path in done.files.items()}
    files = [
        results.store(job, kind=kind, source=paths[kind], name=_public_name(job, paths[kind].name))
        for kind in Kind
        if kind in paths
    ]
    _finish(
        job,
        Status.COMPLETED,
        worker=worker,
        files=files,
        stage="",
        fraction=1,
        summary=json.loads(paths[Kind.SUMMARY].read_bytes()),
        records_done=done.records_read,
        records_read=done.records_read,
        records_annotated=done.annotated,
        records_passed=done.passed,
        records_rejected=done.rejected,
    )


def _fail(job: Job, *, worker: Worker, failure: Failure, output: Path) -> None:
    log = output / "log.txt"
    if not log.exists():
        log.write_text(f"{failure.message}\n{failure.advice}\n")
    files = [results.store(job, kind=Kind.LOG, source=log, name=_public_name(job, log.name))]
    _finish(
        job,
        Status.FAILED,
        worker=worker,
        files=files,
        note=failure.code,
        stage="",
        failure_code=failure.code,
        failure_message=failure.message,
        failure_advice=failure.advice,
        failure_line=failure.line,
        failure_column=failure.column,
    )


def _finish(job: Job, to: Status, *, worker: Worker, files: list[ResultFile], note: str = "", **changes: Any) -> None:
    now = worker.clock()
    connection.close_if_unusable_or_obsolete()
    with transaction.atomic():
        if to == Status.COMPLETED:
            changes["archive_due_at"] = retention.date(job, hot_since=now)
        transitions.move(job, to, actor=worker.actor, now=now, note=note, finished_at=now, **changes)
        older = results.replace(job, files=files)
        dispatch.left(job.lab_id)
    results.drop(older)
    results.discard_earlier(job)


def _stop(job: Job, *, worker: Worker) -> None:
    """This function will give the job back at once; stopping on request costs no attempt."""
    connection.close_if_unusable_or_obsolete()
    if transitions.touch(job, now=worker.clock(), attempts_allowed=job.attempts_allowed + 1):
        job.attempts_allowed += 1
    _give_back(job, worker=worker, note="The worker was asked to stop.", pause=timedelta(0))


def _give_back(job: Job, *, worker: Worker, note: str, pause: timedelta) -> None:
    """This function will end this attempt so that another one can follow.

    The row alone knows whether the attempt has ended already: a commit may have failed, or succeeded unheard.
    """
    connection.close_if_unusable_or_obsolete()
    job.status = Status.RUNNING
    try:
        dispatch.give_back(job, actor=worker.actor, now=worker.clock(), note=note, pause=pause)
    except StaleJobError:
        logger.info("Job %s has already left attempt %s.", job.pk, job.attempt)
    results.discard_attempt(job)


class _Report:
    """Brings the annotator's progress into the row, at most once a second."""

    def __init__(self, job: Job, *, clock: Callable[[], datetime], held: lease.Lease) -> None:
        self._job, self._clock, self._held = job, clock, held
        self._news: dict[str, Any] = {}
        self._written_at = 0.0

    def stage(self, label: str, *, fraction: float) -> None:
        """This function will write a step of our own at once."""
        self._news |= {"stage": label, "fraction": fraction}
        self._write()

    def event(self, event: progress.Event) -> None:
        if isinstance(event, progress.Stage):
            self._news["stage"] = event.label
        elif isinstance(event, progress.Progress):
            fraction = _FETCHED + (_ANNOTATED - _FETCHED) * event.fraction
            self._news |= {"fraction": fraction, "records_done": event.records}
        self._write_in_time()

    def tick(self) -> None:
        """This function will raise LeaseLostError once the job is no longer ours, and write what has been held back."""
        self._held.check()
        self._write_in_time()

    def _write_in_time(self) -> None:
        if self._news and time.monotonic() - self._written_at >= _UPDATE_SECONDS:
            self._write()

    def _write(self) -> None:
        self._written_at = time.monotonic()
        news, self._news = self._news, {}
        try:
            ours = transitions.touch(self._job, now=self._clock(), **news)
        except Error as error:  # progress is for people to see; the move at the end decides
            logger.warning("The progress of job %s was not written: %s", self._job.pk, error)
            connection.close()
            return
        if not ours:
            self._held.lose()
            self._held.check()


@contextmanager
def _folder(job: Job) -> Iterator[Path]:
    """This function will give an empty folder for one attempt, gone afterwards; it also clears away dead ones."""
    settings.WORK_DIR.mkdir(parents=True, exist_ok=True)
    folder = settings.WORK_DIR / f"{job.pk}-{job.attempt}"
    with ExitStack() as held:
        with _work_dir_held():
            for left in settings.WORK_DIR.iterdir():
                if left.is_dir() and not _is_locked(left):
                    shutil.rmtree(left)
            folder.mkdir()
            lock = held.enter_context((folder / "lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            with _work_dir_held():  # a folder whose lock is deleted already would look like a dead one
                shutil.rmtree(folder)


@contextmanager
def _work_dir_held() -> Iterator[None]:
    """This function will let one worker at a time add folders to this machine's work folder, or remove them."""
    with (settings.WORK_DIR / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_locked(folder: Path) -> bool:
    """This function will tell whether a living worker holds the folder's lock."""
    try:
        with (folder / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _bounds() -> sandbox.Bounds:
    return sandbox.Bounds(
        memory_bytes=settings.ANNOTATION_MEMORY_BYTES,
        cpu=settings.ANNOTATION_CPU,
        wall=settings.ANNOTATION_WALL,
        output_bytes=settings.ANNOTATION_OUTPUT_BYTES,
    )


def _public_name(job: Job, name: str) -> str:
    """This function will give the name under which people save a file: it always begins like the input's."""
    return f"{stem_of(job.name)}.{name.removeprefix(_STEM).lstrip('.')}"
