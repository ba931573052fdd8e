import json
from typing import Any, Generic, TypeVar

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from djstripe import models as djstripe

from archive import promises
from billing import grants
from billing.errors import StripeError
from billing.models import (
    Checkout,
    Comparison,
    Customer,
    Effect,
    Entitlement,
    EntitlementChange,
    Grant,
    News,
    Subscriber,
    Told,
)
from billing.reconcile import reconcile
from genomics import admin_actions, clock
from genomics.users.limits import Plan
from genomics.users.models import Lab

Parent = TypeVar("Parent", bound=Model)
Child = TypeVar("Child", bound=Model)
Row = TypeVar("Row", bound=Model)

_SHOWN = (djstripe.Customer, djstripe.Subscription, djstripe.Invoice, djstripe.Price, djstripe.Event)
_REFUSALS: admin_actions.Refusals = {StripeError: "Stripe does not tell. Try again later."}

# dj-stripe's own pages change and cancel at Stripe past reconcile, and show the key and what signs webhooks.
for _model in apps.get_app_config("djstripe").get_models():
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


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
    """Rows that only the product writes, on the page of their lab."""

    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Parent | None = None) -> list[str]:
        return self.get_fields(request, obj)  # type: ignore[return-value]  # no groups among them

    def has_add_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:  # noqa: ARG002
        return False


class EntitlementInline(admin.StackedInline[Entitlement, Lab]):
    model = Entitlement
    can_delete = False
    fields = (
        "plan", "basis", "version", "customer_id", "subscription_id", "subscription_status", "lookup_key",
        "period_end_at", "ends_at", "grace_until", "payment", "invoice_id", "payment_url", "trial_used_at",
        "reconciled_at",
    )  # fmt: skip
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Lab | None = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Lab | None = None) -> bool:  # noqa: ARG002
        return False


class EntitlementChangeInline(_ReadOnlyInline[EntitlementChange, Lab]):
    model = EntitlementChange
    verbose_name_plural = "history"
    fields = ("version", "plan_before", "plan", "basis", "actor", "reason", "created_at")
    ordering = ("-version",)


class EffectInline(_ReadOnlyInline[Effect, Lab]):
    model = Effect
    fields = ("version", "plan", "actor", "created_at", "applied_at", "dropped_at")
    ordering = ("-version",)


class GrantInline(_ReadOnlyInline[Grant, Lab]):
    model = Grant
    fields = ("plan", "starts_at", "ends_at", "revoked_at", "reason", "actor")
    ordering = ("-created_at",)
    show_change_link = True


class CustomerInline(_ReadOnlyInline[Customer, Lab]):
    model = Customer
    fields = ("id", "livemode", "since_at", "gone_at")
    ordering = ("-since_at",)


