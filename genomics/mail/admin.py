from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from genomics import admin_actions, clock
from genomics.mail import outbox
from genomics.mail.errors import NotToBeSentAgainError
from genomics.mail.models import Mail

_REFUSALS: admin_actions.Refusals = {
    NotToBeSentAgainError: "it was sent, is still being tried, or was given up so long ago that its text is erased."
}


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
    show_full_result_count = False
    actions = ("send_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mail]:
        return super().get_queryset(request).defer("text", "html")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Mail | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Mail | None = None) -> bool:  # noqa: ARG002
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("mail.change_mail")

    @admin.action(description="Send again what was given up", permissions=["operate"])
    def send_again(self, request: HttpRequest, mails: QuerySet[Mail]) -> None:
        admin_actions.apply(
            self,
            request,
            rows=mails,
            act=lambda mail: outbox.send_again(mail, now=clock.now()),
            done="To be sent again",
            refusals=_REFUSALS,
        )
