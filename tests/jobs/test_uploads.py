import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import requests
from django.db import connection
from django.test import Client

from annotator.inspection import HEAD_BYTES, TAIL_BYTES
from genomics.aws import s3
from genomics.aws.errors import ObjectMissingError, StorageUnavailableError
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs import storage, uploads
from jobs.errors import NotPossibleNowError, UploadRefusedError, UploadTooLargeError, UserError
from jobs.models import Job, Status
from tests.annotator.vcf import bgzip
from tests.jobs import files, upload_client
from tests.jobs.conftest import CHROMOSOME_1_OF_GRCH37, Install

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aws")]

SignIn = Callable[[User], Client]
DIGEST = upload_client.sha256(files.VCF)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
ON_GRCH37 = b"".join(
    [
        b"##fileformat=VCFv4.2\n##contig=<ID=chr1,length=249250621>\n",
        b'##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n',
        b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNA1\n",
        b"chr1\t1000\t.\tA\tC\t.\t.\t.\tGT\t0/1\n",
    ]
)


@pytest.fixture
def client(client_of: SignIn, free_user: User) -> Client:
    return client_of(free_user)


def _begin(user: User, *, now: datetime, size_bytes: int = len(files.VCF), name: str = "a.vcf") -> Job:
    return uploads.begin(user, lab=Lab.objects.of(user)[0], name=name, size_bytes=size_bytes, now=now)


def _url(job: Job, *, now: datetime) -> str:
    return uploads.sign(job, checksums={1: DIGEST}, now=now)[1]


def _input_exists(job_id: str) -> bool:
    return s3.exists(storage.bucket(storage.INPUTS), key=Job.objects.get(pk=job_id).input_key)


