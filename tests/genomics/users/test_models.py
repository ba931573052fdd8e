import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from genomics.users.limits import Plan
from genomics.users.models import Lab, Membership, Role, User, validate_time_zone

pytestmark = pytest.mark.django_db


class TestCreateUser:
    def test_gives_a_personal_lab_on_plan_free(self) -> None:
        user = User.objects.create_user("ada@lab.example", "secret")
        lab = Lab.objects.of(user).get()
        assert (lab.plan, lab.email) == (Plan.FREE, "ada@lab.example")
        assert Membership.objects.get(user=user, lab=lab).role == Role.OWNER

    def test_leaves_nothing_behind_when_the_e_mail_is_taken_in_other_letters(self) -> None:
        User.objects.create_user("ada@lab.example")
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create_user("Ada@LAB.example")
        assert (User.objects.count(), Lab.objects.count()) == (1, 1)

    def test_makes_admins(self) -> None:
        admin = User.objects.create_superuser("root@lab.example", "secret")
        assert admin.is_staff
        assert admin.is_superuser


class TestLimits:
    @pytest.mark.parametrize(
        ("plan", "upload", "running"),
        [(Plan.FREE, 150_000, 2), (Plan.GRACE, 150_000, 2), (Plan.PREMIUM, 5 * 1024**3, 8)],
    )
    def test_follow_the_plan(self, free_user: User, plan: Plan, upload: int, running: int) -> None:
        lab = Lab.objects.of(free_user).get()
        lab.plan = plan
        assert (lab.limits.max_upload_bytes, lab.limits.max_running_jobs) == (upload, running)

    def test_need_a_plan_that_exists(self, free_user: User) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Lab.objects.of(free_user).update(plan="GOLD")


class TestValidateTimeZone:
    def test_takes_a_zone(self) -> None:
        validate_time_zone("Europe/Berlin")

    @pytest.mark.parametrize("name", ["CST6", "../../etc/passwd", "Mars/Olympus"])
    def test_refuses_anything_else(self, name: str) -> None:
        with pytest.raises(ValidationError):
            validate_time_zone(name)


class TestColumns:
    def test_added_since_the_first_release_are_filled_for_code_that_does_not_know_them(self) -> None:
        """The former release still runs, and takes new users, while the database has been migrated already."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO users_user"
                " (email, password, name, institution, time_zone, is_staff, is_superuser, is_active, date_joined)"
                " VALUES ('old@lab.example', '', '', '', '', false, false, true, now())"
            )
        user = User.objects.get(email="old@lab.example")
        assert (user.mail_when_done, user.mail_when_failed, user.current_lab) == (True, True, None)
