from typing import Generic, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from archive import promises, recall, verifying
from archive.models import ArchivedFile, ArchivedResult, Recall, Retrieval, Tier
from archive.verifying import Outcome
from genomics import admin_actions, clock
from genomics.users.models import Lab
from jobs.models import Job, JobEvent, Status

Parent = TypeVar("Parent", bound=Model)
Child = TypeVar("Child", bound=Model)
Row = TypeVar("Row", bound=Model)

_MOST = 100  # results of one action: a page of the list
_MOST_BYTES_READ = 16 * 1024**2  # of one hot copy: a person waits for the page
_USUAL = "USUAL"


class _ReadOnly(admin.ModelAdmin[Row], Generic[Row]):
    """Rows that only the product writes."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:  # noqa: ARG002
        return False


class _ReadOnlyInline(admin.TabularInline[Child, Parent], Generic[Child, Parent]):
    """Rows that only the product writes, on the page of what they belong to."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:  # noqa: ARG002
        return False


class RetrievalInline(_ReadOnlyInline[Retrieval, ArchivedFile]):
    model = Retrieval
    fields = (
        "recall", "state", "wanted_tier", "tier", "calls", "intended_at", "requested_at", "ready_at", "expires_at",
        "ended_at", "failure",
    )  # fmt: skip
    ordering = ("intended_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Retrieval]:
        return super().get_queryset(request).select_related("recall")


class ArchivedFileInline(_ReadOnlyInline[ArchivedFile, Job]):
    model = ArchivedFile
    fields = (
        "file", "vault", "storage_class", "size_bytes", "sha256", "begun_at", "stored_at", "hot_deleted_at",
        "removed_at",
    )  # fmt: skip
    ordering = ("begun_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArchivedFile]:
        return super().get_queryset(request).select_related("file")


class JobEventInline(_ReadOnlyInline[JobEvent, Job]):
    model = JobEvent
    fields = ("sequence", "status", "attempt", "actor", "note", "created_at", "published_at")
    ordering = ("sequence",)
    show_change_link = False


@admin.register(ArchivedFile)
class ArchivedFileAdmin(_ReadOnly[ArchivedFile]):
    """Files in vaults, with what was asked back of them."""

    list_display = ("file", "job", "vault", "storage_class", "size_bytes", "stored_at", "hot_deleted_at", "removed_at")
    list_filter = ("vault", "storage_class", ("removed_at", admin.EmptyFieldListFilter))
    search_fields = ("id", "job__id", "job__name", "archive_id", "sha256")
    ordering = ("-begun_at",)
    list_select_related = ("file", "job")
    readonly_fields = ("result",)
    inlines = (RetrievalInline,)

    @admin.display(description="Job with its events")
    def result(self, archived: ArchivedFile) -> SafeString:
        url = reverse("admin:archive_archivedresult_change", args=[archived.job_id])
        return format_html('<a href="{}">{}</a>', url, archived.job)


@admin.register(Retrieval)
class RetrievalAdmin(_ReadOnly[Retrieval]):
    """What was asked back, file by file."""

    list_display = ("archived_file", "state", "tier", "calls", "intended_at", "requested_at", "ready_at", "ended_at")
    list_filter = ("state", "tier", "archived_file__vault")
    search_fields = ("id", "recall__id", "archived_file__job__id", "ticket")
    ordering = ("-intended_at",)
    list_select_related = ("archived_file",)


@admin.register(Recall)
class RecallAdmin(_ReadOnly[Recall]):
    """What was asked back together."""

    list_display = ("id", "lab", "actor", "begun_at", "told_at")
    list_filter = (("told_at", admin.EmptyFieldListFilter),)
    search_fields = ("id", "lab__name", "lab__id", "actor")
    ordering = ("-begun_at",)
    list_select_related = ("lab",)
    readonly_fields = ("standing", "files")

    @admin.display(description="Retrievals")
    def standing(self, recall: Recall) -> str:
        """This function will count a recall's retrievals by their state."""
        counts: dict[str, int] = {}
        for retrieval in recall.retrievals.only("state"):
            counts[retrieval.get_state_display()] = counts.get(retrieval.get_state_display(), 0) + 1
        return ", ".join(f"{label}: {count}" for label, count in counts.items()) or "none yet"

    @admin.display(description="File by file")
    def files(self, recall: Recall) -> SafeString:
        url = reverse("admin:archive_retrieval_changelist")
        return format_html('<a href="{}?q={}">All retrievals of this recall</a>', url, recall.pk)


@admin.register(ArchivedResult)
class ArchivedResultAdmin(_ReadOnly[ArchivedResult]):
    """Jobs of which something rests, or has rested, in a vault."""

    list_display = ("name", "lab", "owner", "status", "archive_due_at", "finished_at", "updated_at")
    list_filter = ("status", "lab__plan")
    search_fields = ("id", "name", "lab__name", "lab__id", "owner__email")
    ordering = ("-updated_at",)
    list_select_related = ("lab", "owner")
    fields = ("id", "name", "lab", "owner", "status", "archive_due_at", "finished_at", "updated_at")
    readonly_fields = ("id",)
    inlines = (ArchivedFileInline, JobEventInline)
    actions = ("recall", "verify")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArchivedResult]:
        archived = Exists(ArchivedFile.objects.filter(job=OuterRef("pk")))
        jobs = super().get_queryset(request).filter(archived, deleted_at=None)
        return jobs.select_related("lab", "owner").defer("summary")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("archive.change_archivedresult")

    @admin.action(description="Recall: bring back from the vault", permissions=["operate"])
    def recall(self, request: HttpRequest, jobs: QuerySet[ArchivedResult]) -> HttpResponse | None:
        """This function will show first what is promised; what the person confirms are the results on that page."""
        if self._is_too_many(request, jobs):
            return None
        sleeping = list(jobs.filter(status=Status.ARCHIVED))
        if not sleeping:
            self.message_user(request, "None of them is archived: there is nothing to bring back.", messages.WARNING)
            return None
        chosen = request.POST.get("tier", "")
        if "confirmed" not in request.POST or chosen not in {_USUAL, *Tier.values}:
            return self._ask(request, sleeping, left_out=jobs.count() - len(sleeping))
        tier = None if chosen == _USUAL else Tier(chosen)
        begun = recall.begin_for(sleeping, actor=admin_actions.actor(request), now=clock.now(), tier=tier)
        words = f"Recalled in tier {tier.label}" if tier else "Recalled in the usual tiers"
        for job in sleeping:
            self.log_change(request, job, words)
        if begun < len(sleeping):
            moved = len(sleeping) - begun
            self.message_user(request, f"Not done: {moved} had moved on meanwhile.", messages.WARNING)
        if begun:
            self.message_user(request, f"{words} ({begun})", messages.SUCCESS)
        return None

    @admin.action(description="Re-verify: ask the vault, read hot copies", permissions=["operate"])
    def verify(self, request: HttpRequest, jobs: QuerySet[ArchivedResult]) -> None:
        if self._is_too_many(request, jobs):
            return
        for job in jobs:
            verdicts = verifying.verify(job, most_bytes=_MOST_BYTES_READ, now=clock.now())
            level = _level({verdict.outcome for verdict in verdicts})
            words = "; ".join(verdict.text for verdict in verdicts) or "nothing rests of it, and nothing is hot"
            self.message_user(request, f"Job {job.pk}: {words}.", level)

    def _is_too_many(self, request: HttpRequest, jobs: QuerySet[ArchivedResult]) -> bool:
        if jobs.count() <= _MOST:
            return False
        self.message_user(request, f"Choose at most {_MOST} results at a time.", messages.WARNING)
        return True

    def _ask(self, request: HttpRequest, jobs: list[ArchivedResult], *, left_out: int) -> HttpResponse:
        by_lab: dict[Lab, list[Job]] = {}
        for job in jobs:
            by_lab.setdefault(job.lab, []).append(job)
        context = {
            **self.admin_site.each_context(request),
            "title": "Recall results",
            "opts": self.opts,
            "labs": [(lab, own, promises.of(own, plan=lab.plan)) for lab, own in by_lab.items()],
            "jobs": jobs,
            "left_out": left_out,
            "usual": _USUAL,
            "tiers": list(Tier),
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/archive/archivedresult/recall.html", context)


def _level(outcomes: set[Outcome]) -> int:
    if outcomes & {Outcome.MISSING, Outcome.DIFFERENT}:
        return messages.ERROR
    return messages.SUCCESS if outcomes == {Outcome.RIGHT} else messages.WARNING
