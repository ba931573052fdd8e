"""The page on which an owner deletes a lab."""

import logging
import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing import closing
from billing.errors import StripeError
from billing.forms import LabNameForm
from billing.models import Entitlement
from billing.values import SubscriptionStatus
from genomics.users.models import Lab, User
from jobs.models import Job

logger = logging.getLogger(__name__)


@login_required
@require_http_methods(["GET", "POST"])
def delete_lab(request: HttpRequest, lab_id: uuid.UUID) -> HttpResponse:
    """This function will show what goes with a lab, and delete it when the owner has written its name."""
    assert isinstance(request.user, User)
    lab = get_object_or_404(Lab.objects.of(request.user), pk=lab_id)
    if not Lab.objects.owned_by(request.user).filter(pk=lab.pk).exists():
        raise PermissionDenied
    form = LabNameForm(request.POST or None, lab=lab)
    if request.method == "POST" and form.is_valid():
        try:
            closing.close(lab.pk, actor=f"user:{request.user.pk}", now=timezone.now())
        except StripeError:
            logger.exception("The subscription of lab %s could not be ended.", lab.pk)
            form.add_error(
                None,
                "Stripe does not answer right now, so the subscription could not be ended. Nothing was deleted: "
                "try again in a few minutes.",
            )
        else:
            messages.success(request, f"{lab.name} is deleted. Its files are removed within minutes.")
            return redirect("labs:list")
    return render(request, "labs/delete.html", {"lab": lab, "form": form, **_what_goes(lab)})


def _what_goes(lab: Lab) -> dict[str, object]:
    entitlement = Entitlement.objects.filter(lab=lab).first()
    return {
        "jobs": Job.objects.filter(lab=lab, deleted_at=None).count(),
        "members": lab.memberships.count(),
        "pays": bool(
            entitlement
            and entitlement.subscription_id
            and entitlement.subscription_status != SubscriptionStatus.CANCELED
        ),
    }
