"""The vaults of Amazon Glacier: archives in, retrievals out, each byte held against its tree hash on both ways."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from genomics.aws import clients, tree_hash
from genomics.aws.answers import Meanings, translated
from genomics.aws.errors import (
    NoExpeditedCapacityError,
    NotInVaultError,
    ServiceThrottledError,
    ServiceUnavailableError,
    VaultClosedError,
)

if TYPE_CHECKING:  # the stubs are not installed in production
    from mypy_boto3_glacier.type_defs import GlacierJobDescriptionResponseTypeDef, GlacierJobDescriptionTypeDef

_MEANINGS: Meanings = {
    "InsufficientCapacityException": NoExpeditedCapacityError,
    "NoLongerSupportedException": VaultClosedError,
    "PolicyEnforcedException": ServiceThrottledError,  # the account's own limit of bytes per hour
    "ResourceNotFoundException": NotInVaultError,
}
_OWN_ACCOUNT = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A retrieval as Glacier describes it, when asked and in its message to a topic."""

    job_id: str
    archive_id: str
    completed: bool
    succeeded: bool
    size_bytes: int
    tree_hash: str  # hexadecimal, of the whole archive
    description: str
    completed_at: datetime | None  # None: not completed


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """A list of what a vault holds, which Glacier makes about once a day and gives on demand, hours later."""

    job_id: str
    completed: bool
    succeeded: bool
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One archive in an inventory."""

    archive_id: str
    description: str
    size_bytes: int
    tree_hash: str  # hexadecimal
    created_at: datetime


def upload_archive(vault: str, *, data: bytes, description: str) -> str:
    """This function will store bytes as one archive and give its id, which no other call but an inventory tells.

    Raises VaultClosedError, ServiceUnavailableError and ServiceRefusedError, as all of this module do.
    """
    with translated(_MEANINGS):
        answer = clients.glacier().upload_archive(
            accountId=_OWN_ACCOUNT,
            vaultName=vault,
            archiveDescription=description,
            body=data,
            checksum=tree_hash.of(data).hex(),
        )
    return answer["archiveId"]


def begin_upload(vault: str, *, part_bytes: int, description: str) -> str:
    """This function will open an upload in parts of 2ⁿ MiB, all equal but the last, and give its id."""
    with translated(_MEANINGS):
        answer = clients.glacier().initiate_multipart_upload(
            accountId=_OWN_ACCOUNT, vaultName=vault, archiveDescription=description, partSize=str(part_bytes)
        )
    return answer["uploadId"]


def upload_part(vault: str, *, upload_id: str, start: int, data: bytes) -> bytes:
    """This function will send the part that begins at byte `start` and give its raw tree hash."""
    digest = tree_hash.of(data)
    with translated(_MEANINGS):
        clients.glacier().upload_multipart_part(
            accountId=_OWN_ACCOUNT,
            vaultName=vault,
            uploadId=upload_id,
            range=f"bytes {start}-{start + len(data) - 1}/*",
            body=data,
            checksum=digest.hex(),
        )
    return digest


def complete_upload(vault: str, *, upload_id: str, size_bytes: int, checksum: str) -> str:
    """This function will join the parts, whose tree hash must be `checksum`, and give the archive's id."""
    with translated(_MEANINGS):
        answer = clients.glacier().complete_multipart_upload(
            accountId=_OWN_ACCOUNT, vaultName=vault, uploadId=upload_id, archiveSize=str(size_bytes), checksum=checksum
        )
    return answer["archiveId"]


def abort_upload(vault: str, *, upload_id: str) -> None:
    """This function will drop an open upload; one that is gone already is fine."""
    try:
        with translated(_MEANINGS):
            clients.glacier().abort_multipart_upload(accountId=_OWN_ACCOUNT, vaultName=vault, uploadId=upload_id)
    except NotInVaultError:
        pass


def initiate_job(vault: str, *, archive_id: str, tier: str, topic: str, description: str) -> str:
    """This function will ask for an archive and give the job's id; asking twice makes two jobs.

    `tier` is Expedited, Standard or Bulk, `topic` the ARN that is told when the job has ended, `description` at most
    1,024 characters of ASCII that come back with it. Raises NotInVaultError, NoExpeditedCapacityError and
    ServiceThrottledError beside the others.
    """
    with translated(_MEANINGS):
        answer = clients.glacier_jobs().initiate_job(
            accountId=_OWN_ACCOUNT,
            vaultName=vault,
            jobParameters={
                "Type": "archive-retrieval",
                "ArchiveId": archive_id,
                "Tier": tier,
                "SNSTopic": topic,
                "Description": description,
            },
        )
    return answer["jobId"]


def describe_job(vault: str, *, job_id: str) -> Job:
    """This function will tell how a job stands. Raises NotInVaultError when its output has expired."""
    with translated(_MEANINGS):
        answer = clients.glacier().describe_job(accountId=_OWN_ACCOUNT, vaultName=vault, jobId=job_id)
    return _job(answer)