class CheckoutInline(_ReadOnlyInline[Checkout, Lab]):
    model = Checkout
    fields = ("lookup_key", "with_trial", "user", "session_id", "begun_at", "expires_at", "closed_at")
    ordering = ("-begun_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Checkout]:
        return super().get_queryset(request).select_related("user")


class ToldInline(_ReadOnlyInline[Told, Lab]):
    model = Told
    verbose_name_plural = "mails"
    fields = ("reminder", "about", "told_at")
    ordering = ("-told_at",)


@admin.register(Subscriber)
class SubscriberAdmin(_ReadOnly[Subscriber]):
    """What each lab is entitled to, why, and what has become of it. A plan is given to a lab by a grant."""

    list_display = ("name", "email", "plan", "entitled_to", "basis", "status", "ends_at", "grace_until", "payment")
    list_filter = ("plan", "entitlement__basis", "entitlement__payment")
    list_select_related = ("entitlement",)
    search_fields = ("name", "email", "id", "customers__id", "entitlement__subscription_id")
    ordering = ("name",)
    fields = ("id", "name", "email", "plan", "promise")
    readonly_fields = ("id", "promise")
    inlines = (
        EntitlementInline, EntitlementChangeInline, EffectInline, GrantInline, CustomerInline, CheckoutInline,
        ToldInline,
    )  # fmt: skip
    actions = ("ask_stripe",)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.change_subscriber")

    @admin.action(description="Ask Stripe again", permissions=["operate"])
    def ask_stripe(self, request: HttpRequest, labs: QuerySet[Subscriber]) -> None:
        actor, now = admin_actions.actor(request), clock.now()
        admin_actions.apply(
            self,
            request,
            rows=labs,
            act=lambda lab: reconcile(lab.pk, actor=actor, now=now),
            done="Stripe was asked again",
            refusals=_REFUSALS,
        )

    @admin.display(description="entitled to", ordering="entitlement__plan", empty_value="")
    def entitled_to(self, lab: Subscriber) -> str | None:
        entitlement = _entitlement(lab)
        return entitlement.get_plan_display() if entitlement else None

    @admin.display(ordering="entitlement__basis", empty_value="")
    def basis(self, lab: Subscriber) -> str | None:
        entitlement = _entitlement(lab)
        return entitlement.get_basis_display() if entitlement else None

    @admin.display(ordering="entitlement__subscription_status", empty_value="")
    def status(self, lab: Subscriber) -> str | None:
        entitlement = _entitlement(lab)
        return entitlement.subscription_status if entitlement else None

    @admin.display(description="ends", ordering="entitlement__ends_at", empty_value="")
    def ends_at(self, lab: Subscriber) -> Any:
        entitlement = _entitlement(lab)
        return entitlement.ends_at if entitlement else None

    @admin.display(description="grace until", ordering="entitlement__grace_until", empty_value="")
    def grace_until(self, lab: Subscriber) -> Any:
        entitlement = _entitlement(lab)
        return entitlement.grace_until if entitlement else None

    @admin.display(ordering="entitlement__payment", empty_value="")
    def payment(self, lab: Subscriber) -> str | None:
        entitlement = _entitlement(lab)
        return entitlement.get_payment_display() if entitlement else None

    @admin.display(description="What sleeps")
    def promise(self, lab: Subscriber) -> str:
        """This function will tell what comes back when the lab enters plan Premium."""
        promised = promises.for_lab(lab, plan=Plan.PREMIUM)
        if promised.usual is None:
            return "Nothing of this lab sleeps."
        offer = promised.usual
        return (
            f"{promised.results} results, {promised.size_bytes / 10**9:.3f} GB. On plan Premium all of it comes back "
            f"({offer.label}): in {offer.expected}, for {offer.cost} (AWS's prices of {promised.prices_as_of})."
        )


class GrantForm(forms.ModelForm[Grant]):
    class Meta:
        model = Grant
        fields = ("lab", "plan", "ends_at", "reason")
        help_texts = {
            "plan": "Premium brings back what sleeps, and is followed by a time of grace.",
            "ends_at": "Empty: until it is revoked.",
            "reason": "Whom it is for, and why; only admins see it.",
        }

    def clean_ends_at(self) -> Any:
        ends_at = self.cleaned_data["ends_at"]
        if ends_at and ends_at <= timezone.now():
            raise forms.ValidationError("It would be over already: choose a later moment.")
        return ends_at


@admin.register(Grant)
class GrantAdmin(admin.ModelAdmin[Grant]):
    """Plans that admins give to labs. They are revoked, and never changed or deleted: the history names them."""

    form = GrantForm
    raw_id_fields = ("lab",)
    list_display = ("lab", "plan", "starts_at", "ends_at", "revoked_at", "reason", "actor")
    list_filter = ("plan", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("lab",)
    search_fields = ("lab__name", "lab__id", "reason", "actor")
    ordering = ("-created_at",)
    show_full_result_count = False
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:  # noqa: ARG002
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.change_grant")

    def save_model(self, request: HttpRequest, obj: Grant, form: Any, change: Any) -> None:  # noqa: ARG002
        now = clock.now()
        given = grants.give(
            obj.lab_id,
            plan=Plan(obj.plan),
            starts_at=now,
            ends_at=obj.ends_at,
            reason=obj.reason,
            actor=admin_actions.actor(request),
            now=now,
        )
        obj.pk = given.pk

    @admin.action(description="Revoke", permissions=["operate"])
    def revoke(self, request: HttpRequest, rows: QuerySet[Grant]) -> None:
        actor, now = admin_actions.actor(request), clock.now()
        revoked = [grant for grant in rows if grants.revoke(grant, actor=actor, now=now)]
        for grant in revoked:
            self.log_change(request, grant, "Revoked")
        if left := rows.count() - len(revoked):
            self.message_user(request, f"Not done: {left} were over already.", messages.WARNING)
        if revoked:
            self.message_user(request, f"Revoked ({len(revoked)})", messages.SUCCESS)


@admin.register(News)
class NewsAdmin(_ReadOnly[News]):
    """What was heard from Stripe, and how much of it was read."""

    list_display = ("customer_id", "heard", "read", "event_id", "heard_at", "failures", "next_attempt_at")
    list_filter = (("next_attempt_at", admin.EmptyFieldListFilter),)
    search_fields = ("customer_id", "event_id")
    ordering = ("-heard_at",)


@admin.register(Comparison)
class ComparisonAdmin(_ReadOnly[Comparison]):
    """The nightly reports: what differed from Stripe was healed, and is to be looked into."""

    list_display = ("begun_at", "ended_at", "labs", "customers", "differed", "failed", "missed_events")
    ordering = ("-begun_at",)
    fields = ("begun_at", "ended_at", "labs", "last_lab", "customers", "failed", "missed_events", "differences")
    readonly_fields = ("differences",)

    class Media:
        css = {"all": ["css/admin.css"]}

    @admin.display(description="differed")
    def differed(self, comparison: Comparison) -> int:
        return len(comparison.drift)

    @admin.display(description="differed")
    def differences(self, comparison: Comparison) -> SafeString:
        return format_html('<pre class="message-content">{}</pre>', json.dumps(comparison.drift, indent=2))


class MirrorAdmin(_ReadOnly[Model]):
    """What dj-stripe has copied from Stripe, to be looked at. What is to change is changed in Stripe's dashboard."""

    list_display = ("__str__", "id", "livemode", "created", "djstripe_updated")
    list_filter = ("livemode",)
    search_fields = ("id",)
    ordering = ("-created",)
    fields = ("id", "livemode", "created", "djstripe_updated", "copied")
    readonly_fields = fields

    class Media:
        css = {"all": ["css/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return super().get_queryset(request).select_related(None)

    @admin.display(description="as Stripe said it")
    def copied(self, row: Any) -> SafeString:
        return format_html('<pre class="message-content">{}</pre>', json.dumps(row.stripe_data, indent=2, default=str))


admin.site.register(_SHOWN, MirrorAdmin)


def _entitlement(lab: Subscriber) -> Entitlement | None:
    """This function will give a lab's entitlement, as the list has fetched it; None: it was never reconciled."""
    return getattr(lab, "entitlement", None)
