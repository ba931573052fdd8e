import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from genomics.users.limits import Plan
from genomics.users.models import Lab, Membership, Role, User
from jobs.models import Job, Status
from tests.jobs import files, upload_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aws")]

SignIn = Callable[[User], Client]
DIGEST = upload_client.sha256(files.VCF)


@pytest.fixture
def client(client_of: SignIn, free_user: User) -> Client:
    return client_of(free_user)


def _begin(client: Client, **more: object) -> dict[str, Any]:
    begun: dict[str, Any] = upload_client.begin(client, name="a.vcf", size_bytes=len(files.VCF), **more).json()
    return begun


class TestNew:
    def test_names_the_lab_and_its_limits(self, client: Client, free_user: User) -> None:
        page = client.get(reverse("jobs:new")).content.decode()
        assert Lab.objects.of(free_user)[0].name in page
        assert 'data-max-bytes="150000"' in page
        assert '<div class="upload-lab" hidden>' in page

    def test_lets_members_of_several_labs_choose(self, client: Client, free_user: User, premium_user: User) -> None:
        second = Lab.objects.of(premium_user)[0]
        Membership.objects.create(lab=second, user=free_user, role=Role.MEMBER)
        page = client.get(reverse("jobs:new")).content.decode()
        assert f'<option value="{second.pk}"' in page

    def test_says_so_to_a_user_without_a_lab(self, client: Client, free_user: User) -> None:
        Membership.objects.all().delete()
        assert "You belong to no lab" in client.get(reverse("jobs:new")).content.decode()

    def test_lists_only_the_own_unfinished_uploads(
        self, client: Client, client_of: SignIn, free_user: User, premium_user: User
    ) -> None:
        Membership.objects.create(lab=Lab.objects.of(free_user)[0], user=premium_user, role=Role.MEMBER)
        mine = _begin(client)["job"]
        over = _begin(client)["job"]
        upload_client.abandon(client, over)
        _begin(client_of(premium_user), lab=str(Lab.objects.of(free_user)[0].pk))
        page = client.get(reverse("jobs:new"))
        assert [str(row["job"].pk) for row in page.context["unfinished"]] == [mine]

    def test_asks_few_questions(self, client: Client, django_assert_max_num_queries: Any) -> None:
        for _ in range(5):
            _begin(client)
        with django_assert_max_num_queries(6):
            client.get(reverse("jobs:new"))


