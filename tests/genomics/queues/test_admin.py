from collections.abc import Callable
from datetime import datetime

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from genomics.aws import clients, sqs
from genomics.queues.models import DeadLetter, State
from genomics.users.models import User
from tests.admin_pages import act, only_looks, queries_with
from tests.genomics.localaws.fixtures import client as sqs_client
from tests.genomics.queues.messages import task_message
from tests.genomics.queues.test_models import make_letter

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]

_QUEUES = "admin:queues_queue_changelist"
_LETTERS = "admin:queues_deadletter_changelist"
_HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def sqs_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = sqs_client("sqs", endpoint="http://127.0.0.1:9")
    monkeypatch.setattr(clients, "sqs", lambda: nobody)


class TestQueueAdmin:
    def test_shows_each_queue_and_leads_to_its_dead_letters(
        self, aws: object, client_of: SignIn, admin_user: User, now: datetime
    ) -> None:
        sqs.send(settings.STACK.queue_urls["mail"], body="work")
        make_letter(now)
        page = client_of(admin_user).get(reverse(_QUEUES)).content.decode()
        assert all(role in page for role in settings.STACK.queues)
        assert f"{reverse(_LETTERS)}?state__exact=WAITING&amp;queue__exact=mail" in page

    def test_gives_the_table_alone_to_htmx(self, aws: object, client_of: SignIn, admin_user: User) -> None:
        answer = client_of(admin_user).get(reverse(_QUEUES), headers={"HX-Request": "true"})
        assert answer.content.decode().startswith('<div id="queues"')

    def test_says_that_sqs_is_away(self, sqs_is_away: None, client_of: SignIn, admin_user: User) -> None:
        answer = client_of(admin_user).get(reverse(_QUEUES))
        assert answer.status_code == 200
        assert answer.content.decode().count("SQS does not answer.") == len(settings.STACK.queues)

    def test_stands_on_the_first_page_of_the_admin(self, client_of: SignIn, admin_user: User) -> None:
        assert f'href="{reverse(_QUEUES)}"' in client_of(admin_user).get(reverse("admin:index")).content.decode()

    def test_needs_the_permission_to_look(self, aws: object, client_of: SignIn, free_user: User) -> None:
        staff = only_looks(free_user, "queues.deadletter")
        assert client_of(staff).get(reverse(_QUEUES)).status_code == 403
        staff = only_looks(free_user, "queues.queue")
        assert client_of(staff).get(reverse(_QUEUES)).status_code == 200

    def test_is_not_for_others(self, client_of: SignIn, free_user: User, client: Client) -> None:
        assert client_of(free_user).get(reverse(_QUEUES)).status_code in {302, 403}
        assert client.get(reverse(_QUEUES)).status_code == 302

    def test_has_no_other_page_and_no_other_method(self, client_of: SignIn, admin_user: User) -> None:
        client = client_of(admin_user)
        assert client.get(f"{reverse(_QUEUES)}1/change/").status_code == 404
        assert client.post(reverse(_QUEUES)).status_code == 405


class TestDeadLetterAdmin:
    def test_shows_a_message_as_text(self, client_of: SignIn, admin_user: User, now: datetime) -> None:
        letter = make_letter(now, body=task_message("mail.send", kwargs={"name": _HOSTILE}), task=_HOSTILE)
        client = client_of(admin_user)
        for url in (reverse(_LETTERS), reverse("admin:queues_deadletter_change", args=[letter.pk])):
            page = client.get(url).content.decode()
            assert _HOSTILE not in page
            assert "&lt;script&gt;" in page

    def test_shows_the_beginning_of_a_long_message(self, client_of: SignIn, admin_user: User, now: datetime) -> None:
        letter = make_letter(now, body="x" * 1_000_000)
        page = client_of(admin_user).get(reverse("admin:queues_deadletter_change", args=[letter.pk]))
        assert "… and 900,000 more characters" in page.content.decode()
        assert len(page.content) < 200_000

    def test_puts_back_and_says_who_did(self, aws: object, client_of: SignIn, admin_user: User, now: datetime) -> None:
        letters = [make_letter(now, message_id=f"m-{number}", body=f"work {number}") for number in range(2)]
        page = act(client_of(admin_user), _LETTERS, "put_back", letters)
        assert "Put back on the queue (2)" in page
        received = [sqs.receive(settings.STACK.queue_urls["mail"]) for _ in range(2)]
        assert {message.body for messages in received for message in messages} == {"work 0", "work 1"}
        assert set(DeadLetter.objects.values_list("state", "actor")) == {
            (State.REQUEUED, f"admin:{admin_user.pk}"),
        }
        assert LogEntry.objects.filter(user=admin_user, change_message="Put back on the queue").count() == 2

    def test_drops_and_says_who_did(self, client_of: SignIn, admin_user: User, now: datetime) -> None:
        letter = make_letter(now)
        assert "Dropped (1)" in act(client_of(admin_user), _LETTERS, "drop", [letter])
        letter.refresh_from_db()
        assert (letter.state, letter.actor) == (State.DROPPED, f"admin:{admin_user.pk}")
        assert LogEntry.objects.get().change_message == "Dropped"

    def test_refuses_what_is_decided(self, client_of: SignIn, admin_user: User, now: datetime) -> None:
        decided = make_letter(now, state=State.DROPPED, actor="admin:99", decided_at=now)
        page = act(client_of(admin_user), _LETTERS, "put_back", [decided])
        assert f"Not done: {decided}: it has been decided before." in page
        assert not LogEntry.objects.exists()

    def test_says_that_sqs_is_away(self, sqs_is_away: None, client_of: SignIn, admin_user: User, now: datetime) -> None:
        letter = make_letter(now)
        assert "SQS does not answer." in act(client_of(admin_user), _LETTERS, "put_back", [letter])
        letter.refresh_from_db()
        assert letter.state == State.WAITING

    def test_lets_those_who_may_only_look_decide_nothing(
        self, client_of: SignIn, free_user: User, now: datetime
    ) -> None:
        letter = make_letter(now)
        client = client_of(only_looks(free_user, "queues.deadletter"))
        assert letter.message_id in client.get(reverse(_LETTERS)).content.decode()
        act(client, _LETTERS, "drop", [letter])
        letter.refresh_from_db()
        assert letter.state == State.WAITING

    def test_needs_as_many_queries_for_many_as_for_few(
        self, client_of: SignIn, admin_user: User, now: datetime
    ) -> None:
        make_letter(now)

        def add() -> None:
            for number in range(150):
                make_letter(now, message_id=f"more-{number}")

        few, many = queries_with(client_of(admin_user), _LETTERS, add=add)
        assert few == many

    def test_changes_nothing_by_hand(self, client_of: SignIn, admin_user: User, now: datetime) -> None:
        letter = make_letter(now)
        client = client_of(admin_user)
        assert client.get(reverse("admin:queues_deadletter_add")).status_code == 403
        assert client.post(reverse("admin:queues_deadletter_delete", args=[letter.pk])).status_code == 403
        assert client.post(reverse("admin:queues_deadletter_change", args=[letter.pk]), {}).status_code == 403