class TestBegin:
    @pytest.mark.parametrize(
        "name",
        [
            "",
            "a.txt",
            "a.vcf.zip",
            "a/b.vcf",
            "a\\b.vcf",
            "a\n.vcf",
            "a.vcf\n",
            "a\0.vcf",
            "\ud800.vcf",
            "fcv.\u202egz.vcf",
            "a\u2066b.vcf",
            "a\u200b.vcf",
            "x" * 197 + ".vcf",
            "ä" * 99 + ".vcf",
        ],
    )
    def test_refuses_names_that_cannot_be_used(self, free_user: User, now: datetime, name: str) -> None:
        with pytest.raises(UploadRefusedError):
            _begin(free_user, now=now, name=name)
        assert not Job.objects.exists()

    @pytest.mark.parametrize(
        "name", ["a.vcf", "A.VCF", "a~b.vcf.gz", "ä b.vcf.bgz", "<script>.vcf", "x" * 196 + ".vcf"]
    )
    def test_takes_any_other_name_as_it_is(self, free_user: User, now: datetime, name: str) -> None:
        assert _begin(free_user, now=now, name=name).name == name

    def test_refuses_more_than_the_plan_allows(self, free_user: User, now: datetime) -> None:
        with pytest.raises(UploadTooLargeError, match=r"150,001 bytes.*150,000 bytes"):
            _begin(free_user, now=now, size_bytes=150_001)
        assert _begin(free_user, now=now, size_bytes=150_000).status == Status.DRAFT

    def test_refuses_more_open_uploads_than_a_lab_may_have(
        self, free_user: User, stranger: User, now: datetime, settings: Any
    ) -> None:
        settings.MAX_OPEN_UPLOADS = 2
        first, _ = _begin(free_user, now=now), _begin(free_user, now=now)
        with pytest.raises(NotPossibleNowError, match="2 unfinished uploads"):
            _begin(free_user, now=now)
        _begin(stranger, now=now)
        uploads.discard(first, actor="user:1", now=now)
        _begin(free_user, now=now)

    def test_leaves_nothing_behind_when_the_storage_is_away(
        self, free_user: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(bucket: str, *, key: str) -> str:
            raise StorageUnavailableError

        monkeypatch.setattr(s3, "begin_upload", fail)
        with pytest.raises(StorageUnavailableError):
            _begin(free_user, now=now)
        assert not Job.objects.exists()

    def test_refuses_an_empty_file(self, free_user: User, now: datetime) -> None:
        with pytest.raises(UploadRefusedError, match="empty"):
            _begin(free_user, now=now, size_bytes=0)


class TestPartSizes:
    def test_add_up_to_the_file(self, premium_user: User, now: datetime) -> None:
        job = _begin(premium_user, now=now, size_bytes=40 * 1024**2 + 7)
        sizes = uploads.part_sizes(job)
        assert sizes == [16 * 1024**2, 16 * 1024**2, 8 * 1024**2 + 7]

    def test_are_one_whole_part_for_a_file_of_just_that_size(self, premium_user: User, now: datetime) -> None:
        assert uploads.part_sizes(_begin(premium_user, now=now, size_bytes=16 * 1024**2)) == [16 * 1024**2]


class TestSign:
    @pytest.mark.parametrize("numbers", [[], [0], [2], [-1], list(range(1, 22))])
    def test_refuses_parts_that_do_not_exist(self, free_user: User, now: datetime, numbers: list[int]) -> None:
        with pytest.raises(UploadRefusedError):
            uploads.sign(_begin(free_user, now=now), checksums=dict.fromkeys(numbers, DIGEST), now=now)

    def test_gives_urls_that_take_the_announced_size_only(self, free_user: User, now: datetime) -> None:
        url = _url(_begin(free_user, now=now), now=now)
        assert upload_client.put(url, files.VCF + b"x", digest=DIGEST).status_code == 403
        assert upload_client.put(url, files.VCF[:-1], digest=DIGEST).status_code == 403
        assert upload_client.put(url, files.VCF).status_code == 200

    def test_gives_urls_that_take_the_announced_bytes_only(self, free_user: User, now: datetime) -> None:
        job = _begin(free_user, now=now)
        url, other = _url(job, now=now), files.VCF.replace(b"3460", b"3461")
        assert upload_client.put(url, other, digest=DIGEST).status_code == 400  # S3: BadDigest
        assert upload_client.put(url, other).status_code == 403  # another digest than the signed one
        assert requests.put(url, data=files.VCF, timeout=10).status_code == 403  # none
        assert uploads.progress(job).stored == {}

    def test_gives_a_fresh_url_when_one_has_expired(self, free_user: User, now: datetime, settings: Any) -> None:
        job = _begin(free_user, now=now)
        settings.UPLOAD_URL_LIFETIME = timedelta(seconds=1)
        expired = _url(job, now=now)
        time.sleep(2.1)  # signatures count in whole seconds
        answer = upload_client.put(expired, files.VCF)
        assert (answer.status_code, "expired" in answer.text) == (403, True)
        settings.UPLOAD_URL_LIFETIME = timedelta(minutes=1)
        assert upload_client.put(_url(job, now=now), files.VCF).status_code == 200

    def test_keeps_the_upload_resumable(self, free_user: User, now: datetime, settings: Any) -> None:
        job = _begin(free_user, now=now)
        end = uploads.resumable_until(job)
        assert list(uploads.unfinished(free_user, now=end - SECOND)) == [job]
        assert not uploads.unfinished(free_user, now=end)
        _url(job, now=end - SECOND)
        assert uploads.resumable_until(uploads.unfinished(free_user, now=end)[0]) == end - SECOND + DAY

    def test_refuses_once_the_upload_is_over(self, free_user: User, now: datetime) -> None:
        job = _begin(free_user, now=now)
        known_before = Job.objects.get()
        uploads.discard(job, actor="user:1", now=now)
        for known in (job, known_before):
            with pytest.raises(NotPossibleNowError):
                _url(known, now=now)


class TestUploading:
    @pytest.mark.parametrize("content", [files.VCF, files.GZIPPED])
    def test_ends_in_a_waiting_job_with_the_very_bytes(self, client: Client, content: bytes) -> None:
        answer = upload_client.upload(client, name="a.vcf.gz", content=content)
        job = Job.objects.get(pk=answer.json()["job"])
        assert (job.status, job.upload_id) == (Status.PENDING, "")
        assert job.input_checksum == upload_client.composite(content, part_size_bytes=job.part_size_bytes)
        assert s3.read_head(storage.bucket(storage.INPUTS), key=job.input_key, length=10**6) == content

    def test_of_several_parts_is_joined(self, client_of: SignIn, premium_user: User) -> None:
        content = files.HEADER.encode() + files.RECORD.encode() * 500_000
        answer = upload_client.upload(client_of(premium_user), name="a.vcf", content=content)
        assert answer.status_code == 200
        job = Job.objects.get()
        stored = s3.describe(storage.bucket(storage.INPUTS), key=job.input_key)
        assert stored.size_bytes == len(content) > job.part_size_bytes
        assert stored.checksum == upload_client.composite(content, part_size_bytes=job.part_size_bytes)
        assert job.input_checksum == stored.checksum
        assert stored.checksum.endswith("-2")

    @pytest.mark.parametrize("name", files.NO_VCF)
    def test_of_something_else_is_refused_with_advice_and_leaves_nothing(self, client: Client, name: str) -> None:
        answer = upload_client.upload(client, name=name, content=files.NO_VCF[name])
        assert answer.status_code == 422
        error = answer.json()["error"]
        assert error["code"]
        assert error["message"]
        assert error["advice"]
        job = Job.objects.get()
        assert job.status == Status.CANCELLED
        assert not _input_exists(str(job.pk))

    def test_of_a_build_without_a_reference_is_refused_at_once_and_told_which_there_are(self, client: Client) -> None:
        error = upload_client.upload(client, name="a.vcf", content=ON_GRCH37).json()["error"]
        assert (error["code"], error["line"]) == ("WRONG_BUILD", 2)
        assert "the file is on GRCh37; there is no reference of that build" in error["message"]
        assert error["advice"].startswith("Send the file on GRCh38, or lift it over first")

    def test_gets_the_reference_of_its_own_build(self, client: Client, install: Install) -> None:
        install("full-37", build="GRCh37", contigs=(CHROMOSOME_1_OF_GRCH37,))
        install("full-38")
        assert upload_client.upload(client, name="a.vcf", content=ON_GRCH37).status_code == 200
        assert upload_client.upload(client, name="b.vcf", content=files.VCF).status_code == 200
        assert [job.reference for job in Job.objects.order_by("name")] == ["full-37", "full-38"]

    def test_is_compared_with_the_reference_of_its_own_build(self, client: Client, install: Install) -> None:
        install("full-37", build="GRCh37", contigs=(CHROMOSOME_1_OF_GRCH37,))
        content = ON_GRCH37 + b"chr1\t249250622\t.\tA\tC\t.\t.\t.\tGT\t0/1\n"
        error = upload_client.upload(client, name="a.vcf", content=content).json()["error"]
        assert error["code"] == "PAST_CONTIG_END"

    def test_is_not_compared_on_a_host_without_the_reference(self, client: Client, settings: Any) -> None:
        settings.DEFAULT_REFERENCES = {"GRCh37": "on-the-workers"}
        assert upload_client.upload(client, name="a.vcf", content=ON_GRCH37).status_code == 200
        assert Job.objects.get().reference == "on-the-workers"

    def test_of_a_build_without_a_reference_is_refused_where_no_other_can_be_compared(
        self, client: Client, settings: Any
    ) -> None:
        settings.DEFAULT_REFERENCES = {"GRCh38": "on-the-workers"}
        error = upload_client.upload(client, name="a.vcf", content=ON_GRCH37).json()["error"]
        assert (error["code"], error["line"]) == ("WRONG_BUILD", None)

    def test_whose_end_was_cut_off_is_refused_at_once(self, client_of: SignIn, premium_user: User) -> None:
        records = b"".join(b"chr1\t%d\t.\tA\tC\t.\t.\tX=%d\n" % (n, n * 7919 % 99991) for n in range(1, 100_000))
        whole = bgzip(b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + records)
        assert len(whole) > HEAD_BYTES
        client = client_of(premium_user)
        assert upload_client.upload(client, name="a.vcf.gz", content=whole).status_code == 200
        error = upload_client.upload(client, name="a.vcf.gz", content=whole[:-TAIL_BYTES]).json()["error"]
        assert error["code"] == "TRUNCATED_BGZF"

    def test_is_refused_when_the_plan_shrank_meanwhile(self, client_of: SignIn, premium_user: User) -> None:
        client = client_of(premium_user)
        content = files.HEADER.encode() + files.RECORD.encode() * 5000
        begun = upload_client.begin(client, name="a.vcf", size_bytes=len(content)).json()
        upload_client.put_parts(client, begun, content)
        Lab.objects.of(premium_user).update(plan=Plan.FREE)
        answer = upload_client.finish(client, begun["job"])
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "TOO_LARGE")
        assert not _input_exists(begun["job"])

    def test_finished_before_the_parts_can_be_finished_later(self, client: Client) -> None:
        begun = upload_client.begin(client, name="a.vcf", size_bytes=len(files.VCF)).json()
        early = upload_client.finish(client, begun["job"])
        assert (early.status_code, early.json()["error"]["code"]) == (409, "PARTS_MISSING")
        upload_client.put_parts(client, begun, files.VCF)
        assert upload_client.finish(client, begun["job"]).status_code == 200

    def test_takes_a_part_twice(self, client: Client) -> None:
        begun = upload_client.begin(client, name="a.vcf", size_bytes=len(files.VCF)).json()
        other = files.VCF.replace(b"3460", b"3461")
        upload_client.put_parts(client, begun, other)
        for _ in range(2):
            upload_client.put_parts(client, begun, files.VCF)
        assert upload_client.finish(client, begun["job"]).status_code == 200
        job = Job.objects.get()
        assert s3.read_head(storage.bucket(storage.INPUTS), key=job.input_key, length=10**6) == files.VCF

    def test_of_another_size_than_announced_is_refused_and_leaves_nothing(self, client: Client) -> None:
        begun = upload_client.begin(client, name="a.vcf", size_bytes=len(files.VCF)).json()
        upload_client.put_parts(client, begun, files.VCF)
        Job.objects.update(input_size_bytes=len(files.VCF) + 1)
        assert upload_client.finish(client, begun["job"]).json()["error"]["code"] == "PARTS_MISSING"
        job = Job.objects.get()
        bucket = storage.bucket(storage.INPUTS)
        parts = s3.stored_parts(bucket, key=job.input_key, upload_id=job.upload_id)
        s3.complete_upload(bucket, key=job.input_key, upload_id=job.upload_id, parts=parts)
        answer = upload_client.finish(client, begun["job"])
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "SIZE_DIFFERS")
        assert not _input_exists(begun["job"])
        with pytest.raises(ObjectMissingError):
            s3.stored_parts(bucket, key=job.input_key, upload_id=job.upload_id)

    def test_finished_twice_gives_one_job(self, client: Client) -> None:
        first = upload_client.upload(client, name="a.vcf", content=files.VCF)
        second = upload_client.finish(client, first.json()["job"])
        assert first.json() == second.json()
        assert Job.objects.get().events.count() == 1

    def test_cut_off_after_the_parts_were_joined_is_finished_by_the_next_call(self, client: Client) -> None:
        begun = upload_client.begin(client, name="a.vcf", size_bytes=len(files.VCF)).json()
        upload_client.put_parts(client, begun, files.VCF)
        job = Job.objects.get()
        bucket = storage.bucket(storage.INPUTS)
        parts = s3.stored_parts(bucket, key=job.input_key, upload_id=job.upload_id)
        s3.complete_upload(bucket, key=job.input_key, upload_id=job.upload_id, parts=parts)
        assert upload_client.finish(client, begun["job"]).status_code == 200

    def test_that_is_no_longer_open_says_so(self, client: Client) -> None:
        begun = upload_client.begin(client, name="a.vcf", size_bytes=len(files.VCF)).json()
        storage.discard_input(Job.objects.get())
        answer = upload_client.finish(client, begun["job"])
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "UPLOAD_GONE")

    @pytest.mark.parametrize(("abandoned", "status_code"), [(True, 409), (False, 503)])
    def test_whose_parts_cannot_be_joined_says_whether_it_is_over(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, now: datetime, *, abandoned: bool, status_code: int
    ) -> None:
        begun = upload_client.begin(client, name="a.vcf", size_bytes=len(files.VCF)).json()
        upload_client.put_parts(client, begun, files.VCF)

        def fail(*args: object, **kwargs: object) -> None:
            del args, kwargs
            if abandoned:
                uploads.discard(Job.objects.get(), actor="user:1", now=now)
            raise StorageUnavailableError("InvalidPart")

        monkeypatch.setattr(s3, "complete_upload", fail)
        assert upload_client.finish(client, begun["job"]).status_code == status_code


