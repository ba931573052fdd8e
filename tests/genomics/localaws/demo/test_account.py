import stat
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from genomics.localaws.demo import account
from genomics.users.models import Lab, User


@pytest.mark.django_db
class TestEnsure:
    def test_makes_a_user_with_a_lab_who_can_sign_in(self, tmp_path: Path, client: Client) -> None:
        made = account.ensure(tmp_path / "var" / "password")
        answer = client.post(reverse("account_login"), {"login": made.email, "password": made.password})
        assert answer.status_code == 302
        assert Lab.objects.of(User.objects.get(email=made.email)).count() == 1

    def test_keeps_user_and_password(self, tmp_path: Path) -> None:
        first = account.ensure(tmp_path / "password")
        assert account.ensure(tmp_path / "password") == first
        assert User.objects.count() == EmailAddress.objects.count() == 1

    def test_takes_a_new_password_when_the_old_one_is_lost(self, tmp_path: Path) -> None:
        first = account.ensure(tmp_path / "one")
        second = account.ensure(tmp_path / "two")
        assert first.password != second.password
        assert User.objects.get().check_password(second.password)

    def test_keeps_the_password_to_its_owner(self, tmp_path: Path) -> None:
        account.ensure(tmp_path / "password")
        assert stat.S_IMODE((tmp_path / "password").stat().st_mode) == 0o600
