from typing import Generic, TypeVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.models import Job, JobEvent, ResultFile

Row = TypeVar("Row", JobEvent, ResultFile)


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
    fields = ("sequence", "status", "attempt", "actor", "note", "created_at")
    ordering = ("sequence",)


class ResultFileInline(_ReadOnlyInline[ResultFile]):
    model = ResultFile
    fields = ("kind", "name", "size_bytes", "sha256", "key")
    ordering = ("id",)


@admin.register(Job)
class JobAdmin(admin.ModelAdmin[Job]):
    """Jobs as they are. Nothing is edited here: a status has one writer."""

    list_display = (
        "name",
        "lab",
        "owner",
        "status",
        "attempt",
        "input_size_bytes",
        "submitted_at",
        "finished_at",
    )
    list_filter = ("status", "reference", "lab__plan")
    search_fields = ("id", "name", "lab__name", "owner__email")
    date_hierarchy = "submitted_at"
    ordering = ("-created_at",)
    list_select_related = ("lab", "owner")
    inlines = (JobEventInline, ResultFileInline)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:  # noqa: ARG002
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).select_related("lab", "owner")
