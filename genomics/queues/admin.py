from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from genomics import admin_actions
from genomics.aws.errors import QueueMissingError, QueueUnavailableError
from genomics.queues import dead_letters, envelope, overview
from genomics.queues.errors import AlreadyDecidedError
from genomics.queues.models import DeadLetter, Queue

_MOST_SHOWN = 100_000  # characters of a body
_REFUSALS: admin_actions.Refusals = {
    AlreadyDecidedError: "it has been decided before.",
    QueueMissingError: "the queue that it came from is missing.",
    QueueUnavailableError: "SQS does not answer. Try again later.",
}


@admin.register(Queue)
class QueueAdmin(admin.ModelAdmin[Queue]):
    """One page: what lies in each queue right now."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Queue | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Queue | None = None) -> bool:  # noqa: ARG002
        return False

    def get_urls(self) -> list[URLPattern]:
        return [path("", self.admin_site.admin_view(self.changelist_view), name="queues_queue_changelist")]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        context = {"rows": overview.look(), "looked_at": timezone.now()}
        if "HX-Request" in request.headers:
            return TemplateResponse(request, "admin/queues/queue/_table.html", context)
        page = {**self.admin_site.each_context(request), "title": "Queues", "opts": self.opts, **(extra_context or {})}
        return TemplateResponse(request, "admin/queues/queue/change_list.html", page | context)


@admin.register(DeadLetter)
class DeadLetterAdmin(admin.ModelAdmin[DeadLetter]):
    """Messages that could not be worked on: look at them, then put them back or drop them."""

    list_display = (
        "message_id",
        "queue",
        "task_or_not",
        "state",
        "receive_count",
        "sent_at",
        "collected_at",
        "actor",
        "decided_at",
    )
    list_filter = ("state", "queue")
    search_fields = ("message_id", "task", "group")
    fields = (
        *("message_id", "queue", "task_or_not", "group", "state", "actor", "decided_at"),
        *("receive_count", "sent_at", "first_received_at", "collected_at", "attributes", "content"),
    )
    readonly_fields = fields
    ordering = ("-id",)
    actions = ("put_back", "drop")

    class Media:
        css = {"all": ["css/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeadLetter]:
        letters = super().get_queryset(request)
        is_list = (
            request.resolver_match is not None and request.resolver_match.url_name == "queues_deadletter_changelist"
        )
        return letters.defer("body", "attributes") if is_list else letters

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: DeadLetter | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DeadLetter | None = None) -> bool:  # noqa: ARG002
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("queues.change_deadletter")

    @admin.display(description="task", ordering="task", empty_value="")
    def task_or_not(self, letter: DeadLetter) -> str:
        return letter.task or "not a task of ours"

    @admin.display(description="message")
    def content(self, letter: DeadLetter) -> SafeString:
        text = envelope.pretty(letter.body)
        rest = f"\n… and {len(text) - _MOST_SHOWN:,} more characters" if len(text) > _MOST_SHOWN else ""
        return format_html('<pre class="message-content">{}{}</pre>', text[:_MOST_SHOWN], rest)

    @admin.action(description="Put back on the queue", permissions=["decide"])
    def put_back(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        admin_actions.apply(
            self,
            request,
            rows=letters,
            act=lambda letter: dead_letters.put_back(letter, actor=admin_actions.actor(request), now=timezone.now()),
            done="Put back on the queue",
            refusals=_REFUSALS,
        )

    @admin.action(description="Drop", permissions=["decide"])
    def drop(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        admin_actions.apply(
            self,
            request,
            rows=letters,
            act=lambda letter: dead_letters.drop(letter, actor=admin_actions.actor(request), now=timezone.now()),
            done="Dropped",
            refusals=_REFUSALS,
        )