class TestBegin:
    @pytest.mark.parametrize(
        "body",
        [
            "",
            "[]",
            "{",
            '{"name": "a.vcf"}',
            '{"name": 1, "size_bytes": 1}',
            '{"name": "a.vcf", "size_bytes": true}',
            '{"name": "a.vcf", "size_bytes": 1.0}',
            '{"name": "a.vcf", "size_bytes": -1}',
            '{"name": "a.vcf", "size_bytes": "1"}',
            '{"name": "a.vcf", "size_bytes": 9223372036854775808}',
            '{"name": "a.vcf", "size_bytes": 1e400}',
            '{"name": "a.vcf", "size_bytes": NaN}',
            f'{{"name": "a.vcf", "size_bytes": 1{"0" * 5000}}}',
            '{"name": "a.vcf", "size_bytes": 1, "checksum": "abc"}',
            '{"name": "a.vcf", "size_bytes": 1, "checksum": "\\ud800"}',
            '{"name": "a.vcf", "size_bytes": 1, "again": "yes"}',
            '{"name": "a.vcf", "size_bytes": 1, "lab": 7}',
            '{"name": "a.vcf", "size_bytes": 1, "lab": "my lab"}',
        ],
    )
    def test_refuses_a_request_that_it_does_not_understand(self, client: Client, body: str) -> None:
        answer = client.post(reverse("jobs:upload-begin"), body, content_type="application/json")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST")
        assert not Job.objects.exists()

    def test_sends_strangers_to_the_login(self) -> None:
        answer = Client().post(reverse("jobs:upload-begin"), {}, content_type="application/json")
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))

    def test_answers_post_only(self, client: Client) -> None:
        assert client.get(reverse("jobs:upload-begin")).status_code == 405

    def test_needs_a_csrf_token(self, free_user: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(free_user, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert upload_client.begin(client, name="a.vcf", size_bytes=1).status_code == 403

    def test_takes_the_named_lab_and_its_limits(self, client: Client, free_user: User, premium_user: User) -> None:
        lab = Lab.objects.of(premium_user)[0]
        Membership.objects.create(lab=lab, user=free_user, role=Role.MEMBER)
        assert upload_client.begin(client, name="a.vcf", size_bytes=10**6).status_code == 413
        assert upload_client.begin(client, name="a.vcf", size_bytes=10**6, lab=str(lab.pk)).status_code == 200
        assert Job.objects.get().lab == lab

    @pytest.mark.parametrize("which", ["foreign", "unknown"])
    def test_knows_no_lab_that_the_user_does_not_belong_to(
        self, client: Client, premium_user: User, which: str
    ) -> None:
        lab = Lab.objects.of(premium_user)[0].pk if which == "foreign" else uuid.uuid4()
        assert upload_client.begin(client, name="a.vcf", size_bytes=1, lab=str(lab)).status_code == 404

    def test_has_nothing_for_a_user_without_a_lab(self, client: Client) -> None:
        Membership.objects.all().delete()
        assert upload_client.begin(client, name="a.vcf", size_bytes=1).status_code == 404


class TestTheSameFileTwice:
    CHECKSUM = upload_client.composite(files.VCF, part_size_bytes=16 * 1024**2)

    @pytest.fixture
    def first(self, client: Client) -> Job:
        return Job.objects.get(pk=upload_client.upload(client, name="first.vcf", content=files.VCF).json()["job"])

    def test_is_told_before_anything_is_made(self, client: Client, first: Job) -> None:
        answer = _begin(client, checksum=self.CHECKSUM)
        assert answer["job"] is None
        [twin] = answer["same"]
        assert (twin["name"], twin["status"]) == ("first.vcf", "Waiting")
        assert twin["url"] == reverse("jobs:detail", args=[first.pk])
        assert twin["submitted_at"]
        assert Job.objects.count() == 1

    def test_is_taken_when_the_person_wants_it_so(self, client: Client, first: Job) -> None:
        assert _begin(client, checksum=self.CHECKSUM, again=True)["job"]

    def test_is_told_again_at_the_end_whatever_was_announced(self, client: Client, first: Job) -> None:
        answer = upload_client.upload(client, name="second.vcf", content=files.VCF).json()
        assert [twin["name"] for twin in answer["same"]] == ["first.vcf"]
        assert Job.objects.get(pk=answer["job"]).input_checksum == first.input_checksum == self.CHECKSUM

    def test_is_not_told_of_other_bytes(self, client: Client, first: Job) -> None:
        other = upload_client.composite(files.VCF + b"x", part_size_bytes=16 * 1024**2)
        assert _begin(client, checksum=other)["job"]

    def test_is_not_told_of_unfinished_uploads(self, client: Client) -> None:
        upload_client.put_parts(client, _begin(client), files.VCF)
        assert _begin(client, checksum=self.CHECKSUM)["job"]

    def test_is_not_told_of_other_labs(self, client: Client, client_of: SignIn, stranger: User, first: Job) -> None:
        assert _begin(client_of(stranger), checksum=self.CHECKSUM)["job"]

    def test_is_not_told_of_another_lab_of_the_same_user(
        self, client: Client, free_user: User, premium_user: User, first: Job
    ) -> None:
        lab = Lab.objects.of(premium_user)[0]
        Membership.objects.create(lab=lab, user=free_user, role=Role.MEMBER)
        assert _begin(client, checksum=self.CHECKSUM, lab=str(lab.pk))["job"]


class TestLook:
    def test_says_which_parts_are_there(self, client: Client) -> None:
        begun = _begin(client)
        empty = upload_client.look(client, begun["job"]).json()
        assert (empty["stored"], empty["parts"], empty["size_bytes"]) == ({}, 1, len(files.VCF))
        upload_client.put_parts(client, begun, files.VCF)
        assert upload_client.look(client, begun["job"]).json()["stored"] == {"1": DIGEST}

    def test_refuses_once_the_upload_is_over(self, client: Client) -> None:
        job = upload_client.upload(client, name="a.vcf", content=files.VCF).json()["job"]
        answer = upload_client.look(client, job)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "UPLOAD_OVER")

    def test_answers_get_only(self, client: Client) -> None:
        assert client.post(reverse("jobs:upload-look", args=[_begin(client)["job"]])).status_code == 405


class TestSign:
    @pytest.mark.parametrize(
        ("parts", "status", "code"),
        [
            ([1], 400, "BAD_REQUEST"),
            ({"one": DIGEST}, 400, "BAD_REQUEST"),
            ({"²": DIGEST}, 400, "BAD_REQUEST"),
            ({"1": 1}, 400, "BAD_REQUEST"),
            ({"1" * 5000: DIGEST}, 400, "BAD_REQUEST"),
            ({}, 422, "UNKNOWN_PART"),
            ({"0": DIGEST}, 422, "UNKNOWN_PART"),
            ({"2": DIGEST}, 422, "UNKNOWN_PART"),
            ({"1": ""}, 422, "BAD_CHECKSUM"),
            ({"1": DIGEST[:-2]}, 422, "BAD_CHECKSUM"),
            ({"1": DIGEST + "\r\nx: y"}, 422, "BAD_CHECKSUM"),
            ({"1": "é" * 44}, 422, "BAD_CHECKSUM"),
        ],
    )
    def test_refuses_what_it_cannot_sign(self, client: Client, parts: Any, status: int, code: str) -> None:
        answer = upload_client.sign(client, _begin(client)["job"], parts)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)

    @pytest.mark.parametrize("end", ["finish", "abandon"])
    def test_says_so_when_the_upload_is_over(self, client: Client, end: str) -> None:
        begun = _begin(client)
        upload_client.put_parts(client, begun, files.VCF)
        assert getattr(upload_client, end)(client, begun["job"]).status_code == 200
        answer = upload_client.sign(client, begun["job"], {1: DIGEST})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "UPLOAD_OVER")

    def test_says_early_that_the_plan_shrank(self, client_of: SignIn, premium_user: User) -> None:
        client = client_of(premium_user)
        begun = upload_client.begin(client, name="a.vcf", size_bytes=10**6).json()
        Lab.objects.of(premium_user).update(plan=Plan.FREE)
        answer = upload_client.sign(client, begun["job"], {1: DIGEST})
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "TOO_LARGE")