def jobs(vault: str) -> Iterator[Job]:
    """This function will give all retrievals of a vault that are running or whose output is still there."""
    pages = clients.glacier().get_paginator("list_jobs").paginate(accountId=_OWN_ACCOUNT, vaultName=vault)
    with translated(_MEANINGS):
        for page in pages:
            yield from (_job(found) for found in page["JobList"] if found["Action"] == "ArchiveRetrieval")


def begin_inventory(vault: str) -> None:
    """This function will ask for the vault's inventory. Raises NotInVaultError for a vault that there is not."""
    with translated(_MEANINGS):
        clients.glacier_jobs().initiate_job(
            accountId=_OWN_ACCOUNT,
            vaultName=vault,
            jobParameters={"Type": "inventory-retrieval", "Format": "JSON"},
        )


def inventories(vault: str) -> list[Inventory]:
    """This function will give the inventories that were asked for and are running or still there, latest first."""
    pages = clients.glacier().get_paginator("list_jobs").paginate(accountId=_OWN_ACCOUNT, vaultName=vault)
    found = []
    with translated(_MEANINGS):
        for page in pages:
            found += [job for job in page["JobList"] if job["Action"] == "InventoryRetrieval"]
    made = [
        Inventory(
            job_id=job["JobId"],
            completed=bool(job.get("Completed")),
            succeeded=job.get("StatusCode") == "Succeeded",
            asked_at=datetime.fromisoformat(job["CreationDate"]),
        )
        for job in found
    ]
    return sorted(made, key=lambda inventory: inventory.asked_at, reverse=True)


def read_inventory(vault: str, *, job_id: str) -> list[Listed]:
    """This function will read an inventory that is there. Raises NotInVaultError when it has expired.

    Format: Developer Guide, "Initiate Job", output of an inventory retrieval.
    """
    with translated(_MEANINGS):
        answer = clients.glacier().get_job_output(accountId=_OWN_ACCOUNT, vaultName=vault, jobId=job_id)
        listed = json.load(answer["body"])["ArchiveList"]
    return [
        Listed(
            archive_id=one["ArchiveId"],
            description=one["ArchiveDescription"] or "",
            size_bytes=one["Size"],
            tree_hash=one["SHA256TreeHash"],
            created_at=datetime.fromisoformat(one["CreationDate"]),
        )
        for one in listed
    ]


def read_output(vault: str, *, job_id: str, start: int, stop: int) -> bytes:
    """This function will give the bytes from `start` up to `stop` of a finished retrieval.

    They are held against Glacier's tree hash of them, which it gives where `start` and the length are aligned (2ⁿ MiB
    from a multiple of that on, or up to the end). Raises NotInVaultError when the output has expired, and
    ServiceUnavailableError when the bytes are not those that Glacier means.
    """
    with translated(_MEANINGS):
        answer = clients.glacier().get_job_output(
            accountId=_OWN_ACCOUNT, vaultName=vault, jobId=job_id, range=f"bytes={start}-{stop - 1}"
        )
        data = answer["body"].read()
    wanted = answer.get("checksum")
    if len(data) != stop - start or (wanted and tree_hash.of(data).hex() != wanted):
        raise ServiceUnavailableError(f"Bytes {start}-{stop - 1} of job {job_id} came damaged")
    return data


def delete_archive(vault: str, *, archive_id: str) -> None:
    """This function will delete an archive; one that is gone already is fine."""
    try:
        with translated(_MEANINGS):
            clients.glacier().delete_archive(accountId=_OWN_ACCOUNT, vaultName=vault, archiveId=archive_id)
    except NotInVaultError:
        pass


def parse_message(body: str) -> Job | None:
    """This function will read Glacier's message to a topic; None: it is another message, or not of the right form."""
    try:
        found = json.loads(body)
        if not isinstance(found, dict) or found.get("Action") != "ArchiveRetrieval" or not found.get("JobId"):
            return None
        job = _job(found)
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (job.job_id, job.archive_id, job.tree_hash, job.description)
    return job if all(isinstance(text, str) for text in texts) else None


def _job(found: "GlacierJobDescriptionResponseTypeDef | GlacierJobDescriptionTypeDef | dict[str, Any]") -> Job:
    completed_at = found.get("CompletionDate")
    return Job(
        job_id=found["JobId"],
        archive_id=found.get("ArchiveId") or "",
        completed=bool(found.get("Completed")),
        succeeded=found.get("StatusCode") == "Succeeded",
        size_bytes=int(found.get("ArchiveSizeInBytes") or 0),
        tree_hash=found.get("ArchiveSHA256TreeHash") or found.get("SHA256TreeHash") or "",
        description=found.get("JobDescription") or "",
        completed_at=datetime.fromisoformat(completed_at) if completed_at else None,
    )