class TestDiscard:
    def test_cancels_the_draft_and_drops_its_parts(self, free_user: User, now: datetime) -> None:
        job = _begin(free_user, now=now)
        url = _url(job, now=now)
        uploads.discard(job, actor=f"user:{free_user.pk}", now=now)
        assert Job.objects.get().status == Status.CANCELLED
        assert upload_client.put(url, files.VCF).status_code == 404

    def test_of_a_draft_that_somebody_else_has_discarded_is_fine(self, free_user: User, now: datetime) -> None:
        job, same = _begin(free_user, now=now), Job.objects.get()
        uploads.discard(job, actor="user:1", now=now)
        uploads.discard(same, actor="sweep", now=now)
        assert Job.objects.get().events.count() == 1

    def test_of_a_draft_that_was_submitted_meanwhile_is_refused(self, client: Client, now: datetime) -> None:
        begun = upload_client.begin(client, name="a.vcf", size_bytes=len(files.VCF)).json()
        draft = Job.objects.get()
        upload_client.put_parts(client, begun, files.VCF)
        upload_client.finish(client, begun["job"])
        with pytest.raises(NotPossibleNowError):
            uploads.discard(draft, actor="user:1", now=now)
        assert _input_exists(begun["job"])


@pytest.mark.django_db(transaction=True)
class TestRaces:
    """Calls that meet: each has a connection of its own, as two requests have."""

    CALLERS = 4

    def _at_once(self, *calls: Callable[[], Any]) -> list[Any]:
        """This function will make the calls at the same time and give what they gave or raised."""
        start = threading.Barrier(len(calls))

        def run(call: Callable[[], Any]) -> Any:
            start.wait()
            try:
                return call()
            except UserError as error:
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(run, calls))

    @pytest.mark.parametrize("content", [files.VCF, files.NO_VCF["notes.vcf"]])
    def test_finishing_gives_all_the_same_answer_and_one_submission(
        self, client_of: SignIn, free_user: User, content: bytes
    ) -> None:
        clients = [client_of(free_user) for _ in range(self.CALLERS)]
        begun = upload_client.begin(clients[0], name="a.vcf", size_bytes=len(content)).json()
        upload_client.put_parts(clients[0], begun, content)
        answers = self._at_once(*(partial(upload_client.finish, client, begun["job"]) for client in clients))
        job = Job.objects.get()
        assert job.events.count() == 1
        if content == files.VCF:
            assert {answer.status_code for answer in answers} == {200}
            assert len({answer.content for answer in answers}) == 1
            assert job.status == Status.PENDING
        else:
            assert {answer.status_code for answer in answers} <= {422, 409}
            assert 422 in {answer.status_code for answer in answers}
            assert job.status == Status.CANCELLED
            assert not _input_exists(begun["job"])

    def test_finishing_and_abandoning_end_in_one_of_the_two(self, client_of: SignIn, free_user: User) -> None:
        for _ in range(5):
            one, two = client_of(free_user), client_of(free_user)
            begun = upload_client.begin(one, name="a.vcf", size_bytes=len(files.VCF)).json()
            upload_client.put_parts(one, begun, files.VCF)
            finished, abandoned = self._at_once(
                partial(upload_client.finish, one, begun["job"]), partial(upload_client.abandon, two, begun["job"])
            )
            job = Job.objects.get(pk=begun["job"])
            assert job.events.count() == 1
            assert sorted([finished.status_code, abandoned.status_code]) == [200, 409]
            assert (job.status == Status.PENDING) == (finished.status_code == 200) == _input_exists(begun["job"])

    def test_beginning_never_opens_more_than_the_lab_may_have(
        self, free_user: User, now: datetime, settings: Any
    ) -> None:
        settings.MAX_OPEN_UPLOADS = 2
        answers = self._at_once(*[partial(_begin, free_user, now=now)] * self.CALLERS)
        assert sum(isinstance(answer, Job) for answer in answers) == 2
        assert Job.objects.count() == 2
