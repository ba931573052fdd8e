from django.contrib import admin
from django.http import HttpRequest

from genomics.mail.models import Mail


@admin.register(Mail)
class MailAdmin(admin.ModelAdmin[Mail]):
    """What was sent to whom and what waits; texts are not shown, they may hold codes."""

    list_display = ("subject", "recipient", "created_at", "sent_at", "attempts", "error")
    list_filter = (("sent_at", admin.EmptyFieldListFilter),)
    search_fields = ("recipient", "subject")
    fields = (
        "key",
        "recipient",
        "subject",
        "created_at",
        "next_attempt_at",
        "sent_at",
        "attempts",
        "error",
    )
    readonly_fields = fields
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Mail | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Mail | None = None) -> bool:  # noqa: ARG002
        return False
