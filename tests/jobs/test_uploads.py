import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from django.test import Client

from genomics.aws import s3
from genomics.users.limits import Plan
from genomics.users.models import Lab, User
from jobs import storage, uploads
from jobs.errors import NotPossibleNowError, UploadRefusedError, UploadTooLargeError
from jobs.models import Job, Status
from tests.jobs import files, upload_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aws")]

SignIn = Callable[[User], Client]


@pytest.fixture
def client(client_of: SignIn, free_user: User) -> Client:
    return client_of(free_user)


def _begin(user: User, *, now: datetime, size_bytes: int = len(files.VCF), name: str = "a.vcf") -> Job:
    return uploads.begin(user, lab=Lab.objects.of(user)[0], name=name, size_bytes=size_bytes, now=now)


def _input_exists(job_id: str) -> bool:
    return s3.exists(storage.bucket(storage.INPUTS), key=Job.objects.get(pk=job_id).input_key)


class TestBegin:
    @pytest.mark.parametrize("name", ["", "a.txt", "a.vcf.zip", "a/b.vcf", "a\\b.vcf", "a\n.vcf", "x" * 300 + ".vcf"])
    def test_refuses_names_that_are_no_vcf(self, free_user: User, now: datetime, name: str) -> None:
        with pytest.raises(UploadRefusedError):
            _begin(free_user, now=now, name=name)
        assert not Job.objects.exists()

    @pytest.mark.parametrize("name", ["a.vcf", "A.VCF", "a~b.vcf.gz", "ä b.vcf.bgz", "<script>.vcf"])
    def test_takes_any_other_name_as_it_is(self, free_user: User, now: datetime, name: str) -> None:
        assert _begin(free_user, now=now, name=name).name == name

    def test_refuses_more_than_the_plan_allows(self, free_user: User, now: datetime) -> None:
        with pytest.raises(UploadTooLargeError, match=r"150,001 bytes.*150,000 bytes"):
            _begin(free_user, now=now, size_bytes=150_001)
        assert _begin(free_user, now=now, size_bytes=150_000).status == Status.DRAFT

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
    @pytest.mark.parametrize("numbers", [[], [0], [2], [-1], [1] * 21])
    def test_refuses_parts_that_do_not_exist(self, free_user: User, now: datetime, numbers: list[int]) -> None:
        with pytest.raises(UploadRefusedError):
            uploads.sign(_begin(free_user, now=now), numbers=numbers)

    def test_gives_urls_that_take_the_announced_size_only(self, free_user: User, now: datetime) -> None:
        url = uploads.sign(_begin(free_user, now=now), numbers=[1])[1]
        assert requests.put(url, data=files.VCF + b"x", timeout=10).status_code == 403
        assert requests.put(url, data=files.VCF, timeout=10).status_code == 200

    def test_gives_a_fresh_url_when_one_has_expired(self, free_user: User, now: datetime, settings: Any) -> None:
        job = _begin(free_user, now=now)
        settings.UPLOAD_URL_LIFETIME = timedelta(seconds=1)
        expired = uploads.sign(job, numbers=[1])[1]
        time.sleep(2.1)  # signatures count in whole seconds
        answer = requests.put(expired, data=files.VCF, timeout=10)
        assert (answer.status_code, "expired" in answer.text) == (403, True)
        settings.UPLOAD_URL_LIFETIME = timedelta(minutes=1)
        fresh = uploads.sign(job, numbers=[1])[1]
        assert requests.put(fresh, data=files.VCF, timeout=10).status_code == 200

    def test_refuses_once_the_upload_is_over(self, free_user: User, now: datetime) -> None:
        job = _begin(free_user, now=now)
        uploads.discard(job, actor="user:1", now=now)
        with pytest.raises(NotPossibleNowError):
            uploads.sign(job, numbers=[1])


class TestUploading:
    @pytest.mark.parametrize("content", [files.VCF, files.GZIPPED])
    def test_ends_in_a_waiting_job_with_the_very_bytes(self, client: Client, content: bytes) -> None:
        answer = upload_client.upload(client, name="a.vcf.gz", content=content)
        job = Job.objects.get(pk=answer.json()["job"])
        assert (job.status, job.upload_id) == (Status.PENDING, "")
        assert s3.read_head(storage.bucket(storage.INPUTS), key=job.input_key, length=10**6) == content

    def test_of_several_parts_is_joined(self, client_of: SignIn, premium_user: User) -> None:
        content = files.HEADER.encode() + files.RECORD.encode() * 500_000
        answer = upload_client.upload(client_of(premium_user), name="a.vcf", content=content)
        assert answer.status_code == 200
        job = Job.objects.get()
        assert s3.size(storage.bucket(storage.INPUTS), key=job.input_key) == len(content) > job.part_size_bytes

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


class TestDiscard:
    def test_cancels_the_draft_and_drops_its_parts(self, client: Client, free_user: User, now: datetime) -> None:
        begun = upload_client.begin(client, name="a.vcf", size_bytes=len(files.VCF)).json()
        url = upload_client.sign(client, begun["job"], [1]).json()["urls"]["1"]
        uploads.discard(Job.objects.get(), actor=f"user:{free_user.pk}", now=now)
        assert Job.objects.get().status == Status.CANCELLED
        assert requests.put(url, data=files.VCF, timeout=10).status_code == 404
