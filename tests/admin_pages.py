"""What the tests of all admins do: act on rows, and count the queries of a list."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from genomics.users.models import User


def act(client: Client, page: str, action: str, rows: Iterable[Model], **fields: str) -> str:
    """This function will do an action of the list `page` on rows, and give the page that follows."""
    form: dict[str, Any] = {"action": action, ACTION_CHECKBOX_NAME: [str(row.pk) for row in rows], **fields}
    return client.post(reverse(page), form, follow=True).content.decode()


def queries_with(client: Client, page: str, *, add: Callable[[], object]) -> tuple[int, int]:
    """This function will count the queries of a page before and after `add` has made more rows."""
    client.get(reverse(page))  # content types are looked up once
    before = _queries(client, page)
    add()
    return before, _queries(client, page)


def only_looks(user: User, *models: str) -> User:
    """This function will make a user one of the staff who may view the models `app.model`, and change nothing."""
    User.objects.filter(pk=user.pk).update(is_staff=True)
    for app, _, model in (name.partition(".") for name in models):
        user.user_permissions.add(Permission.objects.get(codename=f"view_{model}", content_type__app_label=app))
    return User.objects.get(pk=user.pk)


def _queries(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(reverse(page)).status_code == 200
    return len(captured)
