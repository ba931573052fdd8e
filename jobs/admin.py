from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from genomics import admin_actions, clock
from jobs import deletion, submission
from jobs.errors import NotPossibleNowError
from jobs.models import Job, JobEvent, ResultFile

Row = TypeVar("Row", JobEvent, ResultFile)

_MOST_DELETED = 100  # a page of the list
_REFUSALS: admin_actions.Refusals = {NotPossibleNowError: None}


class _ReadOnlyInline(admin.TabularInline[Row, Job], Generic[Row]):
    """Rows that only the product writes."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:  # noqa: ARG002
        return False


class JobEventInline(_ReadOnlyInline[JobEvent]):
    model = JobEvent
    fields = ("sequence", "status", "attempt", "actor", "note", "created_at", "published_at")
    ordering = ("sequence",)


class ResultFileInline(_ReadOnlyInline[ResultFile]):
    model = ResultFile
    fields = ("kind", "name", "size_bytes", "sha256", "key")
    ordering = ("id",)


@admin.register(Job)
class JobAdmin(admin.ModelAdmin[Job]):
    """Jobs as they are. Nothing is edited here: a status has one writer, and the actions call what the pages call."""

    list_display = (
        "name",
        "lab",
        "owner",
        "status",
        "attempt",
        "input_size_bytes",
        "submitted_at",
        "finished_at",
        "deleted_at",
    )
    list_filter = ("status", "reference", "lab__plan", ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("id", "name", "lab__name", "owner__email")
    ordering = ("-created_at",)
    list_select_related = ("lab", "owner")
    show_full_result_count = False
    inlines = (JobEventInline, ResultFileInline)
    actions = ("requeue", "cancel", "delete")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:  # noqa: ARG002
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.change_job")

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.delete_job")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).select_related("lab", "owner")

    @admin.action(description="Requeue: run again from the start", permissions=["operate"])
    def requeue(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        self._change(request, jobs, change=submission.retry, done="Requeued")

    @admin.action(description="Cancel", permissions=["operate"])
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        self._change(request, jobs, change=submission.cancel, done="Cancelled")

    @admin.action(description="Delete with all files", permissions=["remove"])
    def delete(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse | None:
        """This function will ask first; what the person confirms are the jobs on that page, and no others."""
        if jobs.count() > _MOST_DELETED:
            self.message_user(request, f"Choose at most {_MOST_DELETED} jobs at a time.", messages.WARNING)
            return None
        if "confirmed" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "title": "Delete jobs",
                "opts": self.opts,
                "jobs": jobs,
                "checkbox_name": ACTION_CHECKBOX_NAME,
            }
            return TemplateResponse(request, "admin/jobs/job/confirm_deletion.html", context)
        self._change(
            request, jobs, change=partial(deletion.delete, note="Deleted by an administrator."), done="Deleted"
        )
        return None

    def _change(self, request: HttpRequest, jobs: QuerySet[Job], *, change: Callable[..., None], done: str) -> None:
        actor = admin_actions.actor(request)
        admin_actions.apply(
            self,
            request,
            rows=jobs,
            act=lambda job: change(job, actor=actor, now=clock.now()),
            done=done,
            refusals=_REFUSALS,
        )
