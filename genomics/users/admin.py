from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.http import HttpRequest

from genomics.users.models import Lab, Membership, MembershipEvent, User


class UserCreationForm(BaseUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    """Users, without the user name that Django's own admin expects."""

    add_form = UserCreationForm
    add_fieldsets = ((None, {"fields": ("email", "password1", "password2")}),)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("name", "institution", "time_zone")}),
        ("Mails", {"fields": ("mail_when_done", "mail_when_failed")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    list_display = ("email", "name", "institution", "is_staff", "is_active", "date_joined")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm[User], change: Any) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            User.objects.save_with_lab(obj)


class _ReadOnlyInline(admin.TabularInline[Any, Lab]):
    """Rows that genomics.users.memberships alone writes: each change leaves an event, and an owner stays."""

    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Lab | None = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Lab | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Lab | None = None) -> bool:  # noqa: ARG002
        return False


class MembershipInline(_ReadOnlyInline):
    model = Membership
    fields = ("user", "role")


class MembershipEventInline(_ReadOnlyInline):
    model = MembershipEvent
    fields = ("created_at", "email", "change", "role", "actor")
    ordering = ("-id",)


@admin.register(Lab)
class LabAdmin(admin.ModelAdmin[Lab]):
    """Labs and their members. The plan is changed by its own action, never by editing the column."""

    list_display = ("name", "email", "plan", "created_at")
    list_filter = ("plan",)
    search_fields = ("name", "email", "id")
    readonly_fields = ("id", "plan", "created_at")
    inlines = (MembershipInline, MembershipEventInline)
