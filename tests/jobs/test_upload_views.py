from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from genomics.users.models import User
from jobs.models import Job, Status
from tests.jobs import files, upload_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aws")]

SignIn = Callable[[User], Client]


class TestBegin:
    @pytest.mark.parametrize(
        "body",
        ["", "[]", "{", '{"name": "a.vcf"}', '{"name": 1, "size_bytes": 1}', '{"name": "a", "size_bytes": true}'],
    )
    def test_refuses_a_request_that_it_does_not_understand(self, client_of: SignIn, free_user: User, body: str) -> None:
        answer = client_of(free_user).post(reverse("jobs:upload-begin"), body, content_type="application/json")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST")

    def test_sends_strangers_to_the_login(self, client: Client) -> None:
        answer = client.post(reverse("jobs:upload-begin"), {}, content_type="application/json")
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))

    def test_answers_post_only(self, client_of: SignIn, free_user: User) -> None:
        assert client_of(free_user).get(reverse("jobs:upload-begin")).status_code == 405

    def test_needs_a_csrf_token(self, free_user: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(free_user, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert upload_client.begin(client, name="a.vcf", size_bytes=1).status_code == 403


class TestForeignUploads:
    @pytest.mark.parametrize("view", ["jobs:upload-sign", "jobs:upload-finish", "jobs:upload-abandon"])
    def test_do_not_exist(self, client_of: SignIn, free_user: User, stranger: User, view: str) -> None:
        begun = upload_client.begin(client_of(free_user), name="a.vcf", size_bytes=len(files.VCF)).json()
        body: Any = {"parts": [1]}
        answer = client_of(stranger).post(reverse(view, args=[begun["job"]]), body, content_type="application/json")
        assert answer.status_code == 404
        assert Job.objects.get().status == Status.DRAFT


class TestAbandon:
    def test_ends_the_upload(self, client_of: SignIn, free_user: User) -> None:
        client = client_of(free_user)
        begun = upload_client.begin(client, name="a.vcf", size_bytes=len(files.VCF)).json()
        answer = client.post(reverse("jobs:upload-abandon", args=[begun["job"]]), {}, content_type="application/json")
        assert answer.status_code == 200
        assert Job.objects.get().status == Status.CANCELLED