class TestForeignUploads:
    @pytest.fixture(params=["stranger", "member", "unknown"])
    def reach(self, request: pytest.FixtureRequest, client: Client, client_of: SignIn) -> tuple[Client, str]:
        """This function will give somebody and the id of an upload that is not theirs."""
        if request.param == "unknown":
            return client, str(uuid.uuid4())
        other = request.getfixturevalue("stranger")
        job = Job.objects.get(pk=_begin(client)["job"])
        if request.param == "member":
            Membership.objects.create(lab=job.lab, user=other, role=Role.OWNER)
        return client_of(other), str(job.pk)

    @pytest.mark.parametrize("view", ["look", "sign", "finish", "abandon"])
    def test_do_not_exist(self, reach: tuple[Client, str], view: str) -> None:
        client, job = reach
        more = [{1: DIGEST}] if view == "sign" else []
        assert getattr(upload_client, view)(client, job, *more).status_code == 404
        assert not Job.objects.exclude(status=Status.DRAFT).exists()


class TestFinish:
    def test_names_the_parts_that_have_not_arrived(self, client_of: SignIn, premium_user: User) -> None:
        client = client_of(premium_user)
        content = bytes(40 * 1024**2)
        begun = upload_client.begin(client, name="a.vcf", size_bytes=len(content)).json()
        upload_client.put_part(client, begun["job"], 2, content[: 16 * 1024**2])
        answer = upload_client.finish(client, begun["job"])
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "PARTS_MISSING")
        assert answer.json()["error"]["missing"] == [1, 3]


class TestAbandon:
    def test_ends_the_upload_however_often_it_is_called(self, client: Client) -> None:
        begun = _begin(client)
        for _ in range(2):
            assert upload_client.abandon(client, begun["job"]).status_code == 200
        assert Job.objects.get().status == Status.CANCELLED
        assert Job.objects.get().events.count() == 1

    def test_cannot_take_a_job_back(self, client: Client) -> None:
        job = upload_client.upload(client, name="a.vcf", content=files.VCF).json()["job"]
        answer = upload_client.abandon(client, job)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "UPLOAD_OVER")
        assert Job.objects.get().status == Status.PENDING
