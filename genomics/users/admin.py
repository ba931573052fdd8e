from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone

from genomics import admin_actions
from genomics.users import memberships, sessions
from genomics.users.models import Lab, Membership, MembershipEvent, Role, User


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
        (
            "Mails",
            {"fields": ("mail_when_done", "mail_when_failed", "mail_when_archived", "mail_when_restored")},
        ),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    list_display = ("email", "name", "institution", "is_staff", "is_active", "date_joined")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ("groups",)
    show_full_result_count = False
    actions = ("deactivate", "activate")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:  # noqa: ARG002
        return False  # deactivate instead: jobs and events name their user

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """This function will keep other admins to superusers: whoever sets a password has the account."""
        above = obj is not None and _is_above(obj, admin=request.user)
        return not above and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:  # noqa: ARG002
        rights = () if request.user.is_superuser else ("is_staff", "is_superuser", "groups")
        return (*self.readonly_fields, *rights)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm[User], change: Any) -> None:
        if not change:
            User.objects.save_with_lab(obj)
            return
        obj.save(update_fields=[name for name in form.changed_data if name != "groups"])
        if "is_active" in form.changed_data and not obj.is_active:
            ended = sessions.end_all(obj)
            self.message_user(request, f"Signed out everywhere: {obj} ({ended} sessions).", messages.SUCCESS)

    @admin.action(description="Deactivate and sign out everywhere", permissions=["change"])
    def deactivate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        admin_actions.apply(
            self,
            request,
            rows=users,
            act=lambda user: _deactivate(user, admin=request.user),
            done="Deactivated and signed out everywhere",
            refusals={_RefusedError: None},
        )

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        admin_actions.apply(
            self,
            request,
            rows=users,
            act=lambda user: _activate(user, admin=request.user),
            done="Activated",
            refusals={_RefusedError: None},
        )


class _RefusedError(Exception):
    """What an admin may not do to a user; the message says why."""


def _deactivate(user: User, *, admin: Any) -> None:
    if user.pk == admin.pk:
        raise _RefusedError(f"{user} is you.")
    _refuse_above(user, admin=admin)
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        raise _RefusedError(f"{user} is not active.")
    sessions.end_all(user)


def _activate(user: User, *, admin: Any) -> None:
    _refuse_above(user, admin=admin)
    if not User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        raise _RefusedError(f"{user} is active.")


def _refuse_above(user: User, *, admin: Any) -> None:
    if _is_above(user, admin=admin):
        raise _RefusedError(f"{user} is above you: only a superuser may do that.")


def _is_above(user: User, *, admin: Any) -> bool:
    """This function will tell whether a user has rights that the admin may lack."""
    return (user.is_staff or user.is_superuser) and not admin.is_superuser and user.pk != admin.pk


class MembershipFormSet(BaseInlineFormSet[Membership, Lab, "forms.ModelForm[Membership]"]):
    """Lets a lab keep an owner: what the page asks for is judged as a whole."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        if any(form.instance.pk and "user" in form.changed_data for form in self.forms):
            raise ValidationError("A place does not change hands: remove this member and add the other one.")
        left = [form.cleaned_data for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if not any(data.get("role") == Role.OWNER for data in left):
            raise ValidationError("A lab needs an owner.")


class MembershipInline(admin.TabularInline[Membership, Lab]):
    """The members. Every change goes through genomics.users.memberships, which leaves an event."""

    model = Membership
    formset = MembershipFormSet
    fields = ("user", "role")
    autocomplete_fields = ("user",)
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user")


class MembershipEventInline(admin.TabularInline[MembershipEvent, Lab]):
    """Who came and went; nobody writes here."""

    model = MembershipEvent
    fields = ("created_at", "email", "change", "role", "actor")
    ordering = ("-id",)
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Lab | None = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Lab | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Lab | None = None) -> bool:  # noqa: ARG002
        return False


@admin.register(Lab)
class LabAdmin(admin.ModelAdmin[Lab]):
    """Labs and their members. The plan is shown only: to change it moves results, too."""

    list_display = ("name", "email", "plan", "created_at")
    list_filter = ("plan",)
    search_fields = ("name", "email", "id")
    readonly_fields = ("id", "plan", "created_at")
    inlines = (MembershipInline, MembershipEventInline)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False  # a lab is founded by its first owner

    def has_delete_permission(self, request: HttpRequest, obj: Lab | None = None) -> bool:  # noqa: ARG002
        return False

    def save_model(self, request: HttpRequest, obj: Lab, form: forms.ModelForm[Lab], change: Any) -> None:  # noqa: ARG002
        obj.save(update_fields=form.changed_data)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:
        if not isinstance(formset, MembershipFormSet):
            super().save_formset(request, form, formset, change)
            return
        formset.save(commit=False)  # fills the lists below, of which Django's log tells, too
        actor, now = admin_actions.actor(request), timezone.now()
        for added in formset.new_objects:
            memberships.join(added.lab, user=added.user, role=Role(added.role), actor=actor, now=now)
        # New owners first: so the lab is never without one.
        for changed, _ in sorted(formset.changed_objects, key=lambda entry: entry[0].role != Role.OWNER):
            memberships.change_role(changed, role=Role(changed.role), actor=actor, now=now)
        for removed in formset.deleted_objects:
            memberships.remove(removed, actor=actor, now=now)
