"""The files of a result that go to sleep, as the vault knows them."""

import uuid
from datetime import datetime

from django.db.models import QuerySet

from archive.models import ArchivedFile, name_of
from archive.transfer import Errand, HotFile
from archive.vaults import Archive, Vault, default, named
from jobs import results, storage
from jobs.models import Job, ResultFile


def hot(file: ResultFile) -> HotFile:
    """This function will say where the hot copy of a file lies, or is to lie, and what it must be."""
    return HotFile(
        bucket=storage.bucket(storage.RESULTS),
        key=file.key,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        content_type=results.content_type(file.kind),
    )


def archive_of(archived: ArchivedFile) -> Archive:
    """This function will say what the vault holds for a file at rest."""
    assert archived.size_bytes is not None
    return Archive(
        archive_id=archived.archive_id,
        size_bytes=archived.size_bytes,
        sha256=archived.sha256,
        checksum=archived.checksum,
        storage_class=archived.storage_class,
    )


def errand_of(retrieval_id: uuid.UUID, archived: ArchivedFile) -> Errand:
    return Errand(retrieval_id=str(retrieval_id), job_id=str(archived.job_id), target=hot(archived.file))


def vault_of(archived: ArchivedFile) -> Vault:
    """This function will give the vault that a file was archived in, whatever the settings say now."""
    return named(archived.vault)


def vaults_in_use() -> list[Vault]:
    """This function will give the vault that results are archived in from now on, and the others that hold some."""
    chosen = default()
    names = set(ArchivedFile.objects.order_by().values_list("vault", flat=True).distinct()) - {chosen.name}
    return [chosen, *(named(name) for name in sorted(names))]


def at_rest(job: Job) -> QuerySet[ArchivedFile]:
    """This function will give the job's files that a vault holds a verified copy of."""
    return ArchivedFile.objects.at_rest().filter(job=job).select_related("file").order_by("begun_at", "pk")


def begun(file: ResultFile, *, job: Job, now: datetime) -> ArchivedFile:
    """This function will give the row of a file that is being archived: written before the vault hears of it."""
    found = ArchivedFile.objects.filter(file=file, removed_at=None).first()
    if found is not None:
        return found
    new = uuid.uuid4()
    return ArchivedFile.objects.create(
        pk=new, job=job, file=file, name=name_of(new, job=job), vault=default().name, begun_at=now
    )
