from django.contrib import admin
from django.http import HttpRequest

from genomics.labs.models import Invitation


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin[Invitation]):
    """Who was invited where by whom; owners revoke and send again on the page of their lab."""

    list_display = ("email", "lab", "role", "state", "invited_by", "created_at", "expires_at")
    list_filter = ("state", "role")
    list_select_related = ("lab", "invited_by")
    search_fields = ("email", "lab__name", "invited_by__email")
    fields = (*list_display, "ended_at")
    readonly_fields = fields
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:  # noqa: ARG002
        return False
